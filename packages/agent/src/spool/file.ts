/**
 * The bytes and the name of a spool file, which holds the batches of one seal:
 *
 *     trustmonitor-spool-1 <SHA-256 of the next line>
 *     [{"seq":41,"shard":7,"digest":"...","bytes":5120,"sha256":"..."},...]
 *     <the messages, as they are sent, one after the other>
 *
 *     0000000000000041-0000000000000043-<digest of batch 43>.spool
 *
 * The name alone carries the chain: even of a file that is damaged we know which numbers were
 * used and what the next batch must point to.
 */
import { digestOf } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';

/** What a spool file says of one of its batches. */
export interface SpoolEntry {
  readonly seq: number;
  readonly shard: number;
  /** SHA-256 of the signed payload: what receipts and the next batch call it by. */
  readonly digest: string;
  readonly bytes: number;
  /** SHA-256 of the message as it lies in the file. */
  readonly sha256: string;
}

/** A batch to be kept, in the order of the chain. */
export interface NewBatch {
  readonly seq: number;
  readonly shard: number;
  readonly digest: string;
  readonly message: Uint8Array;
}

/** Where the chain of batches stands. */
export interface ChainHead {
  readonly seq: number;
  readonly digest: string;
}

export interface SpoolFileContent {
  readonly entries: readonly SpoolEntry[];
  /** Where the messages begin. */
  readonly bodyStart: number;
}

const MAGIC = 'trustmonitor-spool-1';
const NAME = /^(\d{16})-(\d{16})-([0-9a-f]{64})\.spool$/;
const NEWLINE = 0x0a;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const sha256Hex = (bytes: Uint8Array): string => digestOf(bytes, nodeVerifier.sha256);

/** Name of the file for these batches, which are one run of the chain. */
export function fileName(batches: readonly NewBatch[]): string {
  const [first, last] = [batches[0], batches.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('no batches to name');
  return `${digits(first.seq)}-${digits(last.seq)}-${last.digest}.spool`;
}

/** The end of the chain that a name tells, or null for a name that is not ours. */
export function headOfName(name: string): ChainHead | null {
  const match = NAME.exec(name);
  return match === null ? null : { seq: Number(match[2]), digest: match[3] ?? '' };
}

export function encodeFile(batches: readonly NewBatch[]): {
  readonly bytes: Uint8Array;
  readonly content: SpoolFileContent;
} {
  const entries = batches.map(({ seq, shard, digest, message }) => {
    return { seq, shard, digest, bytes: message.length, sha256: sha256Hex(message) };
  });
  const line = JSON.stringify(entries);
  const head = encoder.encode(`${MAGIC} ${sha256Hex(encoder.encode(line))}\n${line}\n`);
  const bytes = Buffer.concat([head, ...batches.map(({ message }) => message)]);
  return { bytes, content: { entries, bodyStart: head.length } };
}

/** Reads a whole file back; null when any byte of it is not as it was written. */
export function decodeFile(bytes: Uint8Array): SpoolFileContent | null {
  const firstEnd = bytes.indexOf(NEWLINE);
  const secondEnd = bytes.indexOf(NEWLINE, firstEnd + 1);
  if (firstEnd < 0 || secondEnd < 0) return null;
  const line = bytes.subarray(firstEnd + 1, secondEnd);
  if (decoder.decode(bytes.subarray(0, firstEnd)) !== `${MAGIC} ${sha256Hex(line)}`) return null;
  // The line has the digest that we wrote, so it is what `encodeFile` made.
  const entries = JSON.parse(decoder.decode(line)) as SpoolEntry[];
  let offset = secondEnd + 1;
  for (const entry of entries) {
    if (sha256Hex(bytes.subarray(offset, offset + entry.bytes)) !== entry.sha256) return null;
    offset += entry.bytes;
  }
  return offset === bytes.length ? { entries, bodyStart: secondEnd + 1 } : null;
}

function digits(seq: number): string {
  return String(seq).padStart(16, '0');
}
