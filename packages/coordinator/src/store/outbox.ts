/** Messages to be delivered, written in the transaction that they are about. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

/** Writes one message to each channel; `incident` is null for what is about the monitoring itself. */
export async function insertOutbox(
  tx: Queryable,
  channels: readonly string[],
  incident: Uuid7 | null,
  payload: unknown,
): Promise<void> {
  if (channels.length === 0) return;
  await tx.query(
    `insert into outbox (channel, incident, payload)
     select channel, $2::uuid, $3::jsonb from unnest($1::text[]) as channel`,
    [channels, incident, JSON.stringify(payload)],
  );
}

export interface NewMessage {
  readonly channel: string;
  /** Those that it is about. */
  readonly incidents: readonly Uuid7[];
  readonly payload: unknown;
}

/** Writes messages of which each may be about several incidents, in this order. */
export async function insertMessages(
  tx: Queryable,
  messages: readonly NewMessage[],
): Promise<void> {
  for (const { channel, incidents, payload } of messages) {
    const [incident = null, ...others] = incidents;
    const isOne = others.length === 0;
    await tx.query(
      `insert into outbox (channel, incident, incidents, payload)
       values ($1, $2::uuid, $3::uuid[], $4::jsonb)`,
      [channel, isOne ? incident : null, isOne ? null : incidents, JSON.stringify(payload)],
    );
  }
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
 * Messages whose turn it is: nothing earlier about one of the same incidents waits for the same
 * channel, so that nobody hears of an end before the beginning.
 */
const NEXT = `
  select w.id, w.channel, w.number, w.next_attempt_at from outbox w
   where w.delivered_at is null and w.given_up_at is null
     and not exists (
       select 1 from outbox e
        where e.channel = w.channel
          and case when e.incidents is null and w.incidents is null
                then e.incident is not distinct from w.incident
                else coalesce(e.incidents, array[e.incident])
                       && coalesce(w.incidents, array[w.incident]) end
          and e.number < w.number and e.delivered_at is null and e.given_up_at is null)`;

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
  }>(
    `update outbox set attempts = attempts + 1,
            next_attempt_at = now() + make_interval(secs => $2)
      where id = (
        select o.id from outbox o join (${NEXT} and w.channel = $1) as next using (id)
         where o.next_attempt_at <= now() and o.delivered_at is null and o.given_up_at is null
         order by o.number limit 1 for update of o skip locked)
      returning id, channel, payload, attempts, created_at`,
    [channel, claimSeconds],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { id, payload, attempts, created_at: createdAt } = row;
  return { id, channel: row.channel, payload, attempts, createdAt };
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

export async function markFailed(
  db: Queryable,
  id: string,
  error: string,
  retryInSeconds: number | null,
): Promise<void> {
  await db.query(
    `update outbox set last_error = $2,
            next_attempt_at = now() + make_interval(secs => coalesce($3::float8, 0)),
            given_up_at = case when $3::float8 is null then now() end
      where id = $1`,
    [id, error.slice(0, 1_000).replaceAll('\0', ''), retryInSeconds],
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
       from (${NEXT}) as next group by channel`,
  );
  return rows.map((row) => ({ channel: row.channel, dueInMs: Number(row.due_in_ms) }));
}
