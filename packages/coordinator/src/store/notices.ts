/** What fails in the monitoring itself, as the database shows it, and what people know of it. */
import type { NoticeTopic, Uuid7 } from '@trustmonitor/protocol';
import type { Failing } from '../notices/notices.ts';
import { OVERDUE } from '../punctuality.ts';
import type { Queryable } from './database.ts';

export interface StoredNotice extends Omit<Failing, 'sinceMs'> {
  readonly id: Uuid7;
  readonly beganAt: Date;
  readonly endedAt: Date | null;
}

interface Row {
  id: Uuid7;
  topic: NoticeTopic;
  subject: string;
  detail: string;
  blinds: boolean;
  told: boolean;
  began_at: Date;
  ended_at: Date | null;
}

/** Locked until the end of the transaction, so that two who tell people wait for each other. */
export async function lockNotices(tx: Queryable): Promise<Failing[]> {
  await tx.query('lock table notice in share row exclusive mode');
  return selectFailing(tx);
}

export async function selectFailing(db: Queryable): Promise<Failing[]> {
  const { rows } = await db.query<Row>(
    'select * from notice where ended_at is null order by topic, subject',
  );
  return rows.map(({ topic, subject, detail, blinds, told, began_at: beganAt }) => ({
    ...{ topic, subject, detail, blinds, told },
    sinceMs: beganAt.getTime(),
  }));
}

/** New ones, and those that are open as they are now. */
export async function upsertNotices(tx: Queryable, some: readonly Failing[]): Promise<void> {
  await tx.query(
    `insert into notice (topic, subject, detail, blinds, told, began_at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::bool[],
                          $6::timestamptz[])
     on conflict (topic, subject) where ended_at is null do update
       set detail = excluded.detail, blinds = excluded.blinds, told = excluded.told`,
    [
      some.map(({ topic }) => topic),
      some.map(({ subject }) => subject),
      some.map(({ detail }) => detail),
      some.map(({ blinds }) => blinds),
      some.map(({ told }) => told),
      some.map(({ sinceMs }) => new Date(sinceMs)),
    ],
  );
}

export async function endNotices(
  tx: Queryable,
  some: readonly Pick<Failing, 'topic' | 'subject'>[],
  at: Date,
): Promise<void> {
  await tx.query(
    `update notice set ended_at = greatest($3, began_at)
       from unnest($1::text[], $2::text[]) as over (topic, subject)
      where notice.topic = over.topic and notice.subject = over.subject and ended_at is null`,
    [some.map(({ topic }) => topic), some.map(({ subject }) => subject), at],
  );
}

/** One page, newest first; `state` null: all. */
export async function selectNoticePage(
  db: Queryable,
  filter: { readonly state: 'open' | 'ended' | null; readonly before: Uuid7 | null },
  limit: number,
): Promise<StoredNotice[]> {
  const { rows } = await db.query<Row>(
    `select * from notice
      where ($1::text is null or ($1 = 'open') = (ended_at is null))
        and ($2::uuid is null or id < $2)
      order by id desc limit $3`,
    [filter.state, filter.before, limit],
  );
  return rows.map(({ began_at: beganAt, ended_at: endedAt, ...row }) => ({
    ...row,
    beganAt,
    endedAt,
  }));
}

/** Whether people know of something that keeps every monitor from being judged. */
export async function hasBlindingNotice(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ blind: boolean }>(
    `select exists (select 1 from notice where ended_at is null and blinds and told) as blind`,
  );
  return rows[0]?.blind ?? false;
}

/** Forgets what was over longer than so many days ago. */
export async function pruneNotices(db: Queryable, days: number): Promise<void> {
  await db.query('delete from notice where ended_at < now() - make_interval(days => $1)', [days]);
}

/** Watched monitors that are overdue (`punctuality.ts`) at `nowMs`. */
export async function countOverdue(db: Queryable, nowMs: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count
       from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
       left join monitor_state s on s.monitor = m.id
      where m.deleted_at is null and (r.definition ->> 'enabled')::boolean
        and greatest(s.last_round_at, r.created_at) < $1::timestamptz - make_interval(
              secs => ($2 * (r.definition ->> 'intervalMs')::float8 + $3) / 1000)`,
    [new Date(nowMs), OVERDUE.intervals, OVERDUE.graceMs],
  );
  return rows[0]?.count ?? 0;
}

/** Channels with messages that wait since before `before`, and how many. */
export async function selectStuckChannels(
  db: Queryable,
  before: Date,
): Promise<{ channel: string; waiting: number }[]> {
  const { rows } = await db.query<{ channel: string; waiting: number }>(
    `select channel, count(*)::int as waiting from outbox
      where delivered_at is null and given_up_at is null and created_at < $1
      group by channel order by channel`,
    [before],
  );
  return rows;
}

export interface GivenUp {
  readonly channel: string;
  readonly messages: number;
  /** Why the last of them was given up. */
  readonly error: string;
}

/**
 * Channels to which messages were given up since `since`. Left out is what was sent by hand, and what
 * says just this: a channel that takes nothing would never come to an end.
 */
export async function selectGivenUp(db: Queryable, since: Date): Promise<GivenUp[]> {
  const { rows } = await db.query<GivenUp>(
    `select o.channel, count(*)::int as messages,
            (array_agg(coalesce(o.last_error, '') order by o.given_up_at desc))[1] as error
       from outbox o join channel c on c.id = o.channel
      where o.given_up_at >= $1
        and o.payload ->> 'type' is distinct from 'channel.test'
        and o.payload ->> 'topic' is distinct from 'outbox.given_up'
      group by o.channel order by o.channel`,
    [since],
  );
  return rows;
}
