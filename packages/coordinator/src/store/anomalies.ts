/** Anomalies that go on. */
import type { Estimate } from '@trustmonitor/alerting';
import type { AnomalyKind, Monitor } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredAnomaly {
  readonly monitor: string;
  readonly kind: AnomalyKind;
  readonly checkDigest: string;
  readonly beganAtMs: number;
  readonly summary: string;
  readonly z: number | null;
  /** What was usual before it, by region. */
  readonly regions: Readonly<Record<string, Estimate | null>>;
}

/** As a monitor's row carries them: `OPEN_ANOMALIES`. */
export type ShownAnomaly = Pick<StoredAnomaly, 'kind' | 'summary' | 'z'> & {
  readonly since: string;
  readonly regions: readonly string[];
};

/** A column of `monitor m`. */
export const OPEN_ANOMALIES = `
  (select coalesce(json_agg(json_build_object(
            'kind', a.kind, 'since', a.began_at, 'summary', a.summary, 'z', a.z,
            'regions', (select coalesce(json_agg(region order by region), '[]')
                          from jsonb_object_keys(a.regions) as region)) order by a.kind), '[]')
     from monitor_anomaly a where a.monitor = m.id) as open_anomalies`;

export async function selectAnomalies(
  db: Queryable,
  monitors: readonly string[],
): Promise<StoredAnomaly[]> {
  const { rows } = await db.query<{
    monitor: string;
    kind: AnomalyKind;
    check_digest: string;
    began_at: Date;
    summary: string;
    z: number | null;
    regions: StoredAnomaly['regions'];
  }>('select * from monitor_anomaly where monitor = any($1::text[])', [monitors]);
  return rows.map(({ check_digest: checkDigest, began_at: beganAt, ...row }) => ({
    ...row,
    checkDigest,
    beganAtMs: beganAt.getTime(),
  }));
}

/** An anomaly that no answer will end. */
export interface OrphanedAnomaly {
  readonly kind: AnomalyKind;
  /** Whether its monitor is watched, with another check. */
  readonly isChanged: boolean;
  readonly watched: {
    readonly definition: Monitor;
    readonly checkDigest: string;
    readonly shard: number;
  };
}

/**
 * Of monitors that are deleted or paused, or whose anomalies are not looked for, or that have another
 * check by now.
 */
export async function selectOrphanedAnomalies(db: Queryable): Promise<OrphanedAnomaly[]> {
  const { rows } = await db.query<{
    kind: AnomalyKind;
    unwatched: boolean;
    definition: Monitor;
    check_digest: string;
    shard: number;
  }>(
    `select * from (
       select a.monitor, a.kind, a.check_digest, r.definition, m.shard,
              a.check_digest <> encode(r.check_digest, 'hex') as changed,
              m.deleted_at is not null or not (r.definition ->> 'enabled')::boolean
                or coalesce(case a.kind when 'shape' then r.definition -> 'anomalies' ->> 'shape' end,
                            r.definition -> 'anomalies' ->> 'mode') is not distinct from 'off'
                or r.definition -> 'check' ->> 'type' = 'heartbeat' as unwatched
         from monitor_anomaly a
         join monitor m on m.id = a.monitor
         join monitor_revision r on r.monitor = m.id and r.revision = m.revision) as known
      where changed or unwatched order by monitor, kind`,
  );
  return rows.map(({ kind, unwatched, definition, check_digest: checkDigest, shard }) => ({
    ...{ kind, isChanged: !unwatched },
    watched: { definition, checkDigest, shard },
  }));
}

/** False where it is known already. */
export async function insertAnomaly(tx: Queryable, anomaly: StoredAnomaly): Promise<boolean> {
  const { monitor, kind, checkDigest, beganAtMs, summary, z, regions } = anomaly;
  const { rowCount } = await tx.query(
    `insert into monitor_anomaly (monitor, kind, check_digest, began_at, summary, z, regions)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (monitor, kind) do nothing`,
    [monitor, kind, checkDigest, new Date(beganAtMs), summary, z, JSON.stringify(regions)],
  );
  return rowCount === 1;
}

/** When it began; null where there was none. */
export async function deleteAnomaly(
  tx: Queryable,
  monitor: string,
  kind: AnomalyKind,
): Promise<Date | null> {
  const { rows } = await tx.query<{ began_at: Date }>(
    'delete from monitor_anomaly where monitor = $1 and kind = $2 returning began_at',
    [monitor, kind],
  );
  return rows[0]?.began_at ?? null;
}
