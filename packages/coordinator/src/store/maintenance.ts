/** Windows of maintenance: what people have written, and up to when it is announced. */
import type { MaintenanceWindow, OwnerName } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredWindow {
  readonly definition: MaintenanceWindow;
  /** Who has applied it as code; null for nobody. */
  readonly owner: OwnerName | null;
  /** Occurrences that begin before this are announced, or were never to be. */
  readonly plannedUntilMs: number;
  readonly createdAtMs: number;
}

interface Row {
  definition: MaintenanceWindow;
  owner: OwnerName | null;
  planned_until: Date;
  created_at: Date;
}

const SELECT = `select definition, owner, planned_until, created_at from maintenance_window
  where removed_at is null`;

const toStored = (row: Row): StoredWindow => ({
  definition: row.definition,
  owner: row.owner,
  plannedUntilMs: row.planned_until.getTime(),
  createdAtMs: row.created_at.getTime(),
});

export async function selectWindow(db: Queryable, id: string): Promise<StoredWindow | null> {
  const { rows } = await db.query<Row>(`${SELECT} and id = $1`, [id]);
  return rows[0] === undefined ? null : toStored(rows[0]);
}

/** One page, by id. */
export async function selectWindowPage(
  db: Queryable,
  after: string,
  limit: number,
): Promise<StoredWindow[]> {
  const { rows } = await db.query<Row>(`${SELECT} and id > $1 order by id limit $2`, [
    after,
    limit,
  ]);
  return rows.map(toStored);
}

/** What `owner` has applied, but for the windows in `ids`, by id. */
export async function selectWindowsBeside(
  db: Queryable,
  owner: OwnerName,
  ids: readonly string[],
): Promise<StoredWindow[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} and owner = $1 and id <> all($2::text[]) order by id`,
    [owner, ids],
  );
  return rows.map(toStored);
}

/** Ids of recurring windows whose occurrences are not announced up to that time. */
export async function selectWindowsToPlan(db: Queryable, untilMs: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from maintenance_window
      where removed_at is null and planned_until < $1
        and definition -> 'schedule' ->> 'type' = 'cron' order by id`,
    [new Date(untilMs)],
  );
  return rows.map(({ id }) => id);
}

/** Also brings back one that was removed. */
export async function upsertWindow(
  tx: Queryable,
  definition: MaintenanceWindow,
  owner: OwnerName | null,
  plannedUntilMs: number,
): Promise<void> {
  await tx.query(
    `insert into maintenance_window (id, definition, owner, planned_until) values ($1, $2, $3, $4)
     on conflict (id) do update
       set definition = excluded.definition, owner = excluded.owner,
           planned_until = excluded.planned_until, updated_at = now(), removed_at = null,
           created_at = case when maintenance_window.removed_at is null
                             then maintenance_window.created_at else now() end`,
    [definition.id, definition, owner, new Date(plannedUntilMs)],
  );
}

export async function updateWindowOwner(
  tx: Queryable,
  id: string,
  owner: OwnerName | null,
): Promise<void> {
  await tx.query('update maintenance_window set owner = $2, updated_at = now() where id = $1', [
    id,
    owner,
  ]);
}

export async function updatePlannedUntil(
  tx: Queryable,
  id: string,
  plannedUntilMs: number,
): Promise<void> {
  await tx.query('update maintenance_window set planned_until = $2 where id = $1', [
    id,
    new Date(plannedUntilMs),
  ]);
}

export async function markWindowRemoved(tx: Queryable, id: string): Promise<void> {
  await tx.query(
    'update maintenance_window set removed_at = now(), updated_at = now() where id = $1',
    [id],
  );
}
