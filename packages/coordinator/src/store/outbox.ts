/** Messages to be delivered, written in the transaction that they are about. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export async function insertOutbox(
  tx: Queryable,
  channels: readonly string[],
  incident: Uuid7,
  payload: unknown,
): Promise<void> {
  if (channels.length === 0) return;
  await tx.query(
    `insert into outbox (channel, incident, payload)
     select channel, $2, $3 from unnest($1::text[]) as channel`,
    [channels, incident, JSON.stringify(payload)],
  );
}

export interface OutboxRow {
  /** Stable over all attempts: the receiver's idempotency key. */
  readonly id: string;
  readonly channel: string;
  readonly payload: unknown;
  readonly attempts: number;
  readonly createdAt: Date;
}

/**
 * Claims up to `limit` due messages of one channel by moving their next attempt to
 * `claimSeconds` ahead: if this process dies, another takes them up again after that.
 */
export async function claimOutbox(
  db: Queryable,
  channel: string,
  limit: number,
  claimSeconds: number,
): Promise<OutboxRow[]> {
  const { rows } = await db.query<{
    id: string;
    channel: string;
    payload: unknown;
    attempts: number;
    created_at: Date;
  }>(
    `update outbox set attempts = attempts + 1,
            next_attempt_at = now() + make_interval(secs => $3)
      where id in (
        select id from outbox
         where channel = $1 and next_attempt_at <= now()
           and delivered_at is null and given_up_at is null
         order by created_at limit $2 for update skip locked)
      returning id, channel, payload, attempts, created_at`,
    [channel, limit, claimSeconds],
  );
  return rows
    .map((row) => ({
      id: row.id,
      channel: row.channel,
      payload: row.payload,
      attempts: row.attempts,
      createdAt: row.created_at,
    }))
    .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

export async function markDelivered(db: Queryable, id: string): Promise<void> {
  await db.query('update outbox set delivered_at = now(), last_error = null where id = $1', [id]);
}

export async function markFailed(
  db: Queryable,
  id: string,
  error: string,
  retryInSeconds: number | null,
): Promise<void> {
  await db.query(
    `update outbox set last_error = $2,
            next_attempt_at = now() + make_interval(secs => coalesce($3, 0)),
            given_up_at = case when $3 is null then now() end
      where id = $1`,
    [id, error.slice(0, 1_000), retryInSeconds],
  );
}

/** Channels with undelivered messages, and when the earliest of each is due. */
export async function selectOutboxDue(
  db: Queryable,
): Promise<{ channel: string; dueInMs: number }[]> {
  const { rows } = await db.query<{ channel: string; due_in_ms: string }>(
    `select channel,
            greatest(0, extract(epoch from min(next_attempt_at) - now()) * 1000)::bigint
              as due_in_ms
       from outbox where delivered_at is null and given_up_at is null group by channel`,
  );
  return rows.map((row) => ({ channel: row.channel, dueInMs: Number(row.due_in_ms) }));
}
