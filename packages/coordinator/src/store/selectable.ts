/** What selectors look at: of all monitors, also those that are paused. */
import type { Selectable } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export async function selectSelectable(db: Queryable): Promise<Selectable[]> {
  const { rows } = await db.query<{
    id: string;
    group: string | null;
    labels: Record<string, string>;
  }>(
    `select m.id, r.definition ->> 'group' as "group",
            coalesce(r.definition -> 'labels', '{}') as labels
       from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
      where m.deleted_at is null`,
  );
  return rows;
}
