/** By whom monitors are judged. */
import type { Jury } from '../drains/rule.ts';
import type { Queryable } from './database.ts';

/** Of all monitors that agents check and that are not paused. */
export async function selectJuries(db: Queryable): Promise<Jury[]> {
  const { rows } = await db.query<Jury>(
    `select r.definition -> 'regions' as regions, r.definition -> 'policy' ->> 'quorum' as quorum,
            count(*)::int as monitors, min(m.id) as example
       from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
      where m.deleted_at is null and (r.definition ->> 'enabled')::boolean
        and r.definition -> 'check' ->> 'type' <> 'heartbeat'
      group by 1, 2
      order by 4`,
  );
  return rows;
}
