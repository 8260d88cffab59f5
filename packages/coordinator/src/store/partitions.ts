/** Day partitions of the tables whose key is a UUIDv7. */
import type { Queryable } from './database.ts';

const TABLES = ['round', 'result'] as const;
const DAY_MS = 86_400_000;

/** Made ahead, so that a failing job has days to be noticed. */
const DAYS_AHEAD = 3;

/** Makes the partitions from yesterday to some days ahead, where they are missing. */
export async function ensurePartitions(db: Queryable, nowMs: number): Promise<void> {
  const today = Math.floor(nowMs / DAY_MS);
  for (let day = today - 1; day <= today + DAYS_AHEAD; day++) {
    for (const table of TABLES) {
      await db.query(
        `create table if not exists ${partitionName(table, day)} partition of ${table}
           for values from ('${firstUuidOf(day)}') to ('${firstUuidOf(day + 1)}')`,
      );
    }
  }
}

/** `round_20260131`: all names and bounds are made from integers, never from input. */
function partitionName(table: string, day: number): string {
  return `${table}_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

/** The smallest UUID whose first 48 bits are the day's first millisecond. */
function firstUuidOf(day: number): string {
  const hex = (day * DAY_MS).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
