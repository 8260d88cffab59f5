/** Seals results into batches, each of which names the one before it. */
import { sealBatch, type Signer } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  TrustMonitorError,
  formatTimestamp,
  isTrustMonitorError,
  type Result,
  type SeenCheckpoint,
} from '@trustmonitor/protocol';
import type { ChainHead, NewBatch } from '../spool/file.ts';

/** All results of one job, in order of attempt; they stay together. */
export type JobResults = readonly Result[];

/** Results of one shard that go into one batch, if they fit. */
export interface Parcel {
  readonly shard: number;
  readonly jobs: readonly JobResults[];
}

export interface Sealer {
  readonly network: string;
  readonly agent: string;
  readonly signer: Signer;
  /** Our wall clock. */
  readonly now: () => number;
  /** The newest cosigned checkpoint that we know; null before the first, or without a log. */
  readonly seen: () => SeenCheckpoint | null;
  /** Called for a job whose results cannot be sealed at all; they are lost. */
  readonly onUnsealable: (job: JobResults, error: TrustMonitorError) => void;
}

/** nats-server takes messages up to 1 MiB unless told otherwise; the rest is for the envelope. */
const MAX_MESSAGE_BYTES = 1_000_000;

/**
 * Seals parcels one after the other from `head`. Nothing is kept or sent here: until the caller
 * has done so the numbers are not taken, and dropping what is returned leaves no trace.
 */
export function sealParcels(
  parcels: readonly Parcel[],
  head: ChainHead | null,
  sealer: Sealer,
): readonly NewBatch[] {
  const batches: NewBatch[] = [];
  let end = head;
  for (const { shard, jobs } of parcels) {
    for (const batch of sealJobs(shard, jobs, end, sealer)) {
      batches.push(batch);
      end = batch;
    }
  }
  return batches;
}

/** One batch, or several when one would be larger than a message may be. */
function sealJobs(
  shard: number,
  jobs: readonly JobResults[],
  head: ChainHead | null,
  sealer: Sealer,
): readonly NewBatch[] {
  try {
    return [sealOne(shard, jobs.flat(), head, sealer)];
  } catch (error) {
    if (!isTrustMonitorError(error)) throw error;
    const [only, ...others] = jobs;
    if (only !== undefined && others.length === 0) {
      sealer.onUnsealable(only, error);
      return [];
    }
    const half = jobs.length >> 1;
    const first = sealJobs(shard, jobs.slice(0, half), head, sealer);
    const second = sealJobs(shard, jobs.slice(half), first.at(-1) ?? head, sealer);
    return [...first, ...second];
  }
}

function sealOne(
  shard: number,
  results: readonly Result[],
  head: ChainHead | null,
  { network, agent, signer, now, seen }: Sealer,
): NewBatch {
  const { message, digest, seq } = sealBatch(
    {
      network,
      agent,
      seq: (head?.seq ?? 0) + 1,
      prev: head?.digest ?? null,
      sealedAt: formatTimestamp(now()),
      seen: seen(),
    },
    results,
    signer,
    nodeVerifier.sha256,
  );
  if (message.length > MAX_MESSAGE_BYTES) {
    throw new TrustMonitorError('input.too_large', `a batch of ${message.length} bytes`);
  }
  return { seq, shard, digest, message };
}
