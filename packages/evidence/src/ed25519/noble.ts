/** The portable back end: pure JavaScript, for browsers and for a verifier on its own. */
import { getPublicKey, hashes, sign, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { sha256 } from '../digest.ts';
import { invalidKey } from '../errors.ts';
import { isPrimeOrderPoint, isUsableKey, keyIdOf } from './public-key.ts';
import type { SignatureVerifier, Signer } from './types.ts';

// noble takes its SHA-512 from here; it is the only way to its synchronous functions.
hashes.sha512 = sha512;

const SEED_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/**
 * noble checks the cofactored equation. With the key and R both of prime order that is the same
 * as OpenSSL's cofactorless one, which is why both are required.
 */
export const nobleVerifier: SignatureVerifier = {
  sha256,
  verify(publicKey, message, signature) {
    if (signature.length !== SIGNATURE_BYTES || !isUsableKey(publicKey)) return false;
    if (!isPrimeOrderPoint(signature.subarray(0, 32))) return false;
    try {
      return verify(signature, message, publicKey, { zip215: false });
    } catch {
      return false;
    }
  },
};

/** A signer from an RFC 8032 seed (32 bytes). Throws `key.invalid`. */
export function signerFromSeed(seed: Uint8Array): Signer {
  if (seed.length !== SEED_BYTES) throw invalidKey(`a seed has ${SEED_BYTES} bytes`);
  const secret = seed.slice();
  const publicKey = getPublicKey(secret);
  return { kid: keyIdOf(publicKey), publicKey, sign: (message) => sign(message, secret) };
}
