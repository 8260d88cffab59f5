/** Reading rollups: a bucket that is due is read from its parts. */
import type { Verdict } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export type Level = 'minute' | 'hour' | 'day';

/** A row of one level; from an hour or a day that is due, one of its parts. */
export interface RegionRow {
  readonly at: Date;
  readonly region: string;
  readonly up: number;
  readonly down: number;
  readonly abstain: number;
  readonly slow: number;
  readonly failures: Readonly<Record<string, number>> | null;
  /** Of those up. */
  readonly totalUs: number;
  readonly buckets: readonly number[];
  readonly counts: readonly number[];
}

export type VerdictRow = { readonly at: Date } & Readonly<Record<Verdict, number>> &
  Readonly<Record<`${Verdict}_ms`, number>>;

/** Stretches of one level that rows are taken from, without the buckets in `except`. */
export interface Stretches {
  readonly level: Level;
  readonly monitor: string;
  readonly stretches: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly except: readonly Date[];
}

/** Hours and days of the monitor that begin in the time, and are not what their parts say. */
export async function selectDue(
  db: Queryable,
  monitor: string,
  fromMs: number,
  toMs: number,
): Promise<{ level: 'hour' | 'day'; at: Date }[]> {
  const { rows } = await db.query<{ level: 'hour' | 'day'; at: Date }>(
    `select level, at from rollup_due
      where level in ('hour', 'day') and monitor = $1 and at >= $2 and at < $3 order by at`,
    [monitor, new Date(fromMs), new Date(toMs)],
  );
  return rows;
}

/**
 * One statement for each level; its plan is held by a test. Arrays come as JSON, which the driver
 * reads many times faster.
 */
export const regionRowsSql = (level: Level): string =>
  `select p.at, region, up, down, abstain, slow, failures, total_us,
          to_json(buckets) as buckets, to_json(counts) as counts
     from unnest($2::timestamptz[], $3::timestamptz[]) as s (lo, hi)
     join rollup_${level} p on p.monitor = $1 and p.at >= s.lo and p.at < s.hi
    where p.at >= $4 and p.at < $5 and p.at <> all ($6::timestamptz[])`;

export const verdictRowsSql = (level: Level): string =>
  `select p.* from unnest($2::timestamptz[], $3::timestamptz[]) as s (lo, hi)
     join verdict_${level} p on p.monitor = $1 and p.at >= s.lo and p.at < s.hi
    where p.at >= $4 and p.at < $5 and p.at <> all ($6::timestamptz[])`;

export async function selectRegionRows(db: Queryable, from: Stretches): Promise<RegionRow[]> {
  if (from.stretches.length === 0) return [];
  const { rows } = await db.query<Omit<RegionRow, 'totalUs'> & { total_us: string }>(
    regionRowsSql(from.level),
    stretchValues(from),
  );
  return rows.map(({ total_us, ...row }) => ({ ...row, totalUs: Number(total_us) }));
}

export async function selectVerdictRows(db: Queryable, from: Stretches): Promise<VerdictRow[]> {
  if (from.stretches.length === 0) return [];
  const { rows } = await db.query<VerdictRow>(verdictRowsSql(from.level), stretchValues(from));
  return rows;
}

/** The outer bounds are there twice: with them partitions are left out before anything runs. */
export function stretchValues({ monitor, stretches, except }: Omit<Stretches, 'level'>): unknown[] {
  const starts = stretches.map(({ fromMs }) => fromMs);
  const ends = stretches.map(({ toMs }) => toMs);
  return [
    monitor,
    starts.map((at) => new Date(at)),
    ends.map((at) => new Date(at)),
    new Date(Math.min(...starts)),
    new Date(Math.max(...ends)),
    except,
  ];
}
