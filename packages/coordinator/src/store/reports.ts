/** Signed reports of uptime, and what they are made of. */
import type { Envelope, Uuid7, Verdict } from '@trustmonitor/protocol';
import type { Span, VerdictSpan } from '@trustmonitor/evidence';
import type { Queryable } from './database.ts';

export interface StoredReport {
  /** SHA-256 of the report's payload, in hex. */
  readonly digest: string;
  readonly monitor: string;
  readonly period: Span;
  readonly envelope: Envelope;
}

export async function insertReport(tx: Queryable, report: StoredReport): Promise<void> {
  await tx.query(
    `insert into report (digest, monitor, starts_at, ends_at, envelope)
     values (decode($1, 'hex'), $2, $3, $4, $5)`,
    [
      report.digest,
      report.monitor,
      new Date(report.period.fromMs),
      new Date(report.period.toMs),
      report.envelope,
    ],
  );
}

/** The one report of this monitor and period. */
export async function selectReport(
  db: Queryable,
  monitor: string,
  period: Span,
): Promise<StoredReport | null> {
  const { rows } = await db.query<{ digest: string; envelope: Envelope }>(
    `select encode(digest, 'hex') as digest, envelope from report
      where monitor = $1 and starts_at = $2 and ends_at = $3`,
    [monitor, new Date(period.fromMs), new Date(period.toMs)],
  );
  return rows[0] === undefined ? null : { ...rows[0], monitor, period };
}

/** Incidents that were open at any time of the period, oldest first. */
export async function selectIncidentsWithin(
  db: Queryable,
  monitor: string,
  { fromMs, toMs }: Span,
  limit: number,
): Promise<Uuid7[]> {
  const { rows } = await db.query<{ id: Uuid7 }>(
    `select id from incident
      where monitor = $1 and opened_at < $3 and (resolved_at is null or resolved_at > $2)
      order by opened_at limit $4`,
    [monitor, new Date(fromMs), new Date(toMs), limit],
  );
  return rows.map(({ id }) => id);
}

/**
 * How long what rounds said stood, within the period: from the close of each to the close of the
 * next, and no longer than `holdIntervals` of its revision's intervals. Neighbours that say the
 * same are one span, so that a period of any length is few rows.
 *
 * A round is stored under the time at which it opened; none is open for as long as two days.
 */
export async function selectVerdictSpans(
  db: Queryable,
  monitor: string,
  { fromMs, toMs }: Span,
  holdIntervals: number,
): Promise<VerdictSpan[]> {
  const { rows } = await db.query<{ verdict: Verdict; starts_at: Date; ends_at: Date }>(
    `with stood as (
       select r.verdict, r.closed_at as starts_at,
              least(lead(r.closed_at) over (order by r.closed_at, r.id),
                    r.closed_at + $4::int * (v.definition->>'intervalMs')::bigint
                                  * interval '1 millisecond') as ends_at
         from round r
         join monitor_revision v on v.monitor = r.monitor and v.revision = r.revision
        where r.monitor = $1 and r.closed_at < $3
          and r.id >= uuid7_floor($2::timestamptz - interval '2 days')
          and r.id < uuid7_floor($3::timestamptz)),
     within as (
       select verdict, greatest(starts_at, $2) as starts_at, least(ends_at, $3) as ends_at
         from stood where ends_at > $2 and ends_at > starts_at),
     marked as (
       select *, case when verdict = lag(verdict) over w and starts_at = lag(ends_at) over w
                      then 0 else 1 end as is_new
         from within window w as (order by starts_at)),
     numbered as (select *, sum(is_new) over (order by starts_at) as island from marked)
     select verdict, min(starts_at) as starts_at, max(ends_at) as ends_at
       from numbered group by island, verdict order by 2`,
    [monitor, new Date(fromMs), new Date(toMs), holdIntervals],
  );
  return rows.map(({ verdict, starts_at, ends_at }) => ({
    verdict,
    fromMs: starts_at.getTime(),
    toMs: ends_at.getTime(),
  }));
}

/** Rounds that closed within the period, and the revisions that they were of. */
export async function selectRoundsWithin(
  db: Queryable,
  monitor: string,
  { fromMs, toMs }: Span,
): Promise<{ count: number; revisions: number[] }> {
  const { rows } = await db.query<{ revision: number; count: string }>(
    `select revision, count(*) from round
      where monitor = $1 and closed_at >= $2 and closed_at < $3
        and id >= uuid7_floor($2::timestamptz - interval '2 days')
        and id < uuid7_floor($3::timestamptz)
      group by revision order by revision`,
    [monitor, new Date(fromMs), new Date(toMs)],
  );
  return {
    count: rows.reduce((sum, { count }) => sum + Number(count), 0),
    revisions: rows.map(({ revision }) => revision),
  };
}

export interface ReportedMonitor {
  /** The newest revision, of a deleted monitor too. */
  readonly revision: number;
  readonly createdAtMs: number;
}

export async function selectReportedMonitor(
  db: Queryable,
  id: string,
): Promise<ReportedMonitor | null> {
  const { rows } = await db.query<{ revision: number; created_at: Date }>(
    'select revision, created_at from monitor where id = $1',
    [id],
  );
  const [row] = rows;
  return row === undefined
    ? null
    : { revision: row.revision, createdAtMs: row.created_at.getTime() };
}
