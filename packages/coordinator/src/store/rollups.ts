/** Writing rollups: what was noted, what is due, and the statements that make each level. */
import type { Queryable } from './database.ts';

/** A bucket of one monitor: the time is its beginning. */
export interface MonitorBucket {
  readonly monitor: string;
  readonly at: Date;
}

/**
 * Takes the minutes that were written to and have ended by `before`, each once. Those that begin
 * before `since`, or after `until` (an agent names rounds of its own making), are forgotten.
 */
export async function takeDirtyMinutes(
  tx: Queryable,
  { since, before, until }: { since: Date; before: Date; until: Date },
  limit: number,
): Promise<MonitorBucket[]> {
  const { rows } = await tx.query<{ monitor: string; at: Date }>(
    `with taken as (
       delete from rollup_dirty where ctid = any (array(
         select ctid from rollup_dirty where minute < $2 or minute > $3 limit $4))
       returning minute, monitors)
     select distinct monitor, minute as at from taken, unnest(monitors) as monitor
      where minute >= $1 and minute < $2 order by at, monitor`,
    [since, before, until, limit],
  );
  return rows;
}

const MINUTES = `due as (select * from unnest($1::text[], $2::timestamptz[]) as d (monitor, at))`;

/** The hours and days of what was written are not what their parts say any more. */
const MARK_DUE = `
  insert into rollup_due (level, monitor, at)
  select distinct level, monitor, date_bin(width, at, 'epoch')
    from written, (values ('hour', interval '1 hour'), ('day', interval '1 day')) as l (level, width)
  on conflict do nothing`;

const REGION_COLUMNS =
  'monitor, region, at, up, down, abstain, slow, failures, total_us, buckets, counts';

const REPLACE_REGION = `
  on conflict (monitor, at, region) do update
     set up = excluded.up, down = excluded.down, abstain = excluded.abstain,
         slow = excluded.slow, failures = excluded.failures, total_us = excluded.total_us,
         buckets = excluded.buckets, counts = excluded.counts`;

/**
 * What the final results of each region said in these minutes, from the raw rows. Only results
 * of rounds that were closed count: nobody else's word makes a round.
 *
 * The rounds are found first, and apart: else the planner, which takes conditions on two ids that are the
 * same for independent, looks up the results of all rounds of the minute for some of its monitors.
 */
export async function rollMinutesByRegion(
  tx: Queryable,
  minutes: readonly MonitorBucket[],
): Promise<void> {
  await tx.query(
    `with ${MINUTES},
     closed as materialized (
       select d.monitor, d.at, r.id, r.votes
         from due d
         join round r on r.monitor = d.monitor
                     and r.id >= uuid7_floor(d.at) and r.id < uuid7_floor(d.at + interval '1 minute')
                     and r.id >= uuid7_floor($3) and r.id < uuid7_floor($4)),
     seen as (
       select c.monitor, c.at, s.region, s.outcome, s.failure,
              coalesce(s.total_us, s.duration_ms * 1000) as total_us,
              s.counted and c.votes @> jsonb_build_array(
                jsonb_build_object('agent', s.agent, 'slow', true)) as slow
         from closed c
         join result s on s.round = c.id and s.monitor = c.monitor and s.final
                      and s.round >= uuid7_floor($3) and s.round < uuid7_floor($4)),
     histogram as (
       select monitor, at, region, array_agg(bucket order by bucket) as buckets,
              array_agg(n order by bucket) as counts
         from (select monitor, at, region, latency_bucket(total_us) as bucket, count(*)::int as n
                 from seen where outcome = 'up' group by 1, 2, 3, 4) as b
        group by 1, 2, 3),
     failed as (
       select monitor, at, region, jsonb_object_agg(failure, n) as failures
         from (select monitor, at, region, failure, count(*) as n
                 from seen where failure is not null group by 1, 2, 3, 4) as f
        group by 1, 2, 3),
     counted as (
       select monitor, at, region, count(*) filter (where outcome = 'up')::int as up,
              count(*) filter (where outcome = 'down')::int as down,
              count(*) filter (where outcome = 'abstain')::int as abstain,
              count(*) filter (where slow)::int as slow,
              coalesce(sum(total_us) filter (where outcome = 'up'), 0)::bigint as total_us
         from seen group by 1, 2, 3),
     written as (
       insert into rollup_minute (${REGION_COLUMNS})
       select monitor, region, at, up, down, abstain, slow, failures, total_us,
              coalesce(buckets, '{}'), coalesce(counts, '{}')
         from counted left join histogram using (monitor, at, region)
                      left join failed using (monitor, at, region)
       ${REPLACE_REGION}
       returning monitor, at)
     ${MARK_DUE}`,
    [...columnsOf(minutes), ...boundsOf(minutes, MINUTE_MS)],
  );
}

