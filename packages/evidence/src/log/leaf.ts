/**
 * The log's leaves: the body of a Rekor v2 `dsse` entry, for every kind of signed payload, so
 * that Sigstore's own verifiers can check the log. The payload itself is served by its digest.
 */
import type { Envelope } from '@trustmonitor/protocol';
import { canonicalBytes } from '../canonical.ts';
import { sha256, type Sha256 } from '../digest.ts';
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { concat } from '../encoding/bytes.ts';
import { malformed } from '../errors.ts';

/** RFC 8410: the fixed head of an Ed25519 SubjectPublicKeyInfo, before the raw key. */
const SPKI_HEAD = Uint8Array.of(
  0x30,
  0x2a,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x03,
  0x21,
  0x00,
);

/** DER SubjectPublicKeyInfo of a raw Ed25519 key (RFC 8410). */
export const spkiOf = (publicKey: Uint8Array): Uint8Array => concat(SPKI_HEAD, publicKey);

/**
 * The leaf's data for an envelope; `publicKeys` are those of its signatures, in the same order.
 * Throws `message.malformed` when they are not as many.
 */
export function logLeafOf(
  envelope: Envelope,
  publicKeys: readonly Uint8Array[],
  hash: Sha256 = sha256,
): Uint8Array {
  if (publicKeys.length !== envelope.signatures.length) {
    throw malformed(`${envelope.signatures.length} signatures, ${publicKeys.length} keys`);
  }
  const digest = hash(decodeBase64(envelope.payload, 'the payload'));
  return canonicalBytes({
    apiVersion: '0.0.2',
    kind: 'dsse',
    spec: {
      dsseV002: {
        payloadHash: { algorithm: 'SHA2_256', digest: encodeBase64(digest) },
        signatures: envelope.signatures.map(({ sig }, at) => ({
          content: sig,
          verifier: {
            keyDetails: 'PKIX_ED25519',
            publicKey: { rawBytes: encodeBase64(spkiOf(publicKeys[at] ?? new Uint8Array(0))) },
          },
        })),
      },
    },
  });
}
