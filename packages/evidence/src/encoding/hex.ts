/** Lower-case hexadecimal, the spelling of every digest in signed documents. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { malformed } from '../errors.ts';

export const encodeHex = (bytes: Uint8Array): string => bytesToHex(bytes);

/** Throws `message.malformed`; upper case is refused, so that every value has one spelling. */
export function decodeHex(text: string, what = 'value'): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw malformed(`${what} is not lower-case hexadecimal`);
  }
  return hexToBytes(text);
}
