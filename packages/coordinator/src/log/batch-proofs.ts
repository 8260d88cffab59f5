/** What an agent, as a witness, demands: that its own batches stand in the tree. */
import { encodeBase64 } from '@trustmonitor/evidence';
import type { WitnessRequest } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import { selectAgentBatchIndexes, selectLogIndexes } from '../store/log.ts';
import { inclusionPaths } from './proofs.ts';

/** As many as one message may carry; the witness names the others once it misses them. */
const MAX_PROOFS = 1_024;

export async function batchProofsFor(
  db: Queryable,
  agent: string,
  { from, size }: { readonly from: number; readonly size: number },
): Promise<WitnessRequest['batches']> {
  return prove(db, await selectAgentBatchIndexes(db, agent, from, size, MAX_PROOFS), size);
}

/** Those of these batches that stand in the tree of `size` leaves. */
export async function proofsOfBatches(
  db: Queryable,
  digests: readonly string[],
  size: number,
): Promise<WitnessRequest['batches']> {
  if (digests.length === 0) return [];
  const indexes = [...(await selectLogIndexes(db, digests))];
  const batches = indexes.map(([digest, index]) => ({ digest, index }));
  return prove(
    db,
    batches.filter(({ index }) => index < size),
    size,
  );
}

async function prove(
  db: Queryable,
  batches: readonly { readonly digest: string; readonly index: number }[],
  size: number,
): Promise<WitnessRequest['batches']> {
  const indexes = batches.map(({ index }) => index);
  const paths = await inclusionPaths(db, indexes, size);
  return batches.map(({ digest, index }, i) => ({
    batch: digest,
    index,
    path: (paths[i] ?? []).map((hash) => encodeBase64(hash)),
  }));
}
