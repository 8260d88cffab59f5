/** What baselines are made of: the latencies in the rollups. */
import type { Histogram } from '../rollup/histogram.ts';
import type { Queryable } from './database.ts';

export interface LatencyRow extends Histogram {
  readonly monitor: string;
  readonly region: string;
  readonly at: Date;
  readonly totalUs: number;
}

type Row = Omit<LatencyRow, 'totalUs'> & { total_us: string };

/** Arrays come as JSON, which the driver reads many times faster. */
const COLUMNS = `p.monitor, p.region, p.at, p.total_us, to_json(p.buckets) as buckets,
                 to_json(p.counts) as counts`;

const toRow = ({ total_us, ...row }: Row): LatencyRow => ({ ...row, totalUs: Number(total_us) });

/** Since when each of these monitors has the check that it has now: what is older is of another. */
export async function selectCheckedSince(
  db: Queryable,
  monitors: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; since: Date }>(
    `select m.id, min(r.created_at) as since
       from monitor m
       join monitor_revision now on now.monitor = m.id and now.revision = m.revision
       join monitor_revision r on r.monitor = m.id and r.revision > coalesce(
              (select max(o.revision) from monitor_revision o
                where o.monitor = m.id and o.check_digest <> now.check_digest), 0)
      where m.id = any($1::text[]) group by m.id`,
    [monitors],
  );
  return new Map(rows.map(({ id, since }) => [id, since.getTime()]));
}

/** Minutes in which a region was up, in order of time. `since`: of each monitor. */
export async function selectMinuteLatencies(
  db: Queryable,
  since: ReadonlyMap<string, number>,
): Promise<LatencyRow[]> {
  if (since.size === 0) return [];
  const times = [...since.values()];
  const { rows } = await db.query<Row>(
    `select ${COLUMNS}
       from unnest($1::text[], $2::timestamptz[]) as s (monitor, since)
       join rollup_minute p on p.monitor = s.monitor and p.at >= s.since
      where p.at >= $3 and p.up > 0 order by p.at, p.region`,
    [[...since.keys()], times.map((at) => new Date(at)), new Date(Math.min(...times))],
  );
  return rows.map(toRow);
}

/** These hours, where a region was up in them, since each monitor's time. */
export async function selectHourLatencies(
  db: Queryable,
  since: ReadonlyMap<string, number>,
  hours: readonly Date[],
): Promise<LatencyRow[]> {
  if (since.size === 0 || hours.length === 0) return [];
  const { rows } = await db.query<Row>(
    `select ${COLUMNS}
       from unnest($1::text[], $2::timestamptz[]) as s (monitor, since)
       join rollup_hour p on p.monitor = s.monitor and p.at >= s.since and p.at = any($3)
      where p.up > 0`,
    [[...since.keys()], [...since.values()].map((at) => new Date(at)), hours],
  );
  return rows.map(toRow);
}
