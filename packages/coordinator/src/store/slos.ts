/** Service level objectives, and the monitors that they are about. */
import type { Monitor, OwnerName, ServiceLevel, Slo, Uuid7 } from '@trustmonitor/protocol';
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

/** Every monitor that there is, or those of these ids, in order of id. */
export async function selectLevelledMonitors(
  db: Queryable,
  ids: readonly string[] | null = null,
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
      where m.deleted_at is null and ($1::text[] is null or m.id = any($1)) order by m.id`,
    [ids],
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

export async function selectSlo(db: Queryable, id: string): Promise<StoredSlo | null> {
  const { rows } = await db.query<StoredSlo>('select definition, owner from slo where id = $1', [
    id,
  ]);
  return rows[0] ?? null;
}

/** Objectives are few and seldom written: until the transaction ends nobody else writes any. */
export async function lockSlos(tx: Queryable): Promise<void> {
  await tx.query('lock table slo in share row exclusive mode');
}

export async function upsertSlo(tx: Queryable, { definition, owner }: StoredSlo): Promise<void> {
  await tx.query(
    `insert into slo (id, definition, owner) values ($1, $2, $3)
     on conflict (id) do update
       set definition = excluded.definition, owner = excluded.owner, updated_at = now()`,
    [definition.id, definition, owner],
  );
}

export async function deleteSlo(tx: Queryable, id: string): Promise<void> {
  await tx.query('delete from slo where id = $1', [id]);
}

export interface BudgetIncident {
  readonly incident: Uuid7;
  readonly monitor: string;
  readonly reason: string;
  /** The first round that its opening record names, which is before it was opened. */
  readonly from: Date;
  readonly resolvedAt: Date | null;
}

/** Incidents of these monitors that were open between the two, the newest first. */
export async function selectBudgetIncidents(
  db: Queryable,
  monitors: readonly string[],
  [from, to]: readonly [Date, Date],
  limit: number,
): Promise<BudgetIncident[]> {
  const { rows } = await db.query<BudgetIncident>(
    `select i.id as incident, i.monitor, i.summary->>'reason' as reason, i.resolved_at as "resolvedAt",
            coalesce((select least(min((r.round->>'openedAt')::timestamptz), i.opened_at)
               from record, json_array_elements(
                      convert_from(decode(envelope->>'payload', 'base64'), 'UTF8')::json
                        ->'predicate'->'rounds') as r (round)
              where record.incident = i.id and step_number = 1), i.opened_at) as "from"
       from incident i
      where i.monitor = any($1::text[]) and i.opened_at < $3
        and (i.resolved_at is null or i.resolved_at > $2)
      order by i.id desc limit $4`,
    [monitors, from, to, limit],
  );
  return rows;
}
