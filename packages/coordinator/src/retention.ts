/**
 * Drops what has been kept for its time: raw rounds and results with the batches that they came
 * in, fine rollups, messages that were delivered or given up, and heads of the log that nothing
 * needs. What an incident is proven by is moved out of the way first; the leaves and the tiles of
 * the log are never touched.
 *
 * Results go before rounds: until both are gone, the rounds say which results there were. Heads go
 * last: the batches that are still there then say which of them they name.
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
import {
  deleteBatches,
  deleteDone,
  keepResults,
  keepRounds,
  selectNeededRounds,
  sweepCheckpoints,
} from './store/retention.ts';

/** How long each kind is kept, in days. Days, and whole incidents' evidence, are kept for ever. */
export interface Retention {
  readonly rawDays: number;
  readonly minuteDays: number;
  readonly hourDays: number;
  /** Messages, from when they were delivered or given up. */
  readonly deliveryDays: number;
}

const ROWS_AT_ONCE = 5_000;
/** Five minutes of a busy log: 140 leaves a second are looked at in a second. */
const HEADS_AT_ONCE = 300;

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
  { rawDays, minuteDays, hourDays, deliveryDays }: Retention,
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
  // A day more: the clock that dated these is the database's.
  const beforeMs = (days: number): number => firstKeptMs(nowMs, days + 1);
  await inParts(database, ROWS_AT_ONCE, (tx, n) => deleteBatches(tx, beforeMs(rawDays), n));
  await inParts(database, HEADS_AT_ONCE, (tx, n) => sweepCheckpoints(tx, beforeMs(rawDays), n));
  await inParts(database, ROWS_AT_ONCE, (tx, n) => deleteDone(tx, beforeMs(deliveryDays), n));
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

/** `work` does `limit` rows at a time and returns how many they were: nobody waits for all of them. */
async function inParts(
  database: Database,
  limit: number,
  work: (tx: Queryable, limit: number) => Promise<number>,
): Promise<void> {
  let done: number;
  do {
    done = 0;
    await underLock(database, async (tx) => {
      done = await work(tx, limit);
    });
  } while (done === limit);
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
