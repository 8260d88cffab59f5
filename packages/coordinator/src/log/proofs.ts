/** Proofs from the stored tiles: no tree is ever recomputed. */
import {
  encodeHex,
  formatTlogProof,
  planConsistency,
  planInclusion,
  tilePath,
  type ProofPlan,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { TrustMonitorError, type LogPlace } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import { selectCosignedPlaces, selectLogIndexes } from '../store/log.ts';
import { loadTiles } from './tile-cache.ts';

const { sha256 } = nodeVerifier;

/**
 * Audit paths of these leaves in the tree of `size` leaves. Together they read each tile once, and hash
 * what they share once: the newest tile is in nearly all of them, and is not full yet.
 */
export async function inclusionPaths(
  db: Queryable,
  indexes: readonly number[],
  size: number,
): Promise<Uint8Array[][]> {
  return buildProofs(
    db,
    indexes.map((index) => planInclusion(index, size, sha256)),
  );
}

/** Proof that the tree of `oldSize` leaves is the beginning of that of `size`. */
export async function consistencyPath(
  db: Queryable,
  oldSize: number,
  size: number,
): Promise<Uint8Array[]> {
  const [path] = await buildProofs(db, [planConsistency(oldSize, size, sha256)]);
  return path ?? [];
}

async function buildProofs(db: Queryable, plans: readonly ProofPlan[]): Promise<Uint8Array[][]> {
  const tiles = plans.flatMap((plan) => plan.tiles.map((tile) => [tilePath(tile), tile] as const));
  const tileAt = await loadTiles(db, [...new Map(tiles).values()]);
  return plans.map((plan) => plan.build(tileAt));
}

/** Places of logged payloads in the tree of `size` leaves, in the order of the digests. */
export async function placesOf(
  db: Queryable,
  digests: readonly string[],
  size: number,
): Promise<LogPlace[]> {
  if (digests.length === 0) return [];
  const indexes = await selectLogIndexes(db, digests);
  const places = digests.map((digest) => {
    const index = indexes.get(digest);
    if (index === undefined) throw new TrustMonitorError('internal', `${digest} is not logged`);
    return index;
  });
  const paths = await inclusionPaths(db, places, size);
  return places.map((index, i) => ({
    index,
    path: (paths[i] ?? []).map((hash) => encodeHex(hash)),
  }));
}

/**
 * Proof of one payload in the smallest cosigned checkpoint that covers it, as a
 * c2sp.org/tlog-proof. Null while no such checkpoint exists: the witnesses have not answered.
 */
export async function tlogProofOf(db: Queryable, digest: string): Promise<string | null> {
  const place = (await selectCosignedPlaces(db, [digest])).get(digest);
  if (place === undefined) throw new TrustMonitorError('internal', `${digest} is not logged`);
  const { index, checkpoint } = place;
  if (checkpoint === null) return null;
  const [path = []] = await inclusionPaths(db, [index], checkpoint.size);
  return formatTlogProof({ index, path, checkpoint: checkpoint.cosigned });
}
