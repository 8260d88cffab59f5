/**
 * Raw rows -> minutes -> hours -> days.
 *
 *     rollup_dirty (by the commit) -> minute written, its hour and day due
 *     hour due, and over           -> hour written from its minutes
 *     day due, over, no hour due   -> day written from its hours
 *
 * A bucket is always made anew from all its parts, so doing it twice changes nothing, and a late
 * result only makes its minute dirty again. The commit only notes which minutes it wrote to: one
 * row. (To add to the buckets inside of the commit would be exactly-once too, and cost an update
 * of a minute, an hour and a day per result, in the one transaction that everything waits for.)
 *
 * A due bucket is read from its parts until it is written (`history.ts`), so a reader never sees
 * that this is late.
 */
import type { Retention } from '../retention.ts';
import { tryLock } from '../store/advisory-locks.ts';
import type { Database, Queryable } from '../store/database.ts';
import { DAY_MS } from '../store/partitions.ts';
import {
  rollMinutesByRegion,
  rollMinutesByVerdict,
  rollUpByRegion,
  rollUpByVerdict,
  takeDirtyMinutes,
  takeDue,
  type CoarseLevel,
  type MonitorBucket,
} from '../store/rollups.ts';

const MINUTE_MS = 60_000;
/** Rounds of a minute close a little after its end; what comes later makes it dirty again. */
const MINUTE_SETTLES_MS = 15_000;
/**
 * Later than any reader takes the past for settled (`history.ts`), so that a bucket whose end is cut
 * off is read from its parts.
 */
const COARSE_SETTLES_MS = { hour: 65 * MINUTE_MS, day: 75 * MINUTE_MS };
const WIDTH_MS = { hour: 60 * MINUTE_MS, day: DAY_MS };

/** Notes per transaction; each is about the monitors of one commit. A minute has up to some hundred. */
const NOTES_AT_ONCE = 1_000;
/** Per statement. An hour is made from sixty times as much as a minute. */
const MINUTES_AT_ONCE = 10_000;
const COARSE_AT_ONCE = 2_000;

/**
 * Brings all rollups up to `nowMs`. What another coordinator is at is left to it.
 *
 * A minute is made anew only while raw rows and minutes are kept for its whole day, and the day
 * before: a result that comes later than that stays raw. Returns how many buckets were written.
 */
export async function rollUp(
  database: Database,
  { rawDays, minuteDays }: Pick<Retention, 'rawDays' | 'minuteDays'>,
  nowMs: number,
): Promise<number> {
  const keptDays = Math.min(rawDays, minuteDays);
  const since = new Date(Math.floor(nowMs / DAY_MS - keptDays + 1) * DAY_MS);
  let written = 0;
  const repeat = async (step: (tx: Queryable) => Promise<number>): Promise<void> => {
    for (;;) {
      const count = await underLock(database, step);
      if (count === 0) return;
      written += count;
    }
  };
  await repeat((tx) => rollMinutes(tx, since, nowMs));
  await repeat((tx) => rollCoarse(tx, 'hour', nowMs));
  await repeat((tx) => rollCoarse(tx, 'day', nowMs));
  return written;
}

async function underLock(
  database: Database,
  step: (tx: Queryable) => Promise<number>,
): Promise<number> {
  return database.transaction(async (tx) => ((await tryLock(tx, 'history')) ? step(tx) : 0));
}

async function rollMinutes(tx: Queryable, since: Date, nowMs: number): Promise<number> {
  const before = Math.floor((nowMs - MINUTE_SETTLES_MS) / MINUTE_MS) * MINUTE_MS;
  const minutes = await takeDirtyMinutes(
    tx,
    { since, before: new Date(before), until: new Date(nowMs + DAY_MS) },
    NOTES_AT_ONCE,
  );
  for (const some of chunks(minutes)) {
    await rollMinutesByRegion(tx, some);
    await rollMinutesByVerdict(tx, some, since);
  }
  return minutes.length;
}

async function rollCoarse(tx: Queryable, level: CoarseLevel, nowMs: number): Promise<number> {
  const lastStart = nowMs - WIDTH_MS[level] - COARSE_SETTLES_MS[level];
  const buckets = await takeDue(tx, level, new Date(lastStart), COARSE_AT_ONCE);
  if (buckets.length === 0) return 0;
  await rollUpByRegion(tx, level, buckets);
  await rollUpByVerdict(tx, level, buckets);
  return buckets.length;
}

function* chunks(buckets: readonly MonitorBucket[]): Generator<readonly MonitorBucket[]> {
  for (let at = 0; at < buckets.length; at += MINUTES_AT_ONCE) {
    yield buckets.slice(at, at + MINUTES_AT_ONCE);
  }
}
