/** What the gate asks the database, and the decisions that it keeps there. */
import type {
  Envelope,
  GateOutcome,
  GateStage,
  ServiceName,
  Slug,
  Uuid7,
  Verdict,
} from '@trustmonitor/protocol';
import type { Static } from 'typebox';
import type { Queryable } from './database.ts';

export interface GateViewMonitor {
  readonly monitor: Slug;
  readonly enabled: boolean;
  readonly intervalMs: number;
  /** Kind of its check. */
  readonly kind: string;
  readonly verdict: Verdict | null;
  /** By the database's clock. */
  readonly decidedMsAgo: number | null;
  readonly incident: {
    readonly id: Uuid7;
    readonly kind: 'down' | 'partial';
    readonly openedAt: Date;
  } | null;
}

export interface GateView {
  /** Leaves of the log at that moment. */
  readonly logSize: number;
  /** By id; at most as many as were asked for. */
  readonly monitors: readonly GateViewMonitor[];
}

/**
 * The monitors with this label, their incidents that are open, and the size of the log, all of one
 * moment: an incident is open here if and only if the log of that size says so, because its row and
 * its leaf are written together. That is why it is one statement.
 */
export async function selectGateView(
  db: Queryable,
  label: string,
  value: string,
  limit: number,
): Promise<GateView> {
  const { rows } = await db.query<{
    log_size: string;
    id: string | null;
    enabled: boolean;
    interval_ms: number;
    check_kind: string;
    verdict: Verdict | null;
    decided_ms_ago: number | null;
    incident: Uuid7 | null;
    kind: 'down' | 'partial' | null;
    opened_at: Date | null;
  }>(
    `select l.size as log_size, m.*, i.id as incident, i.kind, i.opened_at
       from (select size from log_state) l
       left join (
         select m.id, (r.definition ->> 'enabled')::boolean as enabled,
                (r.definition ->> 'intervalMs')::int as interval_ms,
                r.definition -> 'check' ->> 'type' as check_kind, s.verdict,
                (extract(epoch from now() - s.last_round_at) * 1000)::float8 as decided_ms_ago
           from monitor m
           join monitor_revision r on r.monitor = m.id and r.revision = m.revision
           left join monitor_state s on s.monitor = m.id
          where m.deleted_at is null and r.definition -> 'labels' ->> $1 = $2
          order by m.id limit $3) m on true
       left join incident i on i.monitor = m.id and i.resolved_at is null
      order by m.id`,
    [label, value, limit],
  );
  return {
    logSize: Number(rows[0]?.log_size ?? 0),
    monitors: rows.flatMap(({ id, incident, kind, opened_at, ...row }) => {
      if (id === null) return [];
      const isOpen = incident !== null && kind !== null && opened_at !== null;
      return [
        {
          monitor: id,
          enabled: row.enabled,
          intervalMs: row.interval_ms,
          kind: row.check_kind,
          verdict: row.verdict,
          decidedMsAgo: row.decided_ms_ago,
          incident: isOpen ? { id: incident, kind, openedAt: opened_at } : null,
        },
      ];
    }),
  };
}

export interface CountedBucket {
  readonly bucket: number;
  readonly count: number;
}

export interface LatencyDelta {
  /** Buckets ascend. */
  readonly counts: readonly CountedBucket[];
  /** Those of which there is any. */
  readonly monitors: ReadonlySet<string>;
}

/**
 * What the latency histogram of these monitors has grown by within the window: the probes that
 * succeeded, of rounds that closed in it.
 *
 * A round is stored under the time at which it opened; none is open for as long as an hour.
 */
export async function selectLatencyDelta(
  db: Queryable,
  monitors: readonly string[],
  windowMs: number,
): Promise<LatencyDelta> {
  const { rows } = await db.query<{ monitor: string; bucket: number; count: number }>(
    `select r.monitor, latency_bucket(coalesce(s.total_us, s.duration_ms * 1000)) as bucket,
            count(*)::int as count
       from round r
       join result s on s.round = r.id and s.monitor = r.monitor
      where r.monitor = any($1::text[]) and r.closed_at > now() - $2 * interval '1 millisecond'
        and r.id >= uuid7_floor(now() - $2 * interval '1 millisecond' - interval '1 hour')
        and s.round >= uuid7_floor(now() - $2 * interval '1 millisecond' - interval '1 hour')
        and s.final and s.outcome = 'up'
      group by 1, 2 order by 2`,
    [monitors, windowMs],
  );
  const counts = new Map<number, number>();
  for (const { bucket, count } of rows) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  return {
    counts: [...counts].map(([bucket, count]) => ({ bucket, count })),
    monitors: new Set(rows.map(({ monitor }) => monitor)),
  };
}

export interface StoredDecision {
  readonly id: Uuid7;
  /** SHA-256 of the signed payload, in hex. */
  readonly digest: string;
  readonly service: ServiceName;
  readonly stage: Static<typeof GateStage>;
  readonly outcome: GateOutcome;
  readonly decidedAt: Date;
  readonly envelope: Envelope;
}

export async function insertDecision(tx: Queryable, decision: StoredDecision): Promise<void> {
  await tx.query(
    `insert into gate_decision (id, digest, service, stage, outcome, decided_at, envelope)
     values ($1, decode($2, 'hex'), $3, $4, $5, $6, $7)`,
    [
      decision.id,
      decision.digest,
      decision.service,
      decision.stage,
      decision.outcome,
      decision.decidedAt,
      decision.envelope,
    ],
  );
}

interface Row {
  id: Uuid7;
  digest: string;
  service: string;
  stage: string;
  outcome: GateOutcome;
  decided_at: Date;
  envelope: Envelope;
}

const COLUMNS = `id, encode(digest, 'hex') as digest, service, stage, outcome, decided_at, envelope`;

const toStored = ({ decided_at: decidedAt, ...row }: Row): StoredDecision => ({
  ...row,
  decidedAt,
});

export async function selectDecision(db: Queryable, id: Uuid7): Promise<StoredDecision | null> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from gate_decision where id = $1`, [id]);
  return rows[0] === undefined ? null : toStored(rows[0]);
}

export interface DecisionFilter {
  readonly service: ServiceName | null;
  readonly outcome: GateOutcome | null;
  /** Decided from this time on, and before that one. */
  readonly from: Date | null;
  readonly to: Date | null;
  readonly before: Uuid7 | null;
}

/** One page, newest first. */
export async function selectDecisionPage(
  db: Queryable,
  { service, outcome, from, to, before }: DecisionFilter,
  limit: number,
): Promise<StoredDecision[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from gate_decision
      where ($1::text is null or service = $1) and ($2::text is null or outcome = $2)
        and ($3::timestamptz is null or decided_at >= $3)
        and ($4::timestamptz is null or decided_at < $4)
        and ($5::uuid is null or id < $5)
      order by id desc limit $6`,
    [service, outcome, from, to, before, limit],
  );
  return rows.map(toStored);
}
