/** People whom an identity provider vouches for. What they may do is in the token that each has. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';
import type { StoredToken } from './tokens.ts';

/** The token of this person, if it is in force or has only expired. */
export async function selectPersonToken(
  tx: Queryable,
  issuer: string,
  subject: string,
): Promise<Uuid7 | null> {
  const { rows } = await tx.query<{ uid: Uuid7 }>(
    `select uid from person join token on token.id = token_id
      where issuer = $1 and subject = $2 and revoked_at is null`,
    [issuer, subject],
  );
  return rows[0]?.uid ?? null;
}

export interface PersonRow {
  readonly issuer: string;
  readonly subject: string;
  readonly entries: readonly string[];
  readonly token: Uuid7;
}

/** Notes that somebody has signed in, with the token that is theirs from now on. */
export async function upsertPerson(tx: Queryable, person: PersonRow): Promise<void> {
  await tx.query(
    `insert into person (issuer, subject, entries, token_id)
     select $1, $2, $3, id from token where uid = $4
     on conflict (issuer, subject) do update
       set entries = excluded.entries, token_id = excluded.token_id, signed_in_at = now()`,
    [person.issuer, person.subject, person.entries, person.token],
  );
}

/** What a person's token is from now on: provider and lists may have changed. */
export async function renewPersonToken(
  tx: Queryable,
  { id, name, scopes }: StoredToken,
  hours: number,
): Promise<void> {
  await tx.query(
    `update token set name = $2, scopes = $3, expires_at = now() + make_interval(hours => $4)
      where uid = $1`,
    [id, name, scopes, hours],
  );
}

export interface StandingPerson extends PersonRow {
  readonly name: string;
  readonly scopes: readonly string[];
}

/** Everybody whose token is in force. */
export async function selectStandingPeople(db: Queryable): Promise<StandingPerson[]> {
  const { rows } = await db.query<Omit<StandingPerson, 'token'> & { uid: Uuid7 }>(
    `select issuer, subject, entries, uid, name, scopes
       from person join token on token.id = token_id
      where revoked_at is null and expires_at > now()`,
  );
  return rows.map(({ uid, ...row }) => ({ ...row, token: uid }));
}
