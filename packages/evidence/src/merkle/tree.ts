/** A Merkle tree in memory, built once: O(n) hashes, then O(log n) per proof. */
import { sha256, type Sha256 } from '../digest.ts';
import { emptyHead, nodeHash } from './hash.ts';
import {
  consistencyRanges,
  inclusionRanges,
  rangeHash,
  type LeafRange,
  type NodeReader,
} from './ranges.ts';

export class MerkleTree {
  readonly size: number;
  readonly #hash: Sha256;
  /** Full subtrees by level; level 0 holds the leaf hashes. */
  readonly #levels: readonly (readonly Uint8Array[])[];

  constructor(leafHashes: readonly Uint8Array[], hash: Sha256 = sha256) {
    this.size = leafHashes.length;
    this.#hash = hash;
    this.#levels = fullSubtrees(leafHashes, hash);
  }

  head(): Uint8Array {
    if (this.size === 0) return emptyHead(this.#hash);
    return this.#hashOf({ begin: 0, end: this.size });
  }

  /** Audit path of a leaf, from the leaf upwards. Throws `RangeError` outside the tree. */
  inclusionProof(index: number): Uint8Array[] {
    return inclusionRanges(index, this.size).map((range) => this.#hashOf(range));
  }

  /** Proof that the tree of the first `oldSize` leaves is a prefix of this one. */
  consistencyProof(oldSize: number): Uint8Array[] {
    return consistencyRanges(oldSize, this.size).map((range) => this.#hashOf(range));
  }

  #hashOf(range: LeafRange): Uint8Array {
    return rangeHash(range, this.#read, this.#hash);
  }

  readonly #read: NodeReader = ({ level, index }) => {
    const node = this.#levels[level]?.[index];
    if (node === undefined) throw new RangeError(`no full subtree ${level}/${index}`);
    return node;
  };
}

/** RFC 9162 tree head over leaf hashes. */
export const treeHead = (leafHashes: readonly Uint8Array[], hash: Sha256 = sha256): Uint8Array =>
  new MerkleTree(leafHashes, hash).head();

/** Audit path of one leaf; build a `MerkleTree` for more than one. */
export const inclusionProof = (leafHashes: readonly Uint8Array[], index: number): Uint8Array[] =>
  new MerkleTree(leafHashes).inclusionProof(index);

/** Proof that the first `oldSize` leaves are what the tree held then. */
export const consistencyProof = (
  leafHashes: readonly Uint8Array[],
  oldSize: number,
): Uint8Array[] => new MerkleTree(leafHashes).consistencyProof(oldSize);

function fullSubtrees(leafHashes: readonly Uint8Array[], hash: Sha256): Uint8Array[][] {
  const levels: Uint8Array[][] = [[...leafHashes]];
  for (let below = levels[0] ?? []; below.length > 1;) {
    const level: Uint8Array[] = [];
    for (let at = 0; at + 1 < below.length; at += 2) {
      const [left, right] = [below[at], below[at + 1]];
      if (left !== undefined && right !== undefined) level.push(nodeHash(left, right, hash));
    }
    levels.push(level);
    below = level;
  }
  return levels;
}
