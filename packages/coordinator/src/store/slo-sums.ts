/**
 * What was measured of many monitors in several windows that end together, in one statement: rows of
 * minutes, hours and days between each two beginnings, added up. The windows are made in
 * `alerting/src/slo/windows.ts`.
 *
 * A bucket that is due is read from its parts, as everywhere; so is one that excluded time touches,
 * because only its minutes can be left out. Where minutes are not kept any more, the whole of it is
 * left out.
 */
import type { Grid } from '@trustmonitor/alerting';
import type { Verdict } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';
import { DAY_MS } from './partitions.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Time of a monitor that counts for nothing, in whole minutes: good and bad alike. */
export interface ExcludedTime {
  readonly monitor: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SumsOf {
  readonly grid: Grid;
  readonly excluded: readonly ExcludedTime[];
}

export type Counted = Exclude<Verdict, 'unknown'>;

/** How long each verdict stood, and how many rounds said it. */
export type VerdictSums = {
  readonly monitor: string;
  /** Index of the beginning in the grid's `startsMs`. */
  readonly segment: number;
} & Readonly<Record<Counted | `${Counted}_ms`, number>>;

export const COUNTED = ['up', 'degraded', 'partial', 'down'] as const satisfies Counted[];
const VERDICT_COLUMNS = COUNTED.flatMap((verdict) => [verdict, `${verdict}_ms`]);

export async function selectVerdictSums(
  db: Queryable,
  monitors: readonly string[],
  of: SumsOf,
): Promise<VerdictSums[]> {
  if (monitors.length === 0) return [];
  const sums = VERDICT_COLUMNS.map((column) => `sum(${column})::float8 as ${column}`);
  const { rows } = await db.query<VerdictSums>(
    `with asked as (select distinct monitor from unnest($1::text[]) as a (monitor)),
     ${partsOf('verdict', VERDICT_COLUMNS)}
     select monitor, width_bucket(at, $9::timestamptz[]) - 1 as segment, ${sums.join(', ')}
       from part where at >= ($9::timestamptz[])[1] group by 1, 2`,
    [monitors, ...valuesOf(of)],
  );
  return rows;
}

/** Bad time of one row of the past: of a minute, an hour or a day. */
export interface BadRow {
  readonly monitor: string;
  readonly at: Date;
  readonly widthMs: number;
  readonly badMs: number;
}

/** Every row with time that stood at one of these verdicts. */
export async function selectBadSlices(
  db: Queryable,
  monitors: readonly string[],
  verdicts: readonly Counted[],
  of: SumsOf,
): Promise<BadRow[]> {
  const bad = verdicts.map((verdict) => `${verdict}_ms`).join(' + ');
  const { rows } = await db.query<BadRow>(
    `with asked as (select distinct monitor from unnest($1::text[]) as a (monitor)),
     ${partsOf('verdict', VERDICT_COLUMNS)}
     select monitor, at, width_ms as "widthMs", ${bad} as "badMs"
       from part where at >= ($9::timestamptz[])[1] and ${bad} > 0 order by at`,
    [monitors, ...valuesOf(of)],
  );
  return rows;
}

/** Answers that were good, and those of them that came in time. */
export interface AnswerSums {
  readonly monitor: string;
  readonly bucket: number;
  readonly segment: number;
  readonly all: number;
  readonly slow: number;
  /** Minutes, or hours, with a slow answer: no more than there were rounds with one. */
  readonly slowRows: number;
}

export interface LatencyLimit {
  readonly monitor: string;
  /** Of the histogram: what is in it, or below, came in time. */
  readonly bucket: number;
}

export async function selectAnswerSums(
  db: Queryable,
  limits: readonly LatencyLimit[],
  of: SumsOf,
): Promise<AnswerSums[]> {
  if (limits.length === 0) return [];
  const { rows } = await db.query<AnswerSums>(
    `with limits as (
       select distinct monitor, bucket from unnest($1::text[], $10::smallint[]) as l (monitor, bucket)),
     asked as (select distinct monitor from limits),
     ${partsOf('rollup', ['up', 'buckets', 'counts'])},
     answered as (
       select l.monitor, l.bucket, p.at, sum(p.up) as up, sum(${slowIn('p')}) as slow
         from limits l join part p using (monitor)
        where p.at >= ($9::timestamptz[])[1] group by 1, 2, 3)
     select monitor, bucket, width_bucket(at, $9::timestamptz[]) - 1 as segment,
            sum(up)::float8 as "all", sum(slow)::float8 as slow,
            (count(*) filter (where slow > 0))::float8 as "slowRows"
       from answered group by 1, 2, 3`,
    [limits.map(({ monitor }) => monitor), ...valuesOf(of), limits.map(({ bucket }) => bucket)],
  );
  return rows;
}

/** Buckets are in ascending order: one look at the last says of most rows that nothing was slow. */
const slowIn = (row: string): string => `
  case when ${row}.buckets[cardinality(${row}.buckets)] > l.bucket
       then (select sum(n) from unnest(${row}.buckets, ${row}.counts) as b (b, n) where b > l.bucket)
       else 0 end`;

function partsOf(table: 'verdict' | 'rollup', columns: readonly string[]): string {
  const named = columns.map((column) => `v.${column}`).join(', ');
  const selected = (widthMs: number): string =>
    `select v.monitor, v.at, ${widthMs} as width_ms, ${named}`;
  const notDue = (level: string): string =>
    `not exists (select from due x where x.level = '${level}' and x.monitor = v.monitor and x.at = v.at)`;
  return `
    excluded as (
      select e.* from unnest($6::text[], $7::timestamptz[], $8::timestamptz[]) as e (monitor, lo, hi)
        join asked using (monitor)),
    due as (
      select d.level, d.monitor, d.at from rollup_due d join asked using (monitor)
       where d.level in ('hour', 'day') and d.at >= $2 and d.at < $3
      union
      select level, monitor, at
        from excluded, (values ('hour', interval '1 hour'), ('day', interval '24 hours')) as w (level, width),
             generate_series(date_bin(width, greatest(lo, $2), 'epoch'),
                             least(hi, $3) - interval '1 millisecond', width) as at),
    part as (
      ${selected(MINUTE_MS)} from asked join ${table}_minute v using (monitor)
       where v.at >= $3 and v.at < $5 and ${NOT_EXCLUDED}
      union all
      ${selected(HOUR_MS)} from asked join ${table}_hour v using (monitor)
       where v.at >= greatest($2, $4) and v.at < $3 and ${notDue('hour')}
      union all
      ${selected(DAY_MS)} from asked join ${table}_day v using (monitor)
       where v.at >= $2 and v.at < $4 and ${notDue('day')}
      union all
      ${selected(HOUR_MS)} from due d join ${table}_hour v
          on v.monitor = d.monitor and v.at >= d.at and v.at < d.at + interval '24 hours'
       where d.level = 'day' and d.at < $4 and v.at >= $2 and v.at < $4 and ${notDue('hour')}
      union all
      ${selected(MINUTE_MS)} from due d join ${table}_minute v
          on v.monitor = d.monitor and v.at >= d.at and v.at < d.at + interval '1 hour'
       where d.level = 'hour' and v.at >= $2 and v.at < $3 and ${NOT_EXCLUDED})`;
}

const NOT_EXCLUDED =
  'not exists (select from excluded e where e.monitor = v.monitor and v.at >= e.lo and v.at < e.hi)';

/** `$2` to `$9`. */
function valuesOf({ grid, excluded }: SumsOf): unknown[] {
  const at = (ms: number): Date => new Date(ms);
  return [
    at(grid.startsMs[0] ?? grid.toMs),
    at(grid.minutesFromMs),
    at(grid.hoursFromMs),
    at(grid.toMs),
    excluded.map(({ monitor }) => monitor),
    excluded.map(({ fromMs }) => at(fromMs)),
    excluded.map(({ toMs }) => at(toMs)),
    grid.startsMs.map(at),
  ];
}

/** Monitors with time that may be bad between the two. Held in an index of its own. */
export async function selectSuspects(
  db: Queryable,
  fromMs: number,
  toMs: number,
): Promise<Set<string>> {
  const { rows } = await db.query<{ monitor: string }>(
    `select distinct monitor from verdict_minute
      where at >= $1 and at < $2 and down_ms + degraded_ms + partial_ms > 0`,
    [new Date(fromMs), new Date(toMs)],
  );
  return new Set(rows.map(({ monitor }) => monitor));
}

/** Those with an answer between the two that was slower than its limit. */
export async function selectSlowMonitors(
  db: Queryable,
  limits: readonly LatencyLimit[],
  fromMs: number,
  toMs: number,
): Promise<Set<string>> {
  if (limits.length === 0) return new Set();
  const { rows } = await db.query<{ monitor: string }>(
    `select distinct l.monitor from unnest($1::text[], $2::smallint[]) as l (monitor, bucket)
       join rollup_minute r on r.monitor = l.monitor and r.at >= $3 and r.at < $4
      where r.buckets[cardinality(r.buckets)] > l.bucket`,
    [
      limits.map(({ monitor }) => monitor),
      limits.map(({ bucket }) => bucket),
      new Date(fromMs),
      new Date(toMs),
    ],
  );
  return new Set(rows.map(({ monitor }) => monitor));
}
