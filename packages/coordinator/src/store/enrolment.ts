/** Join tokens, of which only digests are kept, and the broker keys of enrolled agents. */
import type { Queryable } from './database.ts';

export interface JoinGrant {
  readonly region: string;
  /** The only name that may use it; null for any that is free. */
  readonly agent: string | null;
}

export async function insertJoinToken(
  tx: Queryable,
  token: JoinGrant & { hash: string; createdBy: string; ttlSeconds: number },
): Promise<Date> {
  const { rows } = await tx.query<{ expires_at: Date }>(
    `insert into join_token (hash, region, agent, created_by, expires_at)
     values (decode($1, 'hex'), $2, $3, $4, now() + $5 * interval '1 second')
     returning expires_at`,
    [token.hash, token.region, token.agent, token.createdBy, token.ttlSeconds],
  );
  return rows[0]?.expires_at ?? new Date(0);
}

/** Uses a token up. Null for one that is unknown, used or expired. */
export async function useJoinToken(
  tx: Queryable,
  hash: string,
  usedBy: string,
): Promise<JoinGrant | null> {
  const { rows } = await tx.query<{ region: string; agent: string | null }>(
    `update join_token set used_at = now(), used_by = $2
      where hash = decode($1, 'hex') and used_at is null and expires_at > now()
      returning region, agent`,
    [hash, usedBy],
  );
  return rows[0] ?? null;
}

export async function upsertEnrolledAgent(
  tx: Queryable,
  agent: string,
  nkey: string,
): Promise<void> {
  await tx.query(
    `insert into enrolled_agent (agent, nkey) values ($1, $2)
     on conflict (agent) do update set nkey = excluded.nkey, enrolled_at = now()`,
    [agent, nkey],
  );
}

/** The NKey that an agent joined with; null for one that did not join here. */
export async function selectEnrolledNkey(db: Queryable, agent: string): Promise<string | null> {
  const { rows } = await db.query<{ nkey: string }>(
    'select nkey from enrolled_agent where agent = $1',
    [agent],
  );
  return rows[0]?.nkey ?? null;
}
