/** The immutable revisions of monitors. */
import { shardOfMonitor, type Monitor } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

/** Writes `revision` of a monitor and makes it the newest; revives a deleted monitor. */
export async function insertRevision(
  tx: Queryable,
  definition: Monitor,
  revision: number,
  checkDigest: string,
  sealedSecrets: Readonly<Record<string, string>>,
): Promise<void> {
  await tx.query(
    `insert into monitor (id, revision, shard) values ($1, $2, $3)
     on conflict (id) do update
       set revision = excluded.revision, shard = excluded.shard, updated_at = now(),
           deleted_at = null`,
    [definition.id, revision, shardOfMonitor(definition)],
  );
  await tx.query(
    `insert into monitor_revision (monitor, revision, definition, check_digest, sealed_secrets)
     values ($1, $2, $3, decode($4, 'hex'), $5)`,
    [definition.id, revision, definition, checkDigest, sealedSecrets],
  );
}

export interface StoredRevision {
  readonly revision: number;
  readonly definition: Monitor;
  readonly checkDigest: string;
  readonly createdAt: Date;
}

/** One page of a monitor's revisions, newest first, beginning before `before`. */
export async function selectRevisionPage(
  db: Queryable,
  monitor: string,
  before: number | null,
  limit: number,
): Promise<StoredRevision[]> {
  const { rows } = await db.query<{
    revision: number;
    definition: Monitor;
    check_digest: string;
    created_at: Date;
  }>(
    `select revision, definition, encode(check_digest, 'hex') as check_digest, created_at
       from monitor_revision
      where monitor = $1 and ($2::int is null or revision < $2) order by revision desc limit $3`,
    [monitor, before, limit],
  );
  return rows.map((row) => ({
    revision: row.revision,
    definition: row.definition,
    checkDigest: row.check_digest,
    createdAt: row.created_at,
  }));
}

/** The definition of one revision; null when there is none. */
export async function selectRevision(
  db: Queryable,
  monitor: string,
  revision: number,
): Promise<Monitor | null> {
  const { rows } = await db.query<{ definition: Monitor }>(
    'select definition from monitor_revision where monitor = $1 and revision = $2',
    [monitor, revision],
  );
  return rows[0]?.definition ?? null;
}
