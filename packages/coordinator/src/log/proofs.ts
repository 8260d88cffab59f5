/** Proofs from the stored tiles: no tree is ever recomputed. */
import {
  encodeHex,
  formatTlogProof,
  planConsistency,
  planInclusion,
  type ProofPlan,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { TrustMonitorError, type LogPlace } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import { selectCosignedPlace, selectLogIndexes } from '../store/log.ts';
import { loadTiles } from './tile-cache.ts';

const { sha256 } = nodeVerifier;

/** Audit path of leaf `index` in the tree of `size` leaves. */
export const inclusionPath = (db: Queryable, index: number, size: number): Promise<Uint8Array[]> =>
  buildProof(db, planInclusion(index, size, sha256));

/** Proof that the tree of `oldSize` leaves is the beginning of that of `size`. */
export const consistencyPath = (
  db: Queryable,
  oldSize: number,
  size: number,
): Promise<Uint8Array[]> => buildProof(db, planConsistency(oldSize, size, sha256));

async function buildProof(db: Queryable, plan: ProofPlan): Promise<Uint8Array[]> {
  return plan.build(await loadTiles(db, plan.tiles));
}

/** Places of logged payloads in the tree of `size` leaves, in the order of the digests. */
export async function placesOf(
  db: Queryable,
  digests: readonly string[],
  size: number,
): Promise<LogPlace[]> {
  if (digests.length === 0) return [];
  const indexes = await selectLogIndexes(db, digests);
  const places: LogPlace[] = [];
  for (const digest of digests) {
    const index = indexes.get(digest);
    if (index === undefined) throw new TrustMonitorError('internal', `${digest} is not logged`);
    const path = await inclusionPath(db, index, size);
    places.push({ index, path: path.map((hash) => encodeHex(hash)) });
  }
  return places;
}

/**
 * Proof of one payload in the smallest cosigned checkpoint that covers it, as a
 * c2sp.org/tlog-proof. Null while no such checkpoint exists: the witnesses have not answered.
 */
export async function tlogProofOf(db: Queryable, digest: string): Promise<string | null> {
  const place = await selectCosignedPlace(db, digest);
  if (place === null) throw new TrustMonitorError('internal', `${digest} is not logged`);
  const { index, checkpoint } = place;
  if (checkpoint === null) return null;
  const path = await inclusionPath(db, index, checkpoint.size);
  return formatTlogProof({ index, path, checkpoint: checkpoint.cosigned });
}
