/** Checkpoints (https://c2sp.org/tlog-checkpoint): a log's signed statement of its tree head. */
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { encodeUtf8 } from '../encoding/text.ts';
import type { SignatureVerifier, Signer } from '../ed25519/types.ts';
import { invalidSignature, malformed } from '../errors.ts';
import { HASH_BYTES } from '../merkle/hash.ts';
import { formatNote, type NoteSignature, type SignedNote } from './note.ts';
import { noteKeyOf, type NoteKey } from './vkey.ts';

export interface Checkpoint {
  /** The log's name, such as `trustmonitor.example/log`. */
  readonly origin: string;
  readonly size: number;
  /** RFC 9162 tree head, 32 bytes. */
  readonly root: Uint8Array;
}

/** The text that is signed: three lines. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${encodeBase64(root)}\n`;

/** Throws `message.malformed`. Extension lines are refused: nobody here could audit them. */
export function parseCheckpoint(text: string): Checkpoint {
  const [, origin, decimal, encoded] = /^([^\n]+)\n(0|[1-9]\d*)\n([^\n]+)\n$/.exec(text) ?? [];
  if (origin === undefined || decimal === undefined || encoded === undefined) {
    throw malformed('the note is not a checkpoint');
  }
  const size = parseDecimal(decimal, 'the checkpoint size');
  const root = decodeBase64(encoded, 'the checkpoint root');
  if (root.length !== HASH_BYTES) throw malformed('the checkpoint root is not a SHA-256');
  return { origin, size, root };
}

/** A decimal without leading zeroes and within 2^53. Throws `message.malformed`. */
export function parseDecimal(text: string, what: string): number {
  const value = /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw malformed(`${what} is not a number within limits`);
  return value;
}

/** The checkpoint as a note with the log's own signature; its key is named by the origin. */
export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): string {
  const text = checkpointText(checkpoint);
  const { name, keyId } = noteKeyOf(checkpoint.origin, 'ed25519', signer.publicKey);
  return formatNote({ text, signatures: [{ name, keyId, body: signer.sign(encodeUtf8(text)) }] });
}

/**
 * Requires the log's own signature. Throws `signature.invalid` when it is missing or does not
 * verify, or when the checkpoint names another origin.
 */
export function requireLogSignature(
  note: SignedNote,
  log: NoteKey,
  verifier: SignatureVerifier,
): void {
  if (parseCheckpoint(note.text).origin !== log.name) {
    throw invalidSignature(`the checkpoint is not of the log ${log.name}`);
  }
  const mine = signaturesBy(note, log);
  if (mine.length === 0) throw invalidSignature(`the log ${log.name} has not signed`);
  for (const { body } of mine) {
    if (!verifier.verify(log.publicKey, encodeUtf8(note.text), body)) {
      throw invalidSignature(`the signature by the log ${log.name} does not verify`);
    }
  }
}

/** The signature lines that name this key. */
export const signaturesBy = (note: SignedNote, { name, keyId }: NoteKey): NoteSignature[] =>
  note.signatures.filter((each) => each.name === name && each.keyId === keyId);
