/** Monitors that nothing can be said of, and what people were told of that. */
import type { LastAlert, Unknown } from '../self-alert.ts';
import type { Queryable } from './database.ts';

/** Those that are watched: neither deleted nor disabled. */
const UNKNOWN = `
  from monitor_state s
  join monitor m on m.id = s.monitor and m.deleted_at is null
  join monitor_revision r on r.monitor = m.id and r.revision = m.revision
 where s.state -> 'unknown' -> 'alerted' = 'true'::jsonb
   and (r.definition ->> 'enabled')::boolean`;

export async function selectUnknown(db: Queryable): Promise<Unknown> {
  const { rows } = await db.query<{ count: number; since: string | null }>(
    `select count(*)::int as count, min((s.state -> 'unknown' ->> 'since')::bigint) as since
     ${UNKNOWN}`,
  );
  const { count, since } = rows[0] ?? { count: 0, since: null };
  return { count, sinceMs: since === null ? null : Number(since) };
}

/** The first of them, and regions whose vote was missing in their latest rounds. */
export async function selectUnknownDetail(
  db: Queryable,
  limit: number,
): Promise<{ monitors: string[]; silentRegions: string[] }> {
  const { rows } = await db.query<{ monitor: string; silent: string[] }>(
    `select u.monitor, array(
              select member ->> 'region' from jsonb_array_elements(last.members) as member
               where not exists (
                 select 1 from jsonb_array_elements(last.votes) as vote
                  where vote ->> 'region' = member ->> 'region')) as silent
       from (select s.monitor ${UNKNOWN} order by s.monitor limit $1) as u
       cross join lateral (
         select members, votes from round where monitor = u.monitor order by id desc limit 1) as last
      order by u.monitor`,
    [limit],
  );
  return {
    monitors: rows.map(({ monitor }) => monitor),
    silentRegions: [...new Set(rows.flatMap(({ silent }) => silent))].toSorted(),
  };
}

/** Locked, so that two who tell people wait for each other. */
export async function lockLastAlert(tx: Queryable): Promise<LastAlert> {
  return readLastAlert(tx, 'select unknown, at from self_alert for update');
}

export async function selectLastAlert(db: Queryable): Promise<LastAlert> {
  return readLastAlert(db, 'select unknown, at from self_alert');
}

async function readLastAlert(db: Queryable, sql: string): Promise<LastAlert> {
  const { rows } = await db.query<{ unknown: number; at: Date }>(sql);
  return { unknown: rows[0]?.unknown ?? 0, atMs: rows[0]?.at.getTime() ?? 0 };
}

export async function updateLastAlert(tx: Queryable, { unknown, atMs }: LastAlert): Promise<void> {
  await tx.query('update self_alert set unknown = $1, at = $2', [unknown, new Date(atMs)]);
}
