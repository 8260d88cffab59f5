/** Incidents and the chain of signed records that each of them is. */
import type { Envelope, Uuid7, Verdict } from '@trustmonitor/protocol';
import type { Insight } from '../insight.ts';
import type { Queryable } from './database.ts';

/** What a list shows of an incident without opening its records. */
export interface IncidentSummary {
  readonly monitorName: string;
  readonly target: string;
  /** Regions that voted down in the round that opened it, and all its members. */
  readonly regionsDown: readonly string[];
  readonly regions: readonly string[];
  readonly reason: string;
  /** Absent from incidents of before it was kept. */
  readonly insight?: Insight;
}

export interface StoredIncident {
  readonly id: Uuid7;
  readonly monitor: string;
  readonly kind: 'down' | 'partial';
  readonly verdict: Verdict;
  readonly summary: IncidentSummary;
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | null;
}

export async function insertIncident(tx: Queryable, incident: StoredIncident): Promise<void> {
  await tx.query(
    `insert into incident (id, monitor, kind, verdict, summary, opened_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      incident.id,
      incident.monitor,
      incident.kind,
      incident.verdict,
      incident.summary,
      new Date(incident.openedAtMs),
    ],
  );
}

/** Notes the newest verdict of an open incident, and its worst kind. */
export async function updateIncident(
  tx: Queryable,
  id: Uuid7,
  kind: 'down' | 'partial',
  verdict: Verdict,
): Promise<void> {
  await tx.query(
    `update incident
        set verdict = $3, kind = case when kind = 'down' then kind else $2 end
      where id = $1 and resolved_at is null`,
    [id, kind, verdict],
  );
}

export async function resolveIncident(
  tx: Queryable,
  id: Uuid7,
  verdict: Verdict,
  resolvedAtMs: number,
): Promise<void> {
  await tx.query(
    `update incident set verdict = $2, resolved_at = $3 where id = $1 and resolved_at is null`,
    [id, verdict, new Date(resolvedAtMs)],
  );
}

interface Row {
  id: Uuid7;
  monitor: string;
  kind: 'down' | 'partial';
  verdict: Verdict;
  summary: IncidentSummary;
  opened_at: Date;
  resolved_at: Date | null;
}

const COLUMNS = 'id, monitor, kind, verdict, summary, opened_at, resolved_at';

function toStored(row: Row): StoredIncident {
  return {
    id: row.id,
    monitor: row.monitor,
    kind: row.kind,
    verdict: row.verdict,
    summary: row.summary,
    openedAtMs: row.opened_at.getTime(),
    resolvedAtMs: row.resolved_at?.getTime() ?? null,
  };
}

export async function selectIncident(db: Queryable, id: Uuid7): Promise<StoredIncident | null> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from incident where id = $1`, [id]);
  return rows[0] === undefined ? null : toStored(rows[0]);
}

/** Kept as it is until the transaction ends. */
export async function lockIncident(tx: Queryable, id: Uuid7): Promise<StoredIncident | null> {
  const { rows } = await tx.query<Row>(
    `select ${COLUMNS} from incident where id = $1 for no key update`,
    [id],
  );
  return rows[0] === undefined ? null : toStored(rows[0]);
}

/**
 * Keeps those of these incidents that are open from being closed until the transaction ends.
 * Returns the monitors of the others; an incident that is not there yet is none.
 */
export async function holdIncidents(tx: Queryable, ids: readonly Uuid7[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await tx.query<{ monitor: string; is_open: boolean }>(
    `select monitor, resolved_at is null as is_open from incident
      where id = any($1::uuid[]) order by id for no key update`,
    [ids],
  );
  return rows.flatMap(({ monitor, is_open }) => (is_open ? [] : [monitor]));
}

export interface IncidentFilter {
  readonly state: 'open' | 'resolved' | null;
  readonly monitor: string | null;
  /** Opened from this time on, and before that one. */
  readonly from: Date | null;
  readonly to: Date | null;
  readonly before: Uuid7 | null;
}

/** One page, newest first. */
export async function selectIncidentPage(
  db: Queryable,
  filter: IncidentFilter,
  limit: number,
): Promise<StoredIncident[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from incident
      where ($1::text is null or (resolved_at is null) = ($1 = 'open'))
        and ($2::text is null or monitor = $2)
        and ($3::uuid is null or id < $3)
        and ($4::timestamptz is null or opened_at >= $4)
        and ($5::timestamptz is null or opened_at < $5)
      order by id desc limit $6`,
    [filter.state, filter.monitor, filter.before, filter.from, filter.to, limit],
  );
  return rows.map(toStored);
}

export interface StoredRecord {
  /** SHA-256 of the record's payload, in hex. */
  readonly digest: string;
  readonly incident: Uuid7;
  /** 1 for the record that opened the incident. */
  readonly stepNumber: number;
  readonly step: 'open' | 'update' | 'resolve' | 'amend';
  readonly envelope: Envelope;
  readonly recordedAtMs: number;
}

export async function insertRecord(tx: Queryable, record: StoredRecord): Promise<void> {
  await tx.query(
    `insert into record (digest, incident, step_number, step, envelope, recorded_at)
     values (decode($1, 'hex'), $2, $3, $4, $5, $6)`,
    [
      record.digest,
      record.incident,
      record.stepNumber,
      record.step,
      record.envelope,
      new Date(record.recordedAtMs),
    ],
  );
}

/** All records of an incident, oldest first. */
export async function selectRecords(db: Queryable, incident: Uuid7): Promise<StoredRecord[]> {
  const { rows } = await db.query<{
    digest: string;
    incident: Uuid7;
    step_number: number;
    step: StoredRecord['step'];
    envelope: Envelope;
    recorded_at: Date;
  }>(
    `select encode(digest, 'hex') as digest, incident, step_number, step, envelope, recorded_at
       from record where incident = $1 order by step_number`,
    [incident],
  );
  return rows.map((row) => ({
    digest: row.digest,
    incident: row.incident,
    stepNumber: row.step_number,
    step: row.step,
    envelope: row.envelope,
    recordedAtMs: row.recorded_at.getTime(),
  }));
}

/** Those of these monitors that have an open incident. */
export async function selectOpenMonitors(
  db: Queryable,
  monitors: readonly string[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ monitor: string }>(
    'select monitor from incident where monitor = any($1::text[]) and resolved_at is null',
    [monitors],
  );
  return new Set(rows.map(({ monitor }) => monitor));
}

export async function countOpenIncidents(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    'select count(*)::int as n from incident where resolved_at is null',
  );
  return rows[0]?.n ?? 0;
}
