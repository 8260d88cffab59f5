/**
 * The log's tree as it grows: a few hashes of state, and per append only the hashes that are new.
 *
 * The state is the frontier, the heads of the full subtrees that the leaves so far fall into,
 * largest first: at most 53 hashes however large the log. What is appended comes back as rows of
 * new tile hashes; stored in one transaction with the state, they are all that proofs need.
 */
import { sha256, type Sha256 } from '../digest.ts';
import { emptyHead, nodeHash } from '../merkle/hash.ts';
import { consistencyRanges, inclusionRanges, rangeHash, type LeafRange } from '../merkle/ranges.ts';
import { tileReader, tilesFor, type Tile, type TileId } from './tiles.ts';

export interface LogTree {
  readonly size: number;
  /** One head per set bit of `size`, the highest first. */
  readonly frontier: readonly Uint8Array[];
}

export const EMPTY_TREE: LogTree = { size: 0, frontier: [] };

/** New hashes of one tile level, to be written one after another from place `start` on. */
export interface TileRow {
  readonly level: number;
  /** Place in the level; the tile is `start / 256`, rounded down. */
  readonly start: number;
  readonly hashes: readonly Uint8Array[];
}

export interface Appended {
  readonly tree: LogTree;
  readonly rows: readonly TileRow[];
}

/** Appends leaf hashes. Two hashes per leaf on average, whatever the size. */
export function appendLeaves(
  tree: LogTree,
  leafHashes: readonly Uint8Array[],
  hash: Sha256 = sha256,
): Appended {
  const frontier = [...tree.frontier];
  const rows = new Map<number, { start: number; hashes: Uint8Array[] }>();
  let { size } = tree;
  for (const leaf of leafHashes) {
    let head = leaf;
    let level = 0;
    addToRow(rows, 0, size, head);
    // As in binary addition: each full subtree joins the one of its size to its left.
    for (let carry = size; carry % 2 === 1; carry = Math.floor(carry / 2)) {
      const left = frontier.pop();
      if (left === undefined) throw new RangeError('the frontier does not fit the size');
      head = nodeHash(left, head, hash);
      level += 1;
      if (level % 8 === 0) addToRow(rows, level / 8, Math.floor(size / 2 ** level), head);
    }
    frontier.push(head);
    size += 1;
  }
  return {
    tree: { size, frontier },
    rows: [...rows].map(([level, row]) => ({ level, ...row })),
  };
}

function addToRow(
  rows: Map<number, { start: number; hashes: Uint8Array[] }>,
  level: number,
  place: number,
  hash: Uint8Array,
): void {
  const row = rows.get(level);
  if (row === undefined) rows.set(level, { start: place, hashes: [hash] });
  else row.hashes.push(hash);
}

/** RFC 9162 tree head. */
export function headOf({ frontier }: LogTree, hash: Sha256 = sha256): Uint8Array {
  if (frontier.length === 0) return emptyHead(hash);
  return frontier.reduceRight((right, left) => nodeHash(left, right, hash));
}

/** A proof still without its hashes: which tiles to load, and how to make it of them. */
export interface ProofPlan {
  readonly tiles: readonly TileId[];
  build(tileAt: (id: TileId) => Tile): Uint8Array[];
}

/** Audit path of leaf `index` in the tree of `size` leaves. Throws `RangeError` outside it. */
export const planInclusion = (index: number, size: number, hash: Sha256 = sha256): ProofPlan =>
  planOf(inclusionRanges(index, size), size, hash);

/** Proof that the tree of `oldSize` leaves is a prefix of that of `size`. */
export const planConsistency = (oldSize: number, size: number, hash: Sha256 = sha256): ProofPlan =>
  planOf(consistencyRanges(oldSize, size), size, hash);

function planOf(ranges: readonly LeafRange[], size: number, hash: Sha256): ProofPlan {
  return {
    tiles: tilesFor(ranges, size),
    build(tileAt) {
      const read = tileReader(size, tileAt);
      return ranges.map((range) => rangeHash(range, read, hash));
    },
  };
}
