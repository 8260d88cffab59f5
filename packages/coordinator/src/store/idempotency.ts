/** Answers under an Idempotency-Key, for a day. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

const KEPT = "interval '24 hours'";

export interface IdempotencyKey {
  readonly token: Uuid7;
  readonly key: string;
}

/** False if the key is taken. `request` is the SHA-256 of the request, in hex. */
export async function claimKey(
  db: Queryable,
  { token, key }: IdempotencyKey,
  request: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into idempotency (token, key, request) values ($1, $2, decode($3, 'hex'))
     on conflict (token, key) do update
       set request = excluded.request, status = null, headers = null, sealed_body = null,
           created_at = now()
     where idempotency.created_at < now() - ${KEPT}`,
    [token, key, request],
  );
  return rowCount === 1;
}

export interface KeptAnswer {
  /** SHA-256 of the request, in hex. */
  readonly request: string;
  readonly ageMs: number;
  /** Null while the request is being carried out. */
  readonly answer: Answer | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly sealedBody: string;
}

export async function selectAnswer(
  db: Queryable,
  { token, key }: IdempotencyKey,
): Promise<KeptAnswer | null> {
  const { rows } = await db.query<{
    request: string;
    age_ms: string;
    status: number | null;
    headers: Record<string, string> | null;
    sealed_body: string | null;
  }>(
    `select encode(request, 'hex') as request, status, headers, sealed_body,
            (extract(epoch from now() - created_at) * 1000)::bigint as age_ms
       from idempotency where token = $1 and key = $2`,
    [token, key],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { request, status, headers, sealed_body: sealedBody } = row;
  const isDone = status !== null && headers !== null && sealedBody !== null;
  const answer = isDone ? { status, headers, sealedBody } : null;
  return { request, ageMs: Number(row.age_ms), answer };
}

export async function keepAnswer(
  db: Queryable,
  { token, key }: IdempotencyKey,
  { status, headers, sealedBody }: Answer,
): Promise<void> {
  await db.query(
    `update idempotency set status = $3, headers = $4, sealed_body = $5
      where token = $1 and key = $2`,
    [token, key, status, headers, sealedBody],
  );
}

/** For a request that was refused: nothing happened, and it may come again. */
export async function releaseKey(db: Queryable, { token, key }: IdempotencyKey): Promise<void> {
  await db.query('delete from idempotency where token = $1 and key = $2', [token, key]);
}

export async function pruneIdempotency(db: Queryable): Promise<void> {
  await db.query(`delete from idempotency where created_at < now() - ${KEPT}`);
}
