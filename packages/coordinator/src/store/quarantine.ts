/** Regions that are not asked in rounds, and those that were. */
import type { QuarantineReason } from '@trustmonitor/protocol';
import type { RegionRecord } from '../quarantine/plan.ts';
import { lock } from './advisory-locks.ts';
import type { Queryable } from './database.ts';

/** Locked, so that two who add regions wait for each other: together they might be too many. */
export async function lockQuarantine(tx: Queryable): Promise<Map<string, RegionRecord>> {
  await lock(tx, 'quarantine');
  return selectQuarantine(tx);
}

export async function selectQuarantine(db: Queryable): Promise<Map<string, RegionRecord>> {
  const { rows } = await db.query<{
    region: string;
    reason: QuarantineReason;
    since: Date | null;
    agreeing: number;
    agreeing_since: Date | null;
    offence: number;
    released_at: Date | null;
    withheld_at: Date | null;
  }>('select * from quarantine order by region');
  return new Map(
    rows.map((row) => [
      row.region,
      {
        region: row.region,
        reason: row.reason,
        sinceMs: row.since?.getTime() ?? null,
        agreeing: row.agreeing,
        agreeingSinceMs: row.agreeing_since?.getTime() ?? null,
        offence: row.offence,
        releasedAtMs: row.released_at?.getTime() ?? null,
        withheldAtMs: row.withheld_at?.getTime() ?? null,
      },
    ]),
  );
}

export async function upsertQuarantine(
  tx: Queryable,
  records: readonly RegionRecord[],
): Promise<void> {
  await tx.query(
    `insert into quarantine (region, reason, since, agreeing, agreeing_since, offence,
                             released_at, withheld_at)
     select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::int[],
                          $5::timestamptz[], $6::int[], $7::timestamptz[], $8::timestamptz[])
     on conflict (region) do update
       set reason = excluded.reason, since = excluded.since, agreeing = excluded.agreeing,
           agreeing_since = excluded.agreeing_since, offence = excluded.offence,
           released_at = excluded.released_at, withheld_at = excluded.withheld_at`,
    [
      records.map(({ region }) => region),
      records.map(({ reason }) => reason),
      records.map(({ sinceMs }) => dateOf(sinceMs)),
      records.map(({ agreeing }) => agreeing),
      records.map(({ agreeingSinceMs }) => dateOf(agreeingSinceMs)),
      records.map(({ offence }) => offence),
      records.map(({ releasedAtMs }) => dateOf(releasedAtMs)),
      records.map(({ withheldAtMs }) => dateOf(withheldAtMs)),
    ],
  );
}

function dateOf(atMs: number | null): Date | null {
  return atMs === null ? null : new Date(atMs);
}
