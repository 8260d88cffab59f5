/** Notification channels. */
import type { Channel } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export async function selectChannels(db: Queryable): Promise<Channel[]> {
  const { rows } = await db.query<{ definition: Channel }>(
    'select definition from channel order by id',
  );
  return rows.map((row) => row.definition);
}

export async function selectChannel(db: Queryable, id: string): Promise<Channel | null> {
  const { rows } = await db.query<{ definition: Channel }>(
    'select definition from channel where id = $1',
    [id],
  );
  return rows[0]?.definition ?? null;
}

/** One page in order of id, beginning after `after`. */
export async function selectChannelPage(
  db: Queryable,
  after: string,
  limit: number,
): Promise<Channel[]> {
  const { rows } = await db.query<{ definition: Channel }>(
    'select definition from channel where id > $1 order by id limit $2',
    [after, limit],
  );
  return rows.map((row) => row.definition);
}

/** First key of the advisory locks on channels' ids; the second is the id's hash. */
const CHANNEL_LOCKS = 7_070_003;

/** Until the transaction ends nobody else writes a channel of this id, not even a new one. */
export async function lockChannel(tx: Queryable, id: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [CHANNEL_LOCKS, id]);
}

export async function upsertChannel(tx: Queryable, channel: Channel): Promise<void> {
  await tx.query(
    `insert into channel (id, definition) values ($1, $2)
     on conflict (id) do update set definition = excluded.definition, updated_at = now()`,
    [channel.id, channel],
  );
}

/** Ids of monitors whose alerts name the channel, at most `limit`. */
export async function selectMonitorsTelling(
  db: Queryable,
  channel: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select m.id from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
      where m.deleted_at is null and r.definition->'alerts' @> $1::jsonb
      order by m.id limit $2`,
    [JSON.stringify([{ notify: channel }]), limit],
  );
  return rows.map(({ id }) => id);
}

/** False if there was none. */
export async function deleteChannel(tx: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from channel where id = $1', [id]);
  return rowCount === 1;
}
