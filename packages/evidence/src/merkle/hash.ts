/** RFC 9162 section 2.1.1: leaves and nodes are hashed under different prefixes. */
import { sha256, type Sha256 } from '../digest.ts';

export const HASH_BYTES = 32;

/** `SHA256(0x00 || data)` */
export function leafHash(data: Uint8Array, hash: Sha256 = sha256): Uint8Array {
  const input = new Uint8Array(1 + data.length);
  input.set(data, 1);
  return hash(input);
}

/** `SHA256(0x01 || left || right)` */
export function nodeHash(left: Uint8Array, right: Uint8Array, hash: Sha256 = sha256): Uint8Array {
  const input = new Uint8Array(1 + 2 * HASH_BYTES);
  input[0] = 0x01;
  input.set(left, 1);
  input.set(right, 1 + HASH_BYTES);
  return hash(input);
}

/** The head of a tree without leaves: SHA-256 of nothing. */
export const emptyHead = (hash: Sha256 = sha256): Uint8Array => hash(new Uint8Array(0));
