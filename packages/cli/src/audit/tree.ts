/**
 * The log's tree, computed again from its leaves by the recursion of RFC 9162 section 2.1.1, and
 * its tiles (https://c2sp.org/tlog-tiles) on the way. None of it is the log's own code: what both
 * got wrong in the same way would go unseen.
 *
 * Leaves stream from left to right; what is kept is one hash per level of the recursion and one
 * unfinished tile per level of tiles.
 */
import { createHash } from 'node:crypto';

const TILE_WIDTH = 256;
const HASH_BYTES = 32;

/** A finished or last tile, as the leaves make it. */
export interface ComputedTile {
  readonly path: string;
  /** 1 to 256 hashes in a row. */
  readonly hashes: Uint8Array;
}

export interface TreeSource {
  /** Leaf hashes `start` to `start + count`, at most 256 of one bundle; called in order. */
  leaves(start: number, count: number): Promise<readonly Uint8Array[]>;
  /** Called once for each tile, as soon as it is known. */
  tile(tile: ComputedTile): Promise<void>;
}

/** The root over `size` leaves. */
export async function computeTree(size: number, source: TreeSource): Promise<Uint8Array> {
  if (size === 0) return sha256();
  const tiles = new TileRows(source);
  const root = await headOf(0, size, source, tiles);
  await tiles.finish();
  return root;
}

export const leafHash = (data: Uint8Array): Uint8Array => sha256(Uint8Array.of(0), data);

/** MTH over leaves `start` to `start + size`. */
async function headOf(
  start: number,
  size: number,
  source: TreeSource,
  tiles: TileRows,
): Promise<Uint8Array> {
  let head: Uint8Array;
  if (size <= TILE_WIDTH) {
    const leaves = await source.leaves(start, size);
    for (const leaf of leaves) await tiles.add(0, leaf);
    head = foldOf(leaves);
  } else {
    const left = largestPowerBelow(size);
    head = sha256(
      Uint8Array.of(1),
      await headOf(start, left, source, tiles),
      await headOf(start + left, size - left, source, tiles),
    );
  }
  const level = tileLevelOf(size);
  if (level > 0) await tiles.add(level, head);
  return head;
}

function foldOf(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1) return only;
  const left = largestPowerBelow(leaves.length);
  return sha256(Uint8Array.of(1), foldOf(leaves.slice(0, left)), foldOf(leaves.slice(left)));
}

/** The largest power of two smaller than `size`, which is 2 or more. */
function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** 1 for a tree of 256 leaves, 2 for 256^2; 0 for what is no hash of a tile above the leaves. */
function tileLevelOf(size: number): number {
  let level = 0;
  for (let rest = size; rest >= TILE_WIDTH && rest % TILE_WIDTH === 0; rest /= TILE_WIDTH) {
    level += 1;
    if (rest === TILE_WIDTH) return level;
  }
  return 0;
}

/** The unfinished tile of each level. */
class TileRows {
  readonly #source: TreeSource;
  readonly #rows: { index: number; hashes: Uint8Array[] }[] = [];

  constructor(source: TreeSource) {
    this.#source = source;
  }

  async add(level: number, hash: Uint8Array): Promise<void> {
    const row = (this.#rows[level] ??= { index: 0, hashes: [] });
    row.hashes.push(hash);
    if (row.hashes.length === TILE_WIDTH) await this.#emit(level, row);
  }

  async finish(): Promise<void> {
    for (const [level, row] of this.#rows.entries()) {
      if (row.hashes.length > 0) await this.#emit(level, row);
    }
  }

  async #emit(level: number, row: { index: number; hashes: Uint8Array[] }): Promise<void> {
    const path = tilePath(String(level), row.index, row.hashes.length);
    const hashes = new Uint8Array(row.hashes.length * HASH_BYTES);
    for (const [at, hash] of row.hashes.entries()) hashes.set(hash, at * HASH_BYTES);
    row.index += 1;
    row.hashes = [];
    await this.#source.tile({ path, hashes });
  }
}

/** Path of a tile or, at level `entries`, of a bundle of leaves. */
export function tilePath(level: string, index: number, width: number): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1_000)) {
    const digits = String(rest % 1_000).padStart(3, '0');
    groups.unshift(groups.length === 0 ? digits : `x${digits}`);
  }
  const suffix = width < TILE_WIDTH ? `.p/${width}` : '';
  return `tile/${level}/${groups.join('/')}${suffix}`;
}

/** Place of the first hash in which two tiles differ; null when they are the same. */
export function firstDifference(stored: Uint8Array, computed: Uint8Array): number | null {
  for (let at = 0; at < Math.max(stored.length, computed.length); at++) {
    if (stored[at] !== computed[at]) return Math.floor(at / HASH_BYTES);
  }
  return null;
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}
