/** UTF-8, strictly: bytes that are not valid UTF-8 are refused, and a byte order mark is kept. */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { malformed } from '../errors.ts';

// Every browser and Node has it; neither the ES library nor a pure package's types name it.
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

// `ignoreBOM` keeps a leading U+FEFF in the text, where JSON.parse refuses it. The default would
// drop it silently, and two different files would read the same.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const encodeUtf8 = (text: string): Uint8Array => utf8ToBytes(text);

/** Throws `message.malformed`. */
export function decodeUtf8(bytes: Uint8Array, what = 'text'): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw malformed(`${what} is not UTF-8`, cause);
  }
}
