/** Partitions by time: made ahead of it, and dropped as a whole. */
import type { Database, Queryable } from './database.ts';

/** A table with the column that it is partitioned by, and how many days a partition spans. */
interface Partitioned {
  readonly table: string;
  readonly key: string;
  /** A UUIDv7 begins with its time of birth. */
  readonly type: 'uuid7' | 'time';
  readonly days: number;
}

const PARTITIONED = {
  round: { table: 'round', key: 'id', type: 'uuid7', days: 1 },
  result: { table: 'result', key: 'round', type: 'uuid7', days: 1 },
  rollup_minute: { table: 'rollup_minute', key: 'at', type: 'time', days: 1 },
  verdict_minute: { table: 'verdict_minute', key: 'at', type: 'time', days: 1 },
  rollup_hour: { table: 'rollup_hour', key: 'at', type: 'time', days: 30 },
  verdict_hour: { table: 'verdict_hour', key: 'at', type: 'time', days: 30 },
} as const satisfies Record<string, Partitioned>;
export type PartitionedTable = keyof typeof PARTITIONED;

export const DAY_MS = 86_400_000;

/** Made ahead, so that a failing job has days to be noticed. */
const DAYS_AHEAD = 3;

/** Makes the partitions from yesterday to some days ahead, where they are missing. */
export async function ensurePartitions(db: Database, nowMs: number): Promise<void> {
  const today = Math.floor(nowMs / DAY_MS);
  await ensurePartitionsBetween(db, today - 1, today + DAYS_AHEAD);
}

/** Days since the epoch, both included. */
export async function ensurePartitionsBetween(
  db: Database,
  firstDay: number,
  lastDay: number,
): Promise<void> {
  for (const partitioned of Object.values(PARTITIONED)) {
    const { days } = partitioned;
    for (let day = firstDay - (firstDay % days); day <= lastDay; day += days) {
      if (await isThere(db, partitionName(partitioned, day))) continue;
      await db.transaction((tx) => makePartition(tx, partitioned, day));
    }
  }
}

/**
 * Rows of the time that came before its partition did wait in the default one, and an agent can
 * send such a row at any time: they move with it, or PostgreSQL would refuse the partition.
 * Attached rather than created in place, the table stays usable meanwhile.
 */
async function makePartition(tx: Queryable, partitioned: Partitioned, day: number): Promise<void> {
  const { table, key, days } = partitioned;
  const name = partitionName(partitioned, day);
  const [from, to] = [bound(partitioned, day), bound(partitioned, day + days)];
  // One at a time, by the lock that attaching needs; and what another made is seen after it.
  await tx.query(`lock table only ${table} in share update exclusive mode`);
  if (await isThere(tx, name)) return;
  await tx.query(`create table ${name} (like ${table} including all)`);
  // No row may come into the default partition between the move and the end of it all.
  await tx.query(`lock table ${table}_default in share row exclusive mode`);
  await tx.query(
    `with moved as (
       delete from ${table}_default where ${key} >= '${from}' and ${key} < '${to}' returning *)
     insert into ${name} select * from moved`,
  );
  await tx.query(
    `alter table ${table} attach partition ${name} for values from ('${from}') to ('${to}')`,
  );
}

/** First days of the partitions that end before `cutoffDay`, the oldest first. */
export async function selectExpired(
  db: Queryable,
  table: PartitionedTable,
  cutoffDay: number,
): Promise<number[]> {
  const { days } = PARTITIONED[table];
  const { rows } = await db.query<{ day: number }>(
    `select to_date(right(relname, 8), 'YYYYMMDD') - date '1970-01-01' as day
       from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = $1::regclass and relname ~ '_[0-9]{8}$' order by day`,
    [table],
  );
  return rows.map(({ day }) => day).filter((day) => day + days <= cutoffDay);
}

/** What a waiting DROP holds up waits behind it: better to give up and come again. */
const LOCK_TIMEOUT_MS = 2_000;

/** Locks the table against everybody, not for long, and only if it is free soon. */
export async function lockForDrop(tx: Queryable, table: PartitionedTable): Promise<void> {
  await tx.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await tx.query(`lock table ${table} in access exclusive mode`);
}

/** Throws away a partition with all that is in it. */
export async function dropPartition(
  tx: Queryable,
  table: PartitionedTable,
  firstDay: number,
): Promise<void> {
  await tx.query(`drop table if exists ${partitionName(PARTITIONED[table], firstDay)}`);
}

/** Whether anything from before the day waits in the default partition. */
export async function isInDefault(
  db: Queryable,
  table: PartitionedTable,
  cutoffDay: number,
): Promise<boolean> {
  const partitioned = PARTITIONED[table];
  const { rows } = await db.query<{ there: boolean }>(
    `select exists (select from ${table}_default
                     where ${partitioned.key} < '${bound(partitioned, cutoffDay)}') as there`,
  );
  return rows[0]?.there === true;
}

/** Throws away what came so late that its partition was gone, or never there. */
export async function deleteFromDefault(
  tx: Queryable,
  table: PartitionedTable,
  cutoffDay: number,
): Promise<void> {
  const partitioned = PARTITIONED[table];
  await tx.query(
    `delete from ${table}_default where ${partitioned.key} < '${bound(partitioned, cutoffDay)}'`,
  );
}

async function isThere(db: Queryable, name: string): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [name],
  );
  return rows[0]?.there === true;
}

/** `round_20260131`: all names and bounds are made from integers, never from input. */
function partitionName({ table }: Partitioned, firstDay: number): string {
  return `${table}_${dateOf(firstDay).replaceAll('-', '')}`;
}

function bound({ type }: Partitioned, day: number): string {
  return type === 'uuid7' ? firstUuidOf(day) : `${dateOf(day)}T00:00:00Z`;
}

const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The smallest UUID whose first 48 bits are the day's first millisecond. */
export function firstUuidOf(day: number): string {
  const hex = (day * DAY_MS).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
