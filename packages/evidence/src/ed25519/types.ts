/** What signs and what verifies; two back ends stand behind each, and agree on every input. */
import type { Sha256 } from '../digest.ts';

export interface Signer {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** RFC 8032 signature, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

export interface SignatureVerifier {
  /**
   * True only for a usable key (see public-key.ts) and a signature with canonical R and S whose R
   * is of prime order. Never throws, whatever the lengths.
   */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** The back end's SHA-256. */
  readonly sha256: Sha256;
}
