/** Occurrences of maintenance, and the signed statements that announced them. */
import type { Span } from '@trustmonitor/evidence';
import type { Envelope, MaintenanceWindow, Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredOccurrence {
  readonly id: Uuid7;
  readonly window: string;
  /** The window as it was when this was announced. */
  readonly definition: MaintenanceWindow;
  readonly startsAtMs: number;
  /** The same as the start for one that was called off. */
  readonly endsAtMs: number;
  /** Ids, sorted. */
  readonly monitors: readonly string[];
}

export interface StoredStatement {
  /** SHA-256 of the payload, in hex. */
  readonly digest: string;
  readonly occurrence: Uuid7;
  readonly step: 'plan' | 'end';
  readonly envelope: Envelope;
  readonly recordedAtMs: number;
}

interface Row {
  id: Uuid7;
  window_id: string;
  definition: MaintenanceWindow;
  starts_at: Date;
  ends_at: Date;
  monitors: string[];
}

const SELECT = `select id, window_id, definition, starts_at, ends_at, monitors
  from maintenance_occurrence`;

const toStored = (row: Row): StoredOccurrence => ({
  id: row.id,
  window: row.window_id,
  definition: row.definition,
  startsAtMs: row.starts_at.getTime(),
  endsAtMs: row.ends_at.getTime(),
  monitors: row.monitors,
});

export async function insertOccurrence(tx: Queryable, occurrence: StoredOccurrence): Promise<void> {
  const { id, window, definition, startsAtMs, endsAtMs, monitors } = occurrence;
  await tx.query(
    `insert into maintenance_occurrence (id, window_id, definition, starts_at, ends_at, monitors)
     values ($1, $2, $3, $4, $5, $6)`,
    [id, window, definition, new Date(startsAtMs), new Date(endsAtMs), monitors],
  );
}

export async function updateOccurrenceEnd(
  tx: Queryable,
  id: Uuid7,
  endsAtMs: number,
): Promise<void> {
  await tx.query('update maintenance_occurrence set ends_at = $2 where id = $1', [
    id,
    new Date(endsAtMs),
  ]);
}

/** Those of a window that are not over, in order of time. */
export async function selectComing(
  db: Queryable,
  window: string,
  nowMs: number,
): Promise<StoredOccurrence[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} where window_id = $1 and ends_at > $2 and ends_at > starts_at
      order by starts_at, id`,
    [window, new Date(nowMs)],
  );
  return rows.map(toStored);
}

/** When what has begun of a window ends, or has ended, at the latest; null where nothing has. */
export async function selectBegunUntil(
  db: Queryable,
  window: string,
  nowMs: number,
): Promise<number | null> {
  const { rows } = await db.query<{ until: Date | null }>(
    `select max(ends_at) as until from maintenance_occurrence
      where window_id = $1 and starts_at <= $2 and ends_at > starts_at`,
    [window, new Date(nowMs)],
  );
  return rows[0]?.until?.getTime() ?? null;
}

/** The newest of a window, also those that are over, in order of time. */
export async function selectNewestOccurrences(
  db: Queryable,
  window: string,
  limit: number,
): Promise<StoredOccurrence[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} where window_id = $1 order by starts_at desc, id desc limit $2`,
    [window, limit],
  );
  return rows.map(toStored).toReversed();
}

/** Of all windows: those that run at that time. */
export async function selectRunning(db: Queryable, atMs: number): Promise<StoredOccurrence[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} where ends_at > $1 and starts_at <= $1 order by starts_at, id`,
    [new Date(atMs)],
  );
  return rows.map(toStored);
}

/** Of all windows: those that run at that time, and those that are still to come. */
export async function selectAnnounced(db: Queryable, atMs: number): Promise<StoredOccurrence[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} where ends_at > $1 and ends_at > starts_at order by starts_at, id`,
    [new Date(atMs)],
  );
  return rows.map(toStored);
}

/** Of all windows: those of any of these monitors that ended in the span, the newest first. */
export async function selectPast(
  db: Queryable,
  monitors: readonly string[],
  { fromMs, toMs }: Span,
  limit: number,
): Promise<StoredOccurrence[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} where ends_at > $2 and ends_at <= $3 and ends_at > starts_at
        and monitors && $1::text[]
      order by starts_at desc, id desc limit $4`,
    [monitors, new Date(fromMs), new Date(toMs), limit],
  );
  return rows.map(toStored);
}

/** That were announced for a monitor and lie in a period, in order of time. */
export async function selectOccurrencesWithin(
  db: Queryable,
  monitor: string,
  { fromMs, toMs }: Span,
  limit: number,
): Promise<StoredOccurrence[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} where ends_at > $2 and starts_at < $3 and ends_at > starts_at
        and $1 = any(monitors)
      order by starts_at, id limit $4`,
    [monitor, new Date(fromMs), new Date(toMs), limit],
  );
  return rows.map(toStored);
}

export interface MaintenanceTime extends Span {
  readonly monitor: string;
}

/**
 * When each of these monitors was in maintenance that is left out of its figures, from when that was
 * announced: as far as it touches the span, and one of those that overlap.
 */
export async function selectExcludedTimes(
  db: Queryable,
  monitors: readonly string[],
  { fromMs, toMs }: Span,
): Promise<MaintenanceTime[]> {
  const { rows } = await db.query<{ monitor: string; lo: Date; hi: Date }>(
    `select monitor, lower(span) as lo, upper(span) as hi
       from (select m.monitor,
                    unnest(range_agg(tstzrange(greatest(o.starts_at, s.recorded_at), o.ends_at))) as span
               from maintenance_occurrence o
               join maintenance_statement s on s.occurrence = o.id and s.step = 'plan'
               cross join unnest(o.monitors) as m (monitor)
              where o.ends_at > $2 and o.starts_at < $3 and s.recorded_at < o.ends_at
                and o.definition ->> 'uptime' = 'excluded' and m.monitor = any($1::text[])
              group by m.monitor) as excluded
      order by monitor, lo`,
    [monitors, new Date(fromMs), new Date(toMs)],
  );
  return rows.map(({ monitor, lo, hi }) => ({
    monitor,
    fromMs: lo.getTime(),
    toMs: hi.getTime(),
  }));
}

export async function insertStatement(tx: Queryable, statement: StoredStatement): Promise<void> {
  const { digest, occurrence, step, envelope, recordedAtMs } = statement;
  await tx.query(
    `insert into maintenance_statement (digest, occurrence, step, envelope, recorded_at)
     values (decode($1, 'hex'), $2, $3, $4, $5)`,
    [digest, occurrence, step, envelope, new Date(recordedAtMs)],
  );
}

/** Of each of these occurrences: its plan and, where there is one, its end. */
export async function selectStatements(
  db: Queryable,
  occurrences: readonly Uuid7[],
): Promise<StoredStatement[]> {
  const { rows } = await db.query<{
    digest: string;
    occurrence: Uuid7;
    step: 'plan' | 'end';
    envelope: Envelope;
    recorded_at: Date;
  }>(
    `select encode(digest, 'hex') as digest, occurrence, step, envelope, recorded_at
       from maintenance_statement where occurrence = any($1::uuid[])
      order by occurrence, step desc`,
    [occurrences],
  );
  return rows.map(({ recorded_at, ...row }) => ({ ...row, recordedAtMs: recorded_at.getTime() }));
}
