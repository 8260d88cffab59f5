/**
 * Which parts of a tree a proof is made of (RFC 9162 sections 2.1.3.1 and 2.1.4.1).
 *
 * A proof is a list of hashes, each over a range of leaves. The ranges depend on sizes only, so
 * they are computed first; where the hashes come from (memory, tiles, a database) is somebody
 * else's business, who can fetch all it needs in one go.
 */
import { nodeHash } from './hash.ts';
import { sha256, type Sha256 } from '../digest.ts';

/** The leaves `begin` to `end - 1`. */
export interface LeafRange {
  readonly begin: number;
  readonly end: number;
}

/** A full subtree: `2^level` leaves starting at `index * 2^level`. */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

/** Gives the hash of a full subtree. */
export type NodeReader = (node: NodeId) => Uint8Array;

/** Ranges of the audit path of leaf `index` in a tree of `size` leaves, from the leaf upwards. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  assertInTree(index, size);
  const ranges: LeafRange[] = [];
  let begin = 0;
  let end = size;
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin);
    if (index < middle) {
      ranges.push({ begin: middle, end });
      end = middle;
    } else {
      ranges.push({ begin, end: middle });
      begin = middle;
    }
  }
  return ranges.reverse();
}

/** Ranges of the proof that the tree of `oldSize` leaves is a prefix of that of `newSize`. */
export function consistencyRanges(oldSize: number, newSize: number): LeafRange[] {
  assertSizes(oldSize, newSize);
  const ranges: LeafRange[] = [];
  if (oldSize === 0 || oldSize === newSize) return ranges;
  let begin = 0;
  let end = newSize;
  // Down to the subtree that the old tree ends with.
  while (end > oldSize) {
    const middle = begin + splitOf(end - begin);
    if (oldSize <= middle) {
      ranges.push({ begin: middle, end });
      end = middle;
    } else {
      ranges.push({ begin, end: middle });
      begin = middle;
    }
  }
  // The verifier has the old head; when it is this very subtree it is not sent.
  if (begin > 0) ranges.push({ begin, end });
  return ranges.reverse();
}

/** The full subtrees that make up a range, from left to right; `begin` is a multiple of them. */
export function subtreesOf({ begin, end }: LeafRange): NodeId[] {
  const nodes: NodeId[] = [];
  let at = begin;
  while (at < end) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level++;
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** The hash over a non-empty range that starts at a subtree's border. */
export function rangeHash(range: LeafRange, read: NodeReader, hash: Sha256 = sha256): Uint8Array {
  return subtreesOf(range)
    .map(read)
    .reduceRight((right, left) => nodeHash(left, right, hash));
}

/** The largest power of two below `size` (at least 2). */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

function assertInTree(index: number, size: number): void {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new RangeError(`leaf ${index} is not in a tree of ${size} leaves`);
  }
}

function assertSizes(oldSize: number, newSize: number): void {
  if (!Number.isSafeInteger(newSize) || !Number.isSafeInteger(oldSize)) {
    throw new RangeError('tree sizes are integers');
  }
  if (oldSize < 0 || oldSize > newSize) {
    throw new RangeError(`a tree of ${newSize} leaves has no earlier state of ${oldSize}`);
  }
}