const VERDICTS = ['up', 'degraded', 'partial', 'down', 'unknown'] as const;
const VERDICT_COLUMNS = [...VERDICTS, ...VERDICTS.map((verdict) => `${verdict}_ms`)];

const REPLACE_VERDICT = `
  on conflict (monitor, at) do update
     set ${VERDICT_COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}`;

const SUM_VERDICTS = VERDICT_COLUMNS.map((column) => `sum(${column})::int`).join(', ');

/**
 * How many rounds decided what in these minutes, and how long each verdict stood: from its round
 * to the next, and no longer than two intervals. What comes after that nobody has measured.
 *
 * The time since the round before is settled by the first round of a minute, so the minutes from
 * that one on are written too. `oldest` bounds how far back it is looked for.
 */
export async function rollMinutesByVerdict(
  tx: Queryable,
  minutes: readonly MonitorBucket[],
  oldest: Date,
): Promise<void> {
  await tx.query(
    `with ${MINUTES},
     stretch as (
       select monitor, min(at) as lo, max(at) + interval '1 minute' as hi from due group by 1),
     edge as (
       select s.monitor, s.hi, greatest(
                date_bin('1 minute', coalesce(uuid7_time(before.id), s.lo), 'epoch'), $3) as since
         from stretch s left join lateral (
           select id from round where monitor = s.monitor and id < uuid7_floor(s.lo)
              and id >= uuid7_floor($3) order by id desc limit 1) as before on true),
     near as (
       select e.monitor, e.since, e.hi, r.id, r.verdict,
              (v.definition->>'intervalMs')::bigint as interval_ms
         from edge e cross join lateral (
           (select id, verdict, revision from round
             where monitor = e.monitor and id < uuid7_floor(e.since)
               and id >= uuid7_floor($3 - interval '2 days') order by id desc limit 1)
           union all
           select id, verdict, revision from round
            where monitor = e.monitor and id >= uuid7_floor(e.since) and id < uuid7_floor(e.hi)
           union all
           (select id, verdict, revision from round
             where monitor = e.monitor and id >= uuid7_floor(e.hi) order by id limit 1)
         ) as r
         left join monitor_revision v on v.monitor = e.monitor and v.revision = r.revision
       -- So that no definitions are sorted, of which only the interval is wanted.
       offset 0),
     stood as (
       select monitor, since, hi, verdict, uuid7_time(id) as t,
              lead(uuid7_time(id)) over (partition by monitor order by id) as next,
              2 * coalesce(interval_ms, 60000) * interval '1 millisecond' as longest
         from near),
     span as (
       select monitor, since, hi, verdict, t as starts, least(next, t + longest) as ends
         from stood where next is not null),
     fact as (
       select monitor, date_bin('1 minute', t, 'epoch') as at, verdict, 1 as n, 0 as ms
         from stood where t >= since and t < hi
       union all
       select monitor, m.at, verdict, 0,
              extract(epoch from least(ends, m.at + interval '1 minute')
                                 - greatest(starts, m.at)) * 1000
         from span, generate_series(date_bin('1 minute', greatest(starts, since), 'epoch'),
                                    least(ends, hi) - interval '1 millisecond',
                                    interval '1 minute') as m (at)),
     written as (
       insert into verdict_minute (monitor, at, ${VERDICT_COLUMNS.join(', ')})
       select monitor, at,
              ${VERDICTS.map((v) => `coalesce(sum(n) filter (where verdict = '${v}'), 0)`).join(', ')},
              ${VERDICTS.map((v) => `coalesce(sum(ms) filter (where verdict = '${v}'), 0)`).join(', ')}
         from fact group by monitor, at
       ${REPLACE_VERDICT}
       returning monitor, at)
     ${MARK_DUE}`,
    [...columnsOf(minutes), oldest],
  );
}

export type CoarseLevel = 'hour' | 'day';

/** What each level is made of. */
const LEVELS = {
  hour: { parts: 'minute', width: "interval '1 hour'", widthMs: 3_600_000 },
  day: { parts: 'hour', width: "interval '1 day'", widthMs: 86_400_000 },
} as const;

