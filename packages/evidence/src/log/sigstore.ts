/** A record as a Sigstore bundle (v0.3, key mode), for those who have Sigstore's tools. */
import type { Envelope } from '@trustmonitor/protocol';
import { digestOf, sha256 } from '../digest.ts';
import { decodeHex } from '../encoding/hex.ts';
import { encodeBase64 } from '../encoding/base64.ts';
import { concat } from '../encoding/bytes.ts';
import { encodeUtf8 } from '../encoding/text.ts';
import { keyIdOf } from '../ed25519/public-key.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { logLeafOf } from './leaf.ts';
import { parseNote } from './note.ts';
import { parseTlogProof } from './proof.ts';
import { NOTE_TYPES, type NoteKey } from './vkey.ts';

export const SIGSTORE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** The id that Sigstore knows a log by: the whole hash that the note's key id is cut from. */
export function sigstoreLogId({ name, type, publicKey }: NoteKey): Uint8Array {
  const material = concat(encodeUtf8(`${name}\n`), Uint8Array.of(NOTE_TYPES[type]), publicKey);
  return decodeHex(digestOf(material));
}

/**
 * The Sigstore bundle of a signed record and its log proof; its `hint` is the signing key's kid.
 * Throws `message.malformed` for a proof or checkpoint that cannot be read.
 */
export function buildSigstoreBundle(
  envelope: Envelope,
  publicKey: Uint8Array,
  tlogProof: string,
  log: NoteKey,
): object {
  const proof = parseTlogProof(tlogProof);
  const { size, root } = parseCheckpoint(parseNote(proof.checkpoint).text);
  return {
    mediaType: SIGSTORE_MEDIA_TYPE,
    verificationMaterial: {
      publicKey: { hint: keyIdOf(publicKey) },
      tlogEntries: [
        {
          logIndex: String(proof.index),
          logId: { keyId: encodeBase64(sigstoreLogId(log)) },
          kindVersion: { kind: 'dsse', version: '0.0.2' },
          integratedTime: '0',
          inclusionProof: {
            logIndex: String(proof.index),
            rootHash: encodeBase64(root),
            treeSize: String(size),
            hashes: proof.path.map((hash) => encodeBase64(hash)),
            checkpoint: { envelope: proof.checkpoint },
          },
          canonicalizedBody: encodeBase64(logLeafOf(envelope, [publicKey], sha256)),
        },
      ],
    },
    dsseEnvelope: envelope,
  };
}
