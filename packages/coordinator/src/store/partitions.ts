/** Day partitions of the tables whose key is a UUIDv7. */
import type { Database, Queryable } from './database.ts';

/** Each table with the column that it is partitioned by. */
const TABLES = [
  { table: 'round', key: 'id' },
  { table: 'result', key: 'round' },
] as const;
type Partitioned = (typeof TABLES)[number];

const DAY_MS = 86_400_000;

/** Made ahead, so that a failing job has days to be noticed. */
const DAYS_AHEAD = 3;

/** Makes the partitions from yesterday to some days ahead, where they are missing. */
export async function ensurePartitions(db: Database, nowMs: number): Promise<void> {
  const today = Math.floor(nowMs / DAY_MS);
  for (let day = today - 1; day <= today + DAYS_AHEAD; day++) {
    for (const partitioned of TABLES) {
      if (await isThere(db, partitionName(partitioned, day))) continue;
      await db.transaction((tx) => makePartition(tx, partitioned, day));
    }
  }
}

/**
 * Rows of the day that came before its partition did wait in the default one, and an agent can
 * send such a row at any time: they move with it, or PostgreSQL would refuse the partition.
 * Attached rather than created in place, the table stays usable meanwhile.
 */
async function makePartition(tx: Queryable, partitioned: Partitioned, day: number): Promise<void> {
  const { table, key } = partitioned;
  const name = partitionName(partitioned, day);
  const [from, to] = [firstUuidOf(day), firstUuidOf(day + 1)];
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

async function isThere(db: Queryable, name: string): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [name],
  );
  return rows[0]?.there === true;
}

/** `round_20260131`: all names and bounds are made from integers, never from input. */
function partitionName({ table }: Partitioned, day: number): string {
  return `${table}_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

/** The smallest UUID whose first 48 bits are the day's first millisecond. */
function firstUuidOf(day: number): string {
  const hex = (day * DAY_MS).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
