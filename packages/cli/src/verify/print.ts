/** A verification, as a person or a program reads it. */
import {
  NOT_PROVEN,
  TAKEN_ON_TRUST,
  type UptimeVerification,
  type VerificationReport,
} from '@trustmonitor/evidence';
import {
  formatPercent,
  type IncidentPredicate,
  type IncidentStatement,
} from '@trustmonitor/protocol';
import { renderFacts, type Fact } from '../output/facts.ts';
import type { Paint } from '../output/paint.ts';
import { printable } from '../output/printable.ts';
import { agreement, colourOfVerdict, instant } from '../output/words.ts';
import { uptimeFacts } from './uptime.ts';

/** What was verified, in the words for its kind. */
export interface Presented {
  readonly report: VerificationReport<object>;
  /** One line per check, what a pass leaves open, and a last line that says how it ended. */
  readonly checks: (paint: Paint) => string;
  /** The verified statement in a few lines. Only where there is one. */
  readonly facts: (paint: Paint) => string;
  /** `statement` is there only when it was asked for and everything holds. */
  readonly json: (withStatement: boolean) => object;
}

export function presentBundle(report: VerificationReport): Presented {
  const { statement } = report;
  const open = { 'This does not prove:': NOT_PROVEN };
  const { incident = '', monitor = '', step = '' } = statement?.predicate ?? {};
  return {
    report,
    checks: (paint) =>
      renderChecks(report, open, `incident ${incident} of ${monitor} (${step})`, paint),
    facts: (paint) => (statement === null ? '' : factsOf(statement, paint)),
    json: (withStatement) => asJson(report, {}, withStatement),
  };
}

export function presentReport(report: UptimeVerification): Presented {
  const { statement } = report;
  const open = { 'This takes on trust:': TAKEN_ON_TRUST, 'This does not prove:': NOT_PROVEN };
  const { monitor = '', figure } = statement?.predicate ?? {};
  const uptime = figure === undefined ? '' : formatPercent(figure.availabilityPpm);
  return {
    report,
    checks: (paint) => renderChecks(report, open, `uptime of ${monitor}: ${uptime}`, paint),
    facts: (paint) => (statement === null ? '' : renderFacts(uptimeFacts(statement), paint)),
    json: (withStatement) =>
      asJson(report, { takenOnTrust: report.passed ? TAKEN_ON_TRUST : [] }, withStatement),
  };
}

function renderChecks(
  report: VerificationReport<object>,
  openEnds: Readonly<Record<string, readonly string[]>>,
  what: string,
  paint: Paint,
): string {
  const width = Math.max(...report.checks.map(({ code }) => code.length));
  const checks = report.checks.map(({ code, ok, detail }) => {
    const mark = ok ? paint('green', 'ok  ') : paint('red', 'FAIL');
    return `${mark}  ${code.padEnd(width)}  ${printable(detail)}`;
  });
  const open = Object.entries(openEnds).flatMap(([title, points]) =>
    [title, ...points.map((point) => `  - ${point}`), ''].map((line) =>
      line === '' ? line : paint('dim', line),
    ),
  );
  return [...checks, '', ...(report.passed ? open : []), lastLine(report, what, paint)].join('\n');
}

function lastLine(
  { checks, passed }: VerificationReport<object>,
  what: string,
  paint: Paint,
): string {
  if (passed) return `${paint('green', 'PASSED:')} ${what}, ${checks.length} checks`;
  const failed = checks.find(({ ok }) => !ok);
  return `${paint('red', 'FAILED:')} ${failed?.code ?? 'bundle.format'}: ${printable(failed?.detail ?? '')}`;
}

/** The verified statement in a few lines. */
function factsOf({ subject, predicate }: IncidentStatement, paint: Paint): string {
  const { incident, monitor, step, verdict, network, openedAt, resolvedAt } = predicate;
  const { amendment } = predicate;
  const facts: Fact[] = [
    { name: 'Incident', text: incident },
    { name: 'Network', text: network },
    { name: 'Monitor', text: monitor },
    { name: 'Target', text: subject.map(({ name }) => name).join(', ') },
    { name: 'Step', text: step },
    ...(amendment === undefined ? [] : [{ name: 'By hand', text: printable(amendment.reason) }]),
    { name: 'Verdict', text: verdict, colour: colourOfVerdict(verdict) },
    ...(amendment === undefined ? [votesOf(predicate)] : []),
    { name: 'Quorum', text: predicate.policy.quorum },
    { name: 'Opened', text: instant(openedAt) },
    { name: 'Resolved', text: resolvedAt === null ? 'not yet' : instant(resolvedAt) },
  ];
  return renderFacts(facts, paint);
}

/** Of the round that decided; by hand nothing is. */
function votesOf({ rounds, votes, members }: IncidentPredicate): Fact {
  const last = rounds.at(-1)?.round;
  const cast = votes.filter(({ round }) => round === last).map(({ vote }) => vote);
  return { name: 'Votes', text: agreement(cast, members.length) };
}

function asJson(report: VerificationReport<object>, more: object, withStatement: boolean): object {
  const { passed, malformed, checks, bundleDigest, statement } = report;
  return {
    passed,
    malformed,
    bundleDigest,
    checks,
    notProven: passed ? NOT_PROVEN : [],
    ...more,
    ...(withStatement && statement !== null ? { statement } : {}),
  };
}