/**
 * Takes buckets that begin by `lastStart` and are due, at most `limit`; days only when none of
 * their hours is.
 */
export async function takeDue(
  tx: Queryable,
  level: CoarseLevel,
  lastStart: Date,
  limit: number,
): Promise<MonitorBucket[]> {
  const { rows } = await tx.query<{ monitor: string; at: Date }>(
    `delete from rollup_due where ctid = any (array(
       select d.ctid from rollup_due d
        where d.level = $1 and d.at <= $2
          and not exists (select from rollup_due h
                           where d.level = 'day' and h.level = 'hour' and h.monitor = d.monitor
                             and h.at >= d.at and h.at < d.at + interval '1 day')
        limit $3))
     returning monitor, at`,
    [level, lastStart, limit],
  );
  return rows;
}

/** A coarse bucket's regions from its parts: counts added, histograms merged. */
export async function rollUpByRegion(
  tx: Queryable,
  level: CoarseLevel,
  buckets: readonly MonitorBucket[],
): Promise<void> {
  const { parts, width, widthMs } = LEVELS[level];
  await tx.query(
    `with ${MINUTES},
     part as (
       select p.monitor, d.at, p.region, p.up, p.down, p.abstain, p.slow, p.failures, p.total_us,
              p.buckets, p.counts
         from due d join rollup_${parts} p on p.monitor = d.monitor
                     and p.at >= d.at and p.at < d.at + ${width} and p.at >= $3 and p.at < $4),
     histogram as (
       select monitor, at, region, array_agg(bucket order by bucket) as buckets,
              array_agg(n order by bucket) as counts
         from (select monitor, at, region, bucket, sum(n)::int as n
                 from part, unnest(buckets, counts) as b (bucket, n) group by 1, 2, 3, 4) as b
        group by 1, 2, 3),
     failed as (
       select monitor, at, region, jsonb_object_agg(class, n) as failures
         from (select monitor, at, region, class, sum(n::int) as n
                 from part, jsonb_each_text(failures) as f (class, n) group by 1, 2, 3, 4) as f
        group by 1, 2, 3),
     counted as (
       select monitor, at, region, sum(up)::int as up, sum(down)::int as down,
              sum(abstain)::int as abstain, sum(slow)::int as slow,
              sum(total_us)::bigint as total_us
         from part group by 1, 2, 3)
     insert into rollup_${level} (${REGION_COLUMNS})
     select monitor, region, at, up, down, abstain, slow, failures, total_us,
            coalesce(buckets, '{}'), coalesce(counts, '{}')
       from counted left join histogram using (monitor, at, region)
                    left join failed using (monitor, at, region)
     ${REPLACE_REGION}`,
    [...columnsOf(buckets), ...boundsOf(buckets, widthMs)],
  );
}

/** A coarse bucket's verdicts and their times, added up. */
export async function rollUpByVerdict(
  tx: Queryable,
  level: CoarseLevel,
  buckets: readonly MonitorBucket[],
): Promise<void> {
  const { parts, width, widthMs } = LEVELS[level];
  await tx.query(
    `with ${MINUTES}
     insert into verdict_${level} (monitor, at, ${VERDICT_COLUMNS.join(', ')})
     select d.monitor, d.at, ${SUM_VERDICTS}
       from due d join verdict_${parts} p on p.monitor = d.monitor
                   and p.at >= d.at and p.at < d.at + ${width} and p.at >= $3 and p.at < $4
      group by d.monitor, d.at
     ${REPLACE_VERDICT}`,
    [...columnsOf(buckets), ...boundsOf(buckets, widthMs)],
  );
}

const MINUTE_MS = 60_000;

const columnsOf = (buckets: readonly MonitorBucket[]): [string[], Date[]] => [
  buckets.map(({ monitor }) => monitor),
  buckets.map(({ at }) => at),
];

/** From the first bucket to the end of the last: other partitions are not even planned for. */
function boundsOf(buckets: readonly MonitorBucket[], widthMs: number): [Date, Date] {
  const times = buckets.map(({ at }) => at.getTime());
  const first = times.reduce((a, b) => Math.min(a, b), Infinity);
  const last = times.reduce((a, b) => Math.max(a, b), -Infinity);
  return [new Date(first), new Date(last + widthMs)];
}
