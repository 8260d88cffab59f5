/** Sessions and codes to begin one with: only the SHA-256 of either is stored. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';
import type { StoredToken } from './tokens.ts';

/** A session that nobody has used for so long is over. */
const IDLE = "interval '12 hours'";

export interface StoredSession {
  /** What it was begun with. */
  readonly token: StoredToken;
  readonly expiresAt: Date;
}

interface Row {
  uid: Uuid7;
  name: string;
  scopes: string[];
  expires_at: Date;
}

/** The session with this hash (hex), while it and its token are in force. Use is noted to the minute. */
export async function useSession(db: Queryable, hash: string): Promise<StoredSession | null> {
  const { rows } = await db.query<Row>(
    `with known as (
       select session.id, uid, name, scopes, session.expires_at
         from session join token on token.id = token_id
        where session.hash = decode($1, 'hex') and session.expires_at > now()
          and session.last_used_at > now() - ${IDLE}
          and revoked_at is null and (token.expires_at is null or token.expires_at > now())),
     noted as (
       update session set last_used_at = now() from known
        where session.id = known.id and last_used_at < now() - interval '1 minute')
     select uid, name, scopes, expires_at from known`,
    [hash],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const token = { id: row.uid, name: row.name, scopes: row.scopes };
  return { token, expiresAt: row.expires_at };
}

/** Begins a session of `token` that lasts for `days` at most; returns when it ends. */
export async function insertSession(
  tx: Queryable,
  { hash, token, days }: { hash: string; token: Uuid7; days: number },
): Promise<Date> {
  const { rows } = await tx.query<{ expires_at: Date }>(
    `insert into session (hash, token_id, expires_at)
     select decode($1, 'hex'), id, least(now() + make_interval(days => $3), token.expires_at)
       from token where uid = $2
     returning expires_at`,
    [hash, token, days],
  );
  if (rows[0] === undefined) throw new Error(`no token ${token}`);
  return rows[0].expires_at;
}

/** False if there was none. */
export async function deleteSession(tx: Queryable, hash: string): Promise<boolean> {
  const { rowCount } = await tx.query(`delete from session where hash = decode($1, 'hex')`, [hash]);
  return rowCount === 1;
}

/** Keeps a code of `token`; returns when it expires. */
export async function insertSignInCode(
  tx: Queryable,
  { hash, token, minutes }: { hash: string; token: Uuid7; minutes: number },
): Promise<Date> {
  const { rows } = await tx.query<{ expires_at: Date }>(
    `insert into sign_in_code (hash, token_id, expires_at)
     select decode($1, 'hex'), id, now() + make_interval(mins => $3) from token where uid = $2
     returning expires_at`,
    [hash, token, minutes],
  );
  if (rows[0] === undefined) throw new Error(`no token ${token}`);
  return rows[0].expires_at;
}

/** Uses up the code with this hash; its token, if code and token are in force. */
export async function takeSignInCode(tx: Queryable, hash: string): Promise<StoredToken | null> {
  const { rows } = await tx.query<Omit<Row, 'expires_at'>>(
    `with taken as (
       delete from sign_in_code where hash = decode($1, 'hex') returning token_id, expires_at)
     select uid, name, scopes from taken join token on token.id = token_id
      where taken.expires_at > now()
        and revoked_at is null and (token.expires_at is null or token.expires_at > now())`,
    [hash],
  );
  const row = rows[0];
  return row === undefined ? null : { id: row.uid, name: row.name, scopes: row.scopes };
}

/** Drops sessions that are over. */
export async function pruneSessions(db: Queryable): Promise<void> {
  await db.query(`delete from session where expires_at < now() or last_used_at < now() - ${IDLE}`);
}

/** Drops codes that nobody has used in time. */
export async function pruneSignInCodes(db: Queryable): Promise<void> {
  await db.query('delete from sign_in_code where expires_at < now()');
}
