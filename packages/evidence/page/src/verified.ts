/** What was given, verified as what it is: the evidence of an incident, or an uptime report. */
import {
  CHECKS,
  NOT_PROVEN,
  REPORT_CHECKS,
  TAKEN_ON_TRUST,
  isReportFile,
  nobleVerifier,
  verifyBundle,
  verifyReport,
  type CheckCode,
  type VerificationReport,
} from '@trustmonitor/evidence';
import {
  formatDuration,
  formatPercent,
  type IncidentStatement,
  type RootFile,
  type UptimeStatement,
} from '@trustmonitor/protocol';

type Facts = readonly (readonly [name: string, text: string])[];

export interface Verified {
  readonly report: VerificationReport<object>;
  /** All checks that there are for such a file, in order. */
  readonly codes: readonly CheckCode[];
  /** Verified data only; empty when a check failed. */
  readonly facts: Facts;
  /** What a pass leaves open, by title. */
  readonly openEnds: readonly (readonly [title: string, ends: readonly string[]])[];
}

const codesOf = (checks: object): CheckCode[] => Object.keys(checks) as CheckCode[];
const UNPROVEN = ['What this does not prove', NOT_PROVEN] as const;

export function verifyFile(bytes: Uint8Array, root: RootFile): Verified {
  return isReportFile(bytes) ? verifyUptime(bytes, root) : verifyIncident(bytes, root);
}

function verifyIncident(bytes: Uint8Array, root: RootFile): Verified {
  const report = verifyBundle(bytes, root, { verifier: nobleVerifier });
  const facts = report.statement === null ? [] : incidentFacts(report.statement);
  return { report, codes: codesOf(CHECKS), facts, openEnds: [UNPROVEN] };
}

function verifyUptime(bytes: Uint8Array, root: RootFile): Verified {
  const report = verifyReport(bytes, root, { verifier: nobleVerifier });
  const facts = report.statement === null ? [] : uptimeFacts(report.statement);
  const openEnds = [['What this takes on trust', TAKEN_ON_TRUST] as const, UNPROVEN];
  return { report, codes: codesOf(REPORT_CHECKS), facts, openEnds };
}

function incidentFacts({ subject, predicate }: IncidentStatement): Facts {
  const last = predicate.rounds.at(-1)?.round;
  const votes = predicate.votes.filter(({ round }) => round === last);
  const said = votes.map(({ region, vote }) => `${region}: ${vote}`).join(', ');
  const { amendment } = predicate;
  return [
    ['Monitor', predicate.monitor],
    ['Target', subject.map(({ name }) => name).join(', ')],
    ['Verdict', `${predicate.verdict} (${predicate.step})`],
    amendment === undefined
      ? ['Votes', `${said}; of ${predicate.members.length} regions, by ${predicate.policy.quorum}`]
      : ['By hand', amendment.reason],
    ['Opened', predicate.openedAt],
    ['Resolved', predicate.resolvedAt ?? 'not yet'],
    ['Network', predicate.network],
    ['Incident', predicate.incident],
  ];
}

function uptimeFacts({ subject, predicate }: UptimeStatement): Facts {
  const { network, monitor, from, to, time, figure, incidents } = predicate;
  return [
    ['Monitor', monitor],
    ['Target', subject.map(({ name }) => name).join(', ')],
    ['From', from],
    ['To', to],
    ['Uptime', `${formatPercent(figure.availabilityPpm)}, rounded down`],
    ['Down', `${lasting(time.downMs)}, in ${incidents.length} incidents`],
    ['Partial', lasting(time.partialMs)],
    ['Degraded', lasting(time.degradedMs)],
    ['Unconfirmed', lasting(time.unconfirmedDownMs)],
    ['Unknown', `${lasting(time.unknownMs)}, not counted`],
    ['Not measured', `${lasting(time.unmeasuredMs)}, not counted`],
    ['Network', network],
  ];
}

const lasting = (ms: number): string => (ms === 0 ? 'none' : formatDuration(ms));
