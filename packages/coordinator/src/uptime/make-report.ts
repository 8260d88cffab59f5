/**
 * Makes the signed report of a monitor's uptime: once for each period, whoever asks.
 *
 * The incidents and the maintenance are read while the log is locked, and the report is appended before it is let
 * go: so every record of an incident that stands in the log before the report is one that the
 * report had to name. An audit of the log holds it to that.
 */
import {
  UPTIME_POLICY,
  accountTime,
  checkDigest,
  figureOf,
  incidentTime,
  signUptime,
  standingsOf,
  type IncidentSteps,
  type Signer,
  type Span,
  type TrustedKeyRing,
  type VerdictSpan,
} from '@trustmonitor/evidence';
import {
  STATEMENT_TYPE,
  TrustMonitorError,
  UPTIME_PREDICATE_TYPE,
  formatTimestamp,
  targetOf,
  type UptimeIncident,
  type UptimeMaintenance,
  type UptimePredicate,
  type UptimeStatement,
} from '@trustmonitor/protocol';
import type { Clock } from '../clock.ts';
import { predicateOf } from '../evidence.ts';
import { RingSuperseded } from '../keyrings.ts';
import { appendToLog } from '../log/append.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import { selectRecords } from '../store/incidents.ts';
import { selectNewestVersion } from '../store/keyrings.ts';
import { lockLogTree } from '../store/log.ts';
import { selectRevision } from '../store/revisions.ts';
import {
  insertReport,
  selectIncidentsWithin,
  selectReport,
  selectRoundsWithin,
  selectVerdictSpans,
  type StoredReport,
} from '../store/reports.ts';
import { excludedSpans, maintenanceOfPeriod } from './maintenance.ts';

/** As many as the statement may name. */
const MAX_INCIDENTS = 256;

export interface ReportingParts {
  readonly database: Database;
  readonly keyRings: {
    readonly current: { readonly ring: TrustedKeyRing };
    refresh(database: Queryable): Promise<boolean>;
  };
  readonly signer: Signer;
  readonly clock: Clock;
  readonly network: string;
  /** Whether the network keeps a log. */
  readonly isLogged: boolean;
}

export interface ReportRequest {
  readonly monitor: string;
  /** Its newest revision. */
  readonly revision: number;
  readonly period: Span;
  readonly actor: Actor;
}

/** The report as it was signed first. Throws `input.too_large` for too many incidents. */
export async function makeReport(
  request: ReportRequest,
  parts: ReportingParts,
): Promise<StoredReport> {
  const { database, keyRings } = parts;
  const { monitor, period } = request;
  // Settled, so read before the log is locked: everybody's decisions wait for that lock.
  const rounds = await selectRoundsWithin(database, monitor, period);
  const holds = UPTIME_POLICY.holdIntervals;
  const spans = await selectVerdictSpans(database, monitor, period, holds);
  const subject = await subjectsOf(database, request, rounds.revisions);
  const measured = { rounds: rounds.count, spans, subject };
  for (;;) {
    try {
      return await database.transaction((tx) => writeReport(tx, request, measured, parts));
    } catch (error) {
      if (!(error instanceof RingSuperseded)) throw error;
      await keyRings.refresh(database);
    }
  }
}

interface Measured {
  readonly rounds: number;
  readonly spans: readonly VerdictSpan[];
  readonly subject: UptimeStatement['subject'];
}

