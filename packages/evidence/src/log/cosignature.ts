/**
 * Witness cosignatures (https://c2sp.org/tlog-cosignature, Ed25519): a witness says that it saw
 * this checkpoint at this time, consistent with every one it saw before.
 */
import type { SignatureVerifier, Signer } from '../ed25519/types.ts';
import { concat } from '../encoding/bytes.ts';
import { encodeUtf8 } from '../encoding/text.ts';
import { SIGNATURE_BYTES } from '../ed25519/noble.ts';
import { invalidSignature } from '../errors.ts';
import { signaturesBy } from './checkpoint.ts';
import { formatSignatureLine, parseNote, type SignedNote } from './note.ts';
import { noteKeyOf, type NoteKey } from './vkey.ts';

const TIME_BYTES = 8;

/** A signature line for the checkpoint `note`, without its line break. */
export function cosign(note: string, name: string, signer: Signer, timeS: number): string {
  const { text } = parseNote(note);
  const { keyId } = noteKeyOf(name, 'cosignature', signer.publicKey);
  const body = concat(encodeTime(timeS), signer.sign(cosignedMessage(text, timeS)));
  return formatSignatureLine({ name, keyId, body });
}

/** The note with more signature lines; a line that is there already is not added again. */
export function addSignatureLines(note: string, lines: readonly string[]): string {
  const there = new Set(note.split('\n'));
  return note + [...new Set(lines)].map((line) => (there.has(line) ? '' : `${line}\n`)).join('');
}

/**
 * When a witness cosigned, in seconds since the epoch; null when it did not. Throws
 * `signature.invalid` for a line by its key that does not verify.
 */
export function cosignatureTime(
  note: SignedNote,
  witness: NoteKey,
  verifier: SignatureVerifier,
): number | null {
  let earliest: number | null = null;
  for (const { body } of signaturesBy(note, witness)) {
    const timeS = decodeTime(body);
    const holds =
      timeS !== null &&
      verifier.verify(
        witness.publicKey,
        cosignedMessage(note.text, timeS),
        body.subarray(TIME_BYTES),
      );
    if (!holds) {
      throw invalidSignature(`the cosignature by the witness ${witness.name} does not verify`);
    }
    earliest = earliest === null ? timeS : Math.min(earliest, timeS);
  }
  return earliest;
}

/** Who says to have cosigned, and when; by the form of the lines alone, no signature is checked. */
export function statedCosignatures({
  signatures,
}: SignedNote): { readonly witness: string; readonly timeS: number }[] {
  return signatures.flatMap(({ name, body }) => {
    const timeS = decodeTime(body);
    return timeS === null ? [] : [{ witness: name, timeS }];
  });
}

const cosignedMessage = (text: string, timeS: number): Uint8Array =>
  encodeUtf8(`cosignature/v1\ntime ${timeS}\n${text}`);

function encodeTime(timeS: number): Uint8Array {
  if (!Number.isSafeInteger(timeS) || timeS <= 0) throw new RangeError('not a time in seconds');
  const bytes = new Uint8Array(TIME_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timeS));
  return bytes;
}

/** Null for what is not a whole cosignature or has no time within limits. */
function decodeTime(body: Uint8Array): number | null {
  if (body.length !== TIME_BYTES + SIGNATURE_BYTES) return null;
  const timeS = Number(new DataView(body.buffer, body.byteOffset).getBigUint64(0));
  return Number.isSafeInteger(timeS) && timeS > 0 ? timeS : null;
}
