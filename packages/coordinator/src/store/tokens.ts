/** API tokens: only their SHA-256 is stored. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredToken {
  readonly id: Uuid7;
  readonly name: string;
  readonly scopes: readonly string[];
}

export interface UsedToken extends StoredToken {
  readonly expiresAt: Date | null;
}

export interface ListedToken extends StoredToken {
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/**
 * The token with this hash (hex), if it has neither expired nor been revoked. That it was used is
 * noted to the minute: reading the API then does not write a row for each request.
 */
export async function useToken(db: Queryable, hash: string): Promise<UsedToken | null> {
  const { rows } = await db.query<{
    uid: Uuid7;
    name: string;
    scopes: string[];
    expires_at: Date | null;
  }>(
    `with known as (
       select id, uid, name, scopes, expires_at from token
        where hash = decode($1, 'hex') and revoked_at is null
          and (expires_at is null or expires_at > now())),
     noted as (
       update token set last_used_at = now() from known
        where token.id = known.id
          and (last_used_at is null or last_used_at < now() - interval '1 minute'))
     select uid, name, scopes, expires_at from known`,
    [hash],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return { id: row.uid, name: row.name, scopes: row.scopes, expiresAt: row.expires_at };
}

export interface NewToken {
  readonly name: string;
  readonly hash: string;
  readonly scopes: readonly string[];
  readonly createdBy?: string;
  readonly expiresAt?: Date | null;
}

/** Keeps a token; one that is kept already stays as it is, also when it was revoked. */
export async function insertToken(db: Queryable, token: NewToken): Promise<Uuid7 | null> {
  const { rows } = await db.query<{ uid: Uuid7 }>(
    `insert into token (name, hash, scopes, created_by, expires_at)
     values ($1, decode($2, 'hex'), $3, $4, $5)
     on conflict (hash) do nothing returning uid`,
    [token.name, token.hash, token.scopes, token.createdBy ?? 'system', token.expiresAt ?? null],
  );
  return rows[0]?.uid ?? null;
}

interface Row {
  uid: Uuid7;
  name: string;
  scopes: string[];
  created_at: Date;
  created_by: string;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const COLUMNS = 'uid, name, scopes, created_at, created_by, expires_at, last_used_at, revoked_at';

function toListed(row: Row): ListedToken {
  return {
    id: row.uid,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}

/** One page, newest first, beginning before `before`. */
export async function selectTokenPage(
  db: Queryable,
  before: Uuid7 | null,
  limit: number,
): Promise<ListedToken[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from token where $1::uuid is null or uid < $1 order by uid desc limit $2`,
    [before, limit],
  );
  return rows.map(toListed);
}

export async function selectToken(db: Queryable, id: Uuid7): Promise<ListedToken | null> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from token where uid = $1`, [id]);
  return rows[0] === undefined ? null : toListed(rows[0]);
}

/** False if there is no such token in force. */
export async function revokeToken(tx: Queryable, id: Uuid7): Promise<boolean> {
  const { rowCount } = await tx.query(
    'update token set revoked_at = now() where uid = $1 and revoked_at is null',
    [id],
  );
  return rowCount === 1;
}

/** How many tokens in force may do everything and never expire; locks them against each other. */
export async function countLastingAdmins(tx: Queryable): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from token
      where 'admin' = any(scopes) and revoked_at is null and expires_at is null
      order by id for update`,
  );
  return rows.length;
}
