/** What an agent, as a witness, demands: that its own batches stand in the tree. */
import { encodeBase64 } from '@trustmonitor/evidence';
import type { WitnessRequest } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import { selectAgentBatchIndexes } from '../store/log.ts';
import { inclusionPath } from './proofs.ts';

/** As many as one message may carry; the rest is proved with the next checkpoint. */
const MAX_PROOFS = 1_024;

export async function batchProofsFor(
  db: Queryable,
  agent: string,
  { from, size }: { readonly from: number; readonly size: number },
): Promise<WitnessRequest['batches']> {
  const batches = await selectAgentBatchIndexes(db, agent, from, size, MAX_PROOFS);
  return Promise.all(
    batches.map(async ({ digest, index }) => ({
      batch: digest,
      index,
      path: (await inclusionPath(db, index, size)).map((hash) => encodeBase64(hash)),
    })),
  );
}
