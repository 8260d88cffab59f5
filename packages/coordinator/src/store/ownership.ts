/** Under which name monitors as code were applied. */
import type { OwnerName, Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

/** Who applied each of these monitors that is there, by id; null for nobody. */
export async function selectOwners(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, OwnerName | null>> {
  const { rows } = await db.query<{ id: string; owner: OwnerName | null }>(
    'select id, owner from monitor where id = any($1::text[]) and deleted_at is null',
    [ids],
  );
  return new Map(rows.map(({ id, owner }) => [id, owner]));
}

export interface OwnedMonitor {
  readonly id: string;
  readonly openIncident: Uuid7 | null;
}

/** What `owner` has applied, but for the monitors in `ids`, by id. */
export async function selectOwnedBeside(
  db: Queryable,
  owner: OwnerName,
  ids: readonly string[],
): Promise<OwnedMonitor[]> {
  const { rows } = await db.query<{ id: string; open_incident: Uuid7 | null }>(
    `select m.id, i.id as open_incident
       from monitor m
       left join incident i on i.monitor = m.id and i.resolved_at is null
      where m.owner = $1 and m.deleted_at is null and m.id <> all($2::text[])
      order by m.id`,
    [owner, ids],
  );
  return rows.map((row) => ({ id: row.id, openIncident: row.open_incident }));
}

/** Marks a monitor as applied by `owner`; returns who it was before. */
export async function updateOwner(
  tx: Queryable,
  id: string,
  owner: OwnerName,
): Promise<OwnerName | null> {
  const { rows } = await tx.query<{ owner: OwnerName | null }>(
    `with before as (select owner from monitor where id = $1),
          marked as (update monitor set owner = $2 where id = $1 and owner is distinct from $2)
     select owner from before`,
    [id, owner],
  );
  return rows[0]?.owner ?? null;
}
