/** Service level objectives, and the monitors that they are about. */
import type { ServiceLevel, Monitor, OwnerName, Slo } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

/** What an objective needs of a monitor. */
export interface LevelledMonitor extends Pick<
  Monitor,
  'id' | 'name' | 'group' | 'labels' | 'intervalMs' | 'enabled' | 'alerts'
> {
  /** Its own objective; null for none. */
  readonly level: ServiceLevel | null;
  readonly owner: OwnerName | null;
  readonly createdAtMs: number;
}

/** Every monitor that there is, or the one, in order of id. */
export async function selectLevelledMonitors(
  db: Queryable,
  id: string | null = null,
): Promise<LevelledMonitor[]> {
  const { rows } = await db.query<
    Omit<LevelledMonitor, 'createdAtMs'> & { readonly created_at: Date }
  >(
    `select m.id, r.definition->>'name' as name, r.definition->>'group' as "group",
            r.definition->'labels' as labels,
            (r.definition->>'intervalMs')::float8 as "intervalMs",
            (r.definition->>'enabled')::boolean as enabled,
            nullif(r.definition->'alerts', 'null') as alerts,
            r.definition->'slo' as level, m.owner, m.created_at
       from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
      where m.deleted_at is null and ($1::text is null or m.id = $1) order by m.id`,
    [id],
  );
  return rows.map(({ created_at, ...row }) => ({ ...row, createdAtMs: created_at.getTime() }));
}

export interface StoredSlo {
  readonly definition: Slo;
  readonly owner: OwnerName | null;
}

/** In order of id. */
export async function selectSlos(db: Queryable): Promise<StoredSlo[]> {
  const { rows } = await db.query<{ definition: Slo; owner: OwnerName | null }>(
    'select definition, owner from slo order by id',
  );
  return rows;
}
