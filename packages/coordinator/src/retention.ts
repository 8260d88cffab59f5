/**
 * Drops what has been kept for its time: raw rounds and results with the batches that they came
 * in, and fine rollups. What an incident is proven by is moved out of the way first; the log is
 * never touched.
 *
 * Results go before rounds: until both are gone, the rounds say which results there were.
 */
import { tryLock } from './store/advisory-locks.ts';
import type { Database, Queryable } from './store/database.ts';
import {
  DAY_MS,
  deleteFromDefault,
  dropPartition,
  firstUuidOf,
  isInDefault,
  lockForDrop,
  selectExpired,
  type PartitionedTable,
} from './store/partitions.ts';
import { deleteBatches, keepResults, keepRounds, selectNeededRounds } from './store/retention.ts';

/** How long each kind is kept, in days. Days, and whole incidents' evidence, are kept for ever. */
export interface Retention {
  readonly rawDays: number;
  readonly minuteDays: number;
  readonly hourDays: number;
}

const BATCHES_AT_ONCE = 5_000;

const KEEP = {
  result: keepResults,
  round: keepRounds,
} as const satisfies Partial<Record<PartitionedTable, typeof keepRounds>>;

/** The first day that is still kept whole, in days since the epoch. */
const firstKeptDay = (nowMs: number, days: number): number => Math.floor(nowMs / DAY_MS) - days;

/** When that day began, in ms. */
export const firstKeptMs = (nowMs: number, days: number): number =>
  firstKeptDay(nowMs, days) * DAY_MS;

/** Returns how many partitions were dropped. Safe to be run by several coordinators at a time. */
export async function applyRetention(
  database: Database,
  { rawDays, minuteDays, hourDays }: Retention,
  nowMs: number,
): Promise<number> {
  const expiries = [
    { table: 'result', days: rawDays },
    { table: 'round', days: rawDays },
    { table: 'rollup_minute', days: minuteDays },
    { table: 'verdict_minute', days: minuteDays },
    { table: 'rollup_hour', days: hourDays },
    { table: 'verdict_hour', days: hourDays },
  ] as const;
  let dropped = 0;
  for (const { table, days } of expiries) {
    dropped += await expire(database, table, firstKeptDay(nowMs, days));
  }
  // A day more: the clock that dated the batches is the database's.
  await expireBatches(database, (firstKeptDay(nowMs, rawDays) - 1) * DAY_MS);
  return dropped;
}

async function expire(
  database: Database,
  table: PartitionedTable,
  cutoffDay: number,
): Promise<number> {
  let dropped = 0;
  for (const day of await selectExpired(database, table, cutoffDay)) {
    const isDropped = await underLock(database, async (tx) => {
      await keepEvidence(tx, table, day + 1, day * DAY_MS);
      await lockForDrop(tx, table);
      await dropPartition(tx, table, day);
    });
    if (isDropped) dropped += 1;
  }
  await underLock(database, async (tx) => {
    if (!(await isInDefault(tx, table, cutoffDay))) return;
    await keepEvidence(tx, table, cutoffDay, 0);
    await deleteFromDefault(tx, table, cutoffDay);
  });
  return dropped;
}

/**
 * Before the lock, so that nobody waits for it. What comes between the two is late or foreign, and
 * was counted for nothing.
 */
async function keepEvidence(
  tx: Queryable,
  table: PartitionedTable,
  beforeDay: number,
  sinceMs: number,
): Promise<void> {
  if (!(table === 'result' || table === 'round')) return;
  await KEEP[table](tx, await selectNeededRounds(tx, sinceMs), firstUuidOf(beforeDay));
}

async function expireBatches(database: Database, beforeMs: number): Promise<void> {
  let deleted: number;
  do {
    deleted = 0;
    await underLock(database, async (tx) => {
      deleted = await deleteBatches(tx, beforeMs, BATCHES_AT_ONCE);
    });
  } while (deleted === BATCHES_AT_ONCE);
}

/** False, and nothing is done, while another coordinator is at it. */
async function underLock(
  database: Database,
  work: (tx: Queryable) => Promise<void>,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    if (!(await tryLock(tx, 'history'))) return false;
    await work(tx);
    return true;
  });
}
