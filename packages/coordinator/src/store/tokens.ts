/** API tokens: only their SHA-256 is stored. */
import type { Queryable } from './database.ts';

export interface StoredToken {
  readonly name: string;
  readonly scopes: readonly string[];
}

/**
 * The token with this hash (hex), if it has not expired. That it was used is noted to the
 * minute: reading the API then does not write a row for each request.
 */
export async function useToken(db: Queryable, hash: string): Promise<StoredToken | null> {
  const { rows } = await db.query<{ name: string; scopes: string[] }>(
    `with known as (
       select id, name, scopes from token
        where hash = decode($1, 'hex') and (expires_at is null or expires_at > now())),
     noted as (
       update token set last_used_at = now() from known
        where token.id = known.id
          and (last_used_at is null or last_used_at < now() - interval '1 minute'))
     select name, scopes from known`,
    [hash],
  );
  return rows[0] ?? null;
}

export async function insertToken(
  db: Queryable,
  token: { name: string; hash: string; scopes: readonly string[] },
): Promise<void> {
  await db.query(
    `insert into token (name, hash, scopes) values ($1, decode($2, 'hex'), $3)
     on conflict (hash) do nothing`,
    [token.name, token.hash, token.scopes],
  );
}
