/** Monitors, each with its newest revision and the engine's state of it. */
import type { Monitor, OwnerName, Uuid7, Verdict } from '@trustmonitor/protocol';
import type { MonitorState } from '@trustmonitor/quorum';
import { lockById } from './advisory-locks.ts';
import { OPEN_ANOMALIES, type ShownAnomaly } from './anomalies.ts';
import type { Queryable } from './database.ts';

export interface StoredMonitor {
  readonly definition: Monitor;
  readonly revision: number;
  readonly shard: number;
  /** SHA-256 of the canonical check definition, in hex. */
  readonly checkDigest: string;
  /** Encrypted values of the secrets that the definition refers to, by name. */
  readonly sealedSecrets: Readonly<Record<string, string>>;
  /** Null before the first round of the first revision has closed. */
  readonly state: MonitorState | null;
  readonly verdict: Verdict | null;
  readonly openIncident: Uuid7 | null;
  /** Null while it does not flap. */
  readonly flappingSince: Date | null;
  readonly lastRoundAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Answers that are not as usual, for as long as they are. */
  readonly openAnomalies: readonly ShownAnomaly[];
  /** Who has applied it as code; null for nobody. */
  readonly owner: OwnerName | null;
}

interface Row {
  definition: Monitor;
  revision: number;
  shard: number;
  check_digest: string;
  sealed_secrets: Record<string, string>;
  state: MonitorState | null;
  verdict: Verdict | null;
  open_incident: Uuid7 | null;
  flapping_since: Date | null;
  last_round_at: Date | null;
  created_at: Date;
  updated_at: Date;
  open_anomalies: ShownAnomaly[];
  owner: OwnerName | null;
}

const SELECT = `
  select r.definition, r.revision, m.shard, encode(r.check_digest, 'hex') as check_digest,
         r.sealed_secrets, s.state, s.verdict, s.last_round_at, i.id as open_incident,
         f.flapping_since, m.created_at, m.updated_at, m.owner,
         ${OPEN_ANOMALIES}
    from monitor m
    join monitor_revision r on r.monitor = m.id and r.revision = m.revision
    left join monitor_state s on s.monitor = m.id
    left join incident i on i.monitor = m.id and i.resolved_at is null
    left join alert_monitor f on f.monitor = m.id
   where m.deleted_at is null`;

function toStored(row: Row): StoredMonitor {
  return {
    definition: row.definition,
    revision: row.revision,
    shard: row.shard,
    checkDigest: row.check_digest,
    sealedSecrets: row.sealed_secrets,
    state: row.state,
    verdict: row.verdict,
    openIncident: row.open_incident,
    flappingSince: row.flapping_since,
    lastRoundAt: row.last_round_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    openAnomalies: row.open_anomalies,
    owner: row.owner,
  };
}

export async function selectShardMonitors(db: Queryable, shard: number): Promise<StoredMonitor[]> {
  const { rows } = await db.query<Row>(`${SELECT} and m.shard = $1 order by m.id`, [shard]);
  return rows.map(toStored);
}

export interface ChangedMonitor {
  readonly id: string;
  readonly revision: number;
  /** Whether it is to be watched: neither deleted nor disabled. */
  readonly there: boolean;
}

/**
 * Monitors of these shards that were written, changed or deleted at `sinceMs` or later, and what
 * time it is, both by the database's clock.
 */
export async function selectChangedMonitors(
  db: Queryable,
  shards: readonly number[],
  sinceMs: number,
): Promise<{ changed: ChangedMonitor[]; nowMs: number }> {
  const { rows } = await db.query<
    { [K in keyof ChangedMonitor]: ChangedMonitor[K] | null } & { now: string }
  >(
    `select m.id, m.revision,
            m.deleted_at is null and (r.definition ->> 'enabled')::boolean as there,
            extract(epoch from t.now) * 1000 as now
       from (select clock_timestamp() as now) as t
       left join (monitor m
         join monitor_revision r on r.monitor = m.id and r.revision = m.revision)
         on m.shard = any($1::smallint[]) and m.updated_at >= $2`,
    [shards, new Date(sinceMs)],
  );
  const changed = rows.flatMap(({ id, revision, there }) =>
    id === null ? [] : [{ id, revision: revision ?? 0, there: there === true }],
  );
  return { changed, nowMs: Number(rows[0]?.now ?? sinceMs) };
}

