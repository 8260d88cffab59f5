import { concatBytes } from '@noble/hashes/utils.js';

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => concatBytes(...parts);

/** Nothing compared here is secret, so time need not be constant. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
