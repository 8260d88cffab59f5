/** Notification channels. */
import type { Channel } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredChannel {
  readonly definition: Channel;
  /** Values of the secrets that the definition refers to, by name. */
  readonly sealedSecrets: Readonly<Record<string, string>>;
}

interface Row {
  definition: Channel;
  sealed_secrets: Record<string, string>;
}

const toStored = (row: Row): StoredChannel => ({
  definition: row.definition,
  sealedSecrets: row.sealed_secrets,
});

export async function selectChannels(db: Queryable): Promise<Channel[]> {
  const { rows } = await db.query<{ definition: Channel }>(
    'select definition from channel order by id',
  );
  return rows.map((row) => row.definition);
}

/** All of them, with their secrets. */
export async function selectSealedChannels(db: Queryable): Promise<StoredChannel[]> {
  const { rows } = await db.query<Row>(
    'select definition, sealed_secrets from channel order by id',
  );
  return rows.map(toStored);
}

export async function selectChannel(db: Queryable, id: string): Promise<StoredChannel | null> {
  const { rows } = await db.query<Row>(
    'select definition, sealed_secrets from channel where id = $1',
    [id],
  );
  const [stored] = rows.map(toStored);
  return stored ?? null;
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

export async function upsertChannel(tx: Queryable, channel: StoredChannel): Promise<void> {
  const { definition, sealedSecrets } = channel;
  await tx.query(
    `insert into channel (id, definition, sealed_secrets) values ($1, $2, $3)
     on conflict (id) do update set definition = excluded.definition,
       sealed_secrets = excluded.sealed_secrets, updated_at = now()`,
    [definition.id, definition, sealedSecrets],
  );
}

/** Ids of monitors and objectives whose alerts name the channel, at most `limit`. */
export async function selectMonitorsTelling(
  db: Queryable,
  channel: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select m.id from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
      where m.deleted_at is null and r.definition->'alerts' @> $1::jsonb
      union select id from slo where definition->'alerts' @> $1::jsonb
      order by id limit $2`,
    [JSON.stringify([{ notify: channel }]), limit],
  );
  return rows.map(({ id }) => id);
}

/** False if there was none. */
export async function deleteChannel(tx: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from channel where id = $1', [id]);
  return rowCount === 1;
}