/** When the first monitor was created, also one that was deleted; null before that. */
export async function selectFirstMonitorAt(db: Queryable): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>('select min(created_at) as at from monitor');
  return rows[0]?.at ?? null;
}

export async function selectMonitor(db: Queryable, id: string): Promise<StoredMonitor | null> {
  return (await selectMonitors(db, [id]))[0] ?? null;
}

/** Those of these monitors that are there, in order of id. */
export async function selectMonitors(
  db: Queryable,
  ids: readonly string[],
): Promise<StoredMonitor[]> {
  const { rows } = await db.query<Row>(`${SELECT} and m.id = any($1::text[]) order by m.id`, [ids]);
  return rows.map(toStored);
}

/** Every monitor, with those that it depends on. */
export async function selectDependencies(db: Queryable): Promise<Map<string, readonly string[]>> {
  const { rows } = await db.query<{ id: string; depends_on: string[] | null }>(
    `select m.id, r.definition -> 'dependsOn' as depends_on
       from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
      where m.deleted_at is null`,
  );
  return new Map(rows.map(({ id, depends_on: dependsOn }) => [id, dependsOn ?? []]));
}

export interface MonitorFilter {
  /** Pages begin after this id. */
  readonly after: string;
  readonly group: string | null;
  /** Labels that a monitor must all have, with these values. */
  readonly labels: Readonly<Record<string, string>>;
  readonly verdict: Verdict | null;
  readonly enabled: boolean | null;
  readonly owner: OwnerName | null;
}

/** One page in order of id. */
export async function selectMonitorPage(
  db: Queryable,
  filter: MonitorFilter,
  limit: number,
): Promise<StoredMonitor[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} and m.id > $1
       and ($2::text is null or r.definition->>'group' = $2)
       and r.definition->'labels' @> $3::jsonb
       and ($4::text is null or s.verdict = $4)
       and ($5::boolean is null or (r.definition->>'enabled')::boolean = $5)
       and ($6::text is null or m.owner = $6)
     order by m.id limit $7`,
    [
      filter.after,
      filter.group,
      JSON.stringify(filter.labels),
      filter.verdict,
      filter.enabled,
      filter.owner,
      limit,
    ],
  );
  return rows.map(toStored);
}

export interface VerdictCount {
  readonly verdict: Verdict | null;
  readonly enabled: boolean;
  readonly count: number;
  /** Of these, with answers that are not as usual. */
  readonly anomalous: number;
}

/** How many monitors there are by verdict; `null` for those that no round has judged yet. */
export async function countByVerdict(db: Queryable): Promise<VerdictCount[]> {
  const { rows } = await db.query<VerdictCount>(
    `select s.verdict, (r.definition->>'enabled')::boolean as enabled, count(*)::int as count,
            count(*) filter (where exists (
              select from monitor_anomaly a where a.monitor = m.id))::int as anomalous
       from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
       left join monitor_state s on s.monitor = m.id
      where m.deleted_at is null group by 1, 2`,
  );
  return rows;
}

/**
 * The newest revision number, also of a deleted monitor: ids are never given a second past.
 *
 * Until the transaction ends nobody else writes a monitor of this id, not even one that is not
 * there yet; decisions about it are not held up.
 */
export async function lockMonitor(
  tx: Queryable,
  id: string,
): Promise<{ revision: number; deleted: boolean } | null> {
  await lockById(tx, 'monitor', id);
  const { rows } = await tx.query<{ revision: number; deleted: boolean }>(
    `select revision, deleted_at is not null as deleted
       from monitor where id = $1 for no key update`,
    [id],
  );
  return rows[0] ?? null;
}

/**
 * Which of these monitors are there, with the shard of each; none of them is deleted or moved
 * before the transaction ends.
 */
export async function holdMonitors(
  tx: Queryable,
  ids: readonly string[],
): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const { rows } = await tx.query<{ id: string; shard: number }>(
    `select id, shard from monitor
      where id = any($1::text[]) and deleted_at is null order by id for share`,
    [ids],
  );
  return new Map(rows.map(({ id, shard }) => [id, shard]));
}

/** Hides the monitor, and it is nobody's. Its history and its incidents stay. False if there was none. */
export async function markMonitorDeleted(tx: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update monitor set deleted_at = now(), updated_at = now(), owner = null
      where id = $1 and deleted_at is null`,
    [id],
  );
  return rowCount === 1;
}
