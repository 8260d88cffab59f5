/**
 * Base64 with one spelling per value (RFC 4648 section 3.5): a reader that ignored stray bits or
 * white space would let a file be changed without any signature noticing.
 */
import { malformed } from '../errors.ts';

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const STANDARD_VALUES = valuesOf(STANDARD);
const URL_SAFE_VALUES = valuesOf(URL_SAFE);

/** Standard alphabet with padding (RFC 4648 section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** URL-safe alphabet without padding (RFC 4648 section 5), as in JWK. */
export const encodeBase64Url = (bytes: Uint8Array): string => encode(bytes, URL_SAFE);

/** Throws `message.malformed` for anything `encodeBase64` would not write. */
export function decodeBase64(text: string, what = 'value'): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0) throw malformed(`${what} is not base64`);
  return decode(text, text.length - padding, STANDARD_VALUES, `${what} is not base64`);
}

/** Throws `message.malformed` for anything `encodeBase64Url` would not write. */
export const decodeBase64Url = (text: string, what = 'value'): Uint8Array =>
  decode(text, text.length, URL_SAFE_VALUES, `${what} is not base64url`);

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const word = (a << 16) | (b << 8) | c;
    const digits = Math.min(bytes.length - at, 3) + 1;
    for (let digit = 0; digit < digits; digit++) {
      text += alphabet.charAt((word >> (18 - 6 * digit)) & 0x3f);
    }
  }
  return text;
}

function decode(text: string, digits: number, values: Int8Array, complaint: string): Uint8Array {
  if (digits % 4 === 1) throw malformed(complaint);
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4));
  let word = 0;
  let bits = 0;
  let length = 0;
  for (let at = 0; at < digits; at++) {
    const value = values[text.charCodeAt(at)] ?? -1;
    if (value < 0) throw malformed(complaint);
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = (word >> bits) & 0xff;
    }
  }
  // The bits past the last whole byte must be zero.
  if ((word & ((1 << bits) - 1)) !== 0) throw malformed(complaint);
  return bytes;
}

function valuesOf(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value;
  return values;
}
