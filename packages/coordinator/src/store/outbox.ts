/** Messages to be delivered, written in the transaction that they are about. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface NewMessage {
  /** Each gets one. */
  readonly channels: readonly string[];
  /** Incidents that it is about: none for what is about the monitoring itself. */
  readonly incidents: readonly Uuid7[];
  /** What it is about. Messages of a channel that share one of these arrive in their order. */
  readonly keys: readonly string[];
  readonly payload: unknown;
}

export async function insertOutbox(
  tx: Queryable,
  { channels, incidents, keys, payload }: NewMessage,
): Promise<void> {
  if (channels.length === 0) return;
  const [incident = null, ...others] = incidents;
  const isOne = others.length === 0;
  await tx.query(
    `insert into outbox (channel, incident, incidents, keys, payload)
     select channel, $2::uuid, $3::uuid[], $4::text[], $5::jsonb
       from unnest($1::text[]) as channel`,
    [channels, isOne ? incident : null, isOne ? null : incidents, keys, JSON.stringify(payload)],
  );
}

export interface OutboxRow {
  /** Stable over all attempts: the receiver's idempotency key. */
  readonly id: string;
  readonly channel: string;
  readonly payload: unknown;
  readonly attempts: number;
  readonly createdAt: Date;
  /** Those who have not got it, once others of the channel have; null before. */
  readonly recipients: readonly string[] | null;
}

/**
 * Of `w`, a message that waits: nothing earlier of its channel about the same waits, so that nobody
 * hears of an end before the beginning.
 */
const HAS_TURN = `
  w.delivered_at is null and w.given_up_at is null
  and not exists (
    select from unnest(w.keys) as own (key)
      join outbox_turn e on e.channel = w.channel and e.key = own.key and e.number < w.number)`;

/**
 * Claims the next due message of a channel by moving its next attempt to `claimSeconds` ahead:
 * if this process dies, another takes it up again after that. Null when nothing is due.
 */
export async function claimOutbox(
  db: Queryable,
  channel: string,
  claimSeconds: number,
): Promise<OutboxRow | null> {
  const { rows } = await db.query<{
    id: string;
    channel: string;
    payload: unknown;
    attempts: number;
    created_at: Date;
    recipients: string[] | null;
  }>(
    `update outbox set attempts = attempts + 1,
            next_attempt_at = now() + make_interval(secs => $2)
      where id = (
        select w.id from outbox w
         where w.channel = $1 and w.next_attempt_at <= now() and ${HAS_TURN}
         order by w.next_attempt_at, w.number limit 1 for update of w skip locked)
      returning id, channel, payload, attempts, created_at, recipients`,
    [channel, claimSeconds],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { id, payload, attempts, created_at: createdAt, recipients } = row;
  return { id, channel: row.channel, payload, attempts, createdAt, recipients };
}

/** Gives up a claim whose message was not sent: it is due at once, and nothing was tried. */
export async function releaseClaim(db: Queryable, id: string): Promise<void> {
  await db.query(
    `update outbox set attempts = attempts - 1, next_attempt_at = now()
      where id = $1 and delivered_at is null`,
    [id],
  );
}

export async function markDelivered(db: Queryable, id: string): Promise<void> {
  await db.query('update outbox set delivered_at = now(), last_error = null where id = $1', [id]);
}

export interface Failure {
  readonly error: string;
  /** Null: given up. */
  readonly retryInSeconds: number | null;
  /** Those who were refused where others have got it; null where that is as it was. */
  readonly refusedFor: readonly string[] | null;
}

export async function markFailed(
  db: Queryable,
  id: string,
  { error, retryInSeconds, refusedFor }: Failure,
): Promise<void> {
  await db.query(
    `update outbox set last_error = $2,
            next_attempt_at = now() + make_interval(secs => coalesce($3::float8, 0)),
            given_up_at = case when $3::float8 is null then now() end,
            recipients = coalesce($4::text[], recipients)
      where id = $1`,
    [id, error.slice(0, 1_000).replaceAll('\0', ''), retryInSeconds, refusedFor],
  );
}

/** Channels with undelivered messages, and when the earliest of each is due. */
export async function selectOutboxDue(
  db: Queryable,
): Promise<{ channel: string; dueInMs: number }[]> {
  const { rows } = await db.query<{ channel: string; due_in_ms: string }>(
    `select waiting.channel,
            greatest(0, extract(epoch from next.next_attempt_at - now()) * 1000)::bigint as due_in_ms
       from (select distinct channel from outbox
              where delivered_at is null and given_up_at is null) as waiting
      cross join lateral (
              select w.next_attempt_at from outbox w
               where w.channel = waiting.channel and ${HAS_TURN}
               order by w.next_attempt_at, w.number limit 1) as next`,
  );
  return rows.map((row) => ({ channel: row.channel, dueInMs: Number(row.due_in_ms) }));
}