async function writeReport(
  tx: Queryable,
  request: ReportRequest,
  measured: Measured,
  parts: ReportingParts,
): Promise<StoredReport> {
  const { monitor, period, actor } = request;
  await lockLogTree(tx);
  const earlier = await selectReport(tx, monitor, period);
  if (earlier !== null) return earlier;
  const { ring } = parts.keyRings.current;
  if ((await selectNewestVersion(tx)) > ring.version) throw new RingSuperseded();
  const incidents = await incidentsOf(tx, monitor, period);
  const maintenance = await maintenanceOfPeriod(tx, monitor, period, ring);
  const statement: UptimeStatement = {
    _type: STATEMENT_TYPE,
    subject: measured.subject,
    predicateType: UPTIME_PREDICATE_TYPE,
    predicate: {
      network: parts.network,
      monitor,
      recordedAt: formatTimestamp(recordingTime(incidents, parts.clock())),
      keyring: { version: ring.version, digest: ring.digest },
      rounds: measured.rounds,
      ...accounted(period, incidents, measured.spans, maintenance),
    },
  };
  const { envelope, digest } = signUptime(statement, parts.signer);
  const report = { digest, monitor, period, envelope };
  await insertReport(tx, report);
  await insertAudit(tx, {
    actor,
    action: 'report.signed',
    subject: monitor,
    detail: { from: statement.predicate.from, to: statement.predicate.to },
    after: digest,
  });
  if (parts.isLogged) {
    const publicKeys = [parts.signer.publicKey];
    await appendToLog(tx, [{ kind: 'report', digest, envelope, publicKeys }]);
  }
  return report;
}

interface ReportedIncident {
  readonly steps: IncidentSteps;
  readonly records: readonly string[];
}

function accounted(
  period: Span,
  incidents: readonly ReportedIncident[],
  spans: readonly VerdictSpan[],
  maintenance: readonly UptimeMaintenance[],
): Pick<
  UptimePredicate,
  'from' | 'to' | 'policy' | 'time' | 'figure' | 'incidents' | 'maintenance'
> {
  const standings = incidents.map(({ steps }) => standingsOf(steps));
  const excluded = excludedSpans(maintenance);
  const time = accountTime(period, standings, spans, excluded);
  return {
    from: formatTimestamp(period.fromMs),
    to: formatTimestamp(period.toMs),
    policy: UPTIME_POLICY,
    time,
    figure: figureOf(time),
    incidents: incidents.map((incident) => statedIncident(incident, period, excluded)),
    maintenance: [...maintenance],
  };
}

function statedIncident(
  { steps, records }: ReportedIncident,
  period: Span,
  excluded: readonly Span[],
): UptimeIncident {
  const { incident, openedAt } = steps[0];
  const { resolvedAt } = steps.at(-1) ?? steps[0];
  return {
    incident,
    openedAt,
    resolvedAt,
    ...incidentTime(standingsOf(steps), period, excluded),
    records: [...records],
  };
}

async function incidentsOf(
  tx: Queryable,
  monitor: string,
  period: Span,
): Promise<ReportedIncident[]> {
  const ids = await selectIncidentsWithin(tx, monitor, period, MAX_INCIDENTS + 1);
  if (ids.length > MAX_INCIDENTS) {
    throw new TrustMonitorError(
      'input.too_large',
      `the period has more than ${MAX_INCIDENTS} incidents`,
      { where: '/to', hint: 'Ask for reports of shorter periods.' },
    );
  }
  const incidents: ReportedIncident[] = [];
  for (const id of ids) {
    const stored = await selectRecords(tx, id);
    const [first, ...later] = stored.map(({ envelope }) => predicateOf(envelope));
    if (first === undefined) throw new TrustMonitorError('internal', `${id} has no records`);
    incidents.push({ steps: [first, ...later], records: stored.map(({ digest }) => digest) });
  }
  return incidents;
}

/** Never before what the report rests on, even when a clock was set back. */
function recordingTime(incidents: readonly ReportedIncident[], nowMs: number): number {
  const recorded = incidents.flatMap(({ steps }) =>
    steps.map((step) => Date.parse(step.recordedAt)),
  );
  return Math.max(nowMs, ...recorded);
}

/** The checks that were run in the period; the newest where none was. */
async function subjectsOf(
  db: Queryable,
  { monitor, revision }: ReportRequest,
  revisions: readonly number[],
): Promise<UptimeStatement['subject']> {
  const subjects = new Map<string, string>();
  for (const number of revisions.length === 0 ? [revision] : revisions.slice(-256)) {
    const stored = await selectRevision(db, monitor, number);
    if (stored === null) {
      throw new TrustMonitorError('internal', `revision ${number} of ${monitor} is not stored`);
    }
    subjects.set(checkDigest(stored.check), targetOf(stored.check));
  }
  return [...subjects].map(([sha256, name]) => ({ name, digest: { sha256 } }));
}
