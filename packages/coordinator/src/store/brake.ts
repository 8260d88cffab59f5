/** Which coordinators hold incidents back. */
import type { Queryable } from './database.ts';

export interface HeldFleet {
  readonly sinceMs: number;
  /** Monitors that were failing when it began, of those whose verdict was settled. */
  readonly flipped: number;
  readonly settled: number;
}

/** Those that said so at `since` or later. */
export async function selectHeldFleets(db: Queryable, since: Date): Promise<HeldFleet[]> {
  const { rows } = await db.query<{ since: Date; flipped: number; settled: number }>(
    'select since, flipped, settled from fleet_brake where noted_at >= $1 order by coordinator',
    [since],
  );
  return rows.map(({ since: from, flipped, settled }) => ({
    ...{ sinceMs: from.getTime(), flipped, settled },
  }));
}

export async function upsertHeldFleet(
  db: Queryable,
  coordinator: string,
  { sinceMs, flipped, settled }: HeldFleet,
  notedAt: Date,
): Promise<void> {
  await db.query(
    `insert into fleet_brake (coordinator, since, noted_at, flipped, settled)
     values ($1, $2, $3, $4, $5)
     on conflict (coordinator) do update
       set since = excluded.since, noted_at = excluded.noted_at,
           flipped = excluded.flipped, settled = excluded.settled`,
    [coordinator, new Date(sinceMs), notedAt, flipped, settled],
  );
}

/** Forgets what one coordinator said, and what others said before `before`: they are dead. */
export async function deleteHeldFleets(
  db: Queryable,
  coordinator: string,
  before: Date,
): Promise<void> {
  await db.query('delete from fleet_brake where coordinator = $1 or noted_at < $2', [
    coordinator,
    before,
  ]);
}
