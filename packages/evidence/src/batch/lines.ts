/** The wire form of a batch: NDJSON, the envelope first, then one result per line. */
import { decodeUtf8 } from '../encoding/text.ts';
import { malformed, tooLarge } from '../errors.ts';
import {
  MAX_BATCH_BYTES,
  MAX_BATCH_ENVELOPE_BYTES,
  MAX_BATCH_RESULTS,
  MAX_LEAF_BYTES,
} from '../limits.ts';

const NEWLINE = 0x0a;

export interface Line {
  /** What is hashed. */
  readonly bytes: Uint8Array;
  /** What is parsed: the same bytes as text. */
  readonly text: string;
}

export interface BatchLines {
  readonly head: string;
  readonly lines: readonly Line[];
}

/** Cuts a message into bounded lines. Throws `input.too_large` or `message.malformed`. */
export function splitMessage(message: Uint8Array): BatchLines {
  if (message.length > MAX_BATCH_BYTES) {
    throw tooLarge(`the batch has ${message.length} bytes; the limit is ${MAX_BATCH_BYTES}`);
  }
  const [head, ...results] = cut(message);
  if (head === undefined) throw malformed('the batch is empty');
  requireLength(head, MAX_BATCH_ENVELOPE_BYTES, 'the envelope');
  const lines = results.map((bytes, index) => {
    requireLength(bytes, MAX_LEAF_BYTES, `result ${index}`);
    return { bytes, text: decodeUtf8(bytes, `result ${index}`) };
  });
  return { head: decodeUtf8(head, 'the envelope'), lines };
}

/** No byte of a multi-byte UTF-8 character is a line break, so bytes can be cut before decoding. */
function cut(message: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let begin = 0; begin < message.length;) {
    const end = message.indexOf(NEWLINE, begin);
    if (end === -1) throw malformed('the last line of the batch is cut short');
    if (lines.length > MAX_BATCH_RESULTS) {
      throw tooLarge(`the batch has more than ${MAX_BATCH_RESULTS} results`);
    }
    lines.push(message.subarray(begin, end));
    begin = end + 1;
  }
  return lines;
}

function requireLength(line: Uint8Array, limit: number, what: string): void {
  if (line.length > limit) {
    throw tooLarge(`${what} has ${line.length} bytes; the limit is ${limit}`);
  }
}
