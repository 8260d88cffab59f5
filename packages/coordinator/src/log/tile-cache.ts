/**
 * Tiles for proofs, out of memory where they were read before. A full tile never changes, and with
 * it the heads that were computed over its hashes are kept: at a million leaves a proof then reads
 * one row or none, and hashes a third of what it would.
 */
import { TILE_WIDTH, Tile, type TileId } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import { selectTiles, tileKey } from '../store/log.ts';

/** About 40 kB each with all heads: 10 MB. */
const MAX_TILES = 256;

/** By what they were read through: what a transaction reads may be rolled back with it. */
const caches = new WeakMap<Queryable, Map<string, Tile>>();

/** All these tiles, in one query at most. Throws `internal` for one that is not stored. */
export async function loadTiles(
  db: Queryable,
  ids: readonly TileId[],
): Promise<(id: TileId) => Tile> {
  const cache = cacheOf(db);
  const at = new Map<string, Tile>();
  for (const { level, index } of ids) {
    const known = cache.get(tileKey(level, index));
    if (known !== undefined) at.set(tileKey(level, index), known);
  }
  const missing = ids.filter(({ level, index }) => !at.has(tileKey(level, index)));
  if (missing.length > 0) {
    for (const [key, bytes] of await selectTiles(db, missing)) {
      at.set(key, new Tile(bytes, nodeVerifier.sha256));
    }
  }
  for (const [key, tile] of at) if (tile.width === TILE_WIDTH) keep(cache, key, tile);
  return ({ level, index }) => {
    const tile = at.get(tileKey(level, index));
    if (tile !== undefined) return tile;
    throw new TrustMonitorError('internal', `tile ${level}/${index} of the log is missing`);
  };
}

function cacheOf(db: Queryable): Map<string, Tile> {
  const known = caches.get(db);
  if (known !== undefined) return known;
  const cache = new Map<string, Tile>();
  caches.set(db, cache);
  return cache;
}

/** A Map keeps the order of insertion: the tile goes to its end, and the one at its front goes. */
function keep(cache: Map<string, Tile>, key: string, tile: Tile): void {
  cache.delete(key);
  cache.set(key, tile);
  if (cache.size <= MAX_TILES) return;
  for (const oldest of cache.keys()) {
    cache.delete(oldest);
    return;
  }
}
