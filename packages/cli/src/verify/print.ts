/** A verification, as a person or a program reads it. */
import { NOT_PROVEN, type VerificationReport } from '@trustmonitor/evidence';
import type { IncidentStatement } from '@trustmonitor/protocol';
import { renderFacts, type Fact } from '../output/facts.ts';
import type { Paint } from '../output/paint.ts';
import { printable } from '../output/printable.ts';
import { agreement, colourOfVerdict, instant } from '../output/words.ts';

/** One line per check, what a pass leaves open, and a last line that says how it ended. */
export function renderChecks(report: VerificationReport, paint: Paint): string {
  const width = Math.max(...report.checks.map(({ code }) => code.length));
  const checks = report.checks.map(({ code, ok, detail }) => {
    const mark = ok ? paint('green', 'ok  ') : paint('red', 'FAIL');
    return `${mark}  ${code.padEnd(width)}  ${printable(detail)}`;
  });
  return [...checks, '', ...(report.passed ? openEnds(paint) : []), lastLine(report, paint)].join(
    '\n',
  );
}

function openEnds(paint: Paint): string[] {
  return ['This does not prove:', ...NOT_PROVEN.map((what) => `  - ${what}`), ''].map((line) =>
    line === '' ? line : paint('dim', line),
  );
}

function lastLine({ checks, passed, statement }: VerificationReport, paint: Paint): string {
  const failed = checks.find(({ ok }) => !ok);
  if (passed && statement !== null) {
    const { incident, monitor, step } = statement.predicate;
    return `${paint('green', 'PASSED:')} incident ${incident} of ${monitor} (${step}), ${checks.length} checks`;
  }
  return `${paint('red', 'FAILED:')} ${failed?.code ?? 'bundle.format'}: ${printable(failed?.detail ?? '')}`;
}

/** The verified statement in a few lines. */
export function factsOf({ subject, predicate }: IncidentStatement, paint: Paint): string {
  const { incident, monitor, step, verdict, network, openedAt, resolvedAt } = predicate;
  const lastRound = predicate.rounds.at(-1);
  const votes = predicate.votes.filter(({ round }) => round === lastRound?.round);
  const facts: Fact[] = [
    { name: 'Incident', text: incident },
    { name: 'Network', text: network },
    { name: 'Monitor', text: monitor },
    { name: 'Target', text: subject.map(({ name }) => name).join(', ') },
    { name: 'Step', text: step },
    { name: 'Verdict', text: verdict, colour: colourOfVerdict(verdict) },
    {
      name: 'Votes',
      text: agreement(
        votes.map(({ vote }) => vote),
        predicate.members.length,
      ),
    },
    { name: 'Quorum', text: predicate.policy.quorum },
    { name: 'Opened', text: instant(openedAt) },
    { name: 'Resolved', text: resolvedAt === null ? 'not yet' : instant(resolvedAt) },
  ];
  return renderFacts(facts, paint);
}

/** `statement` is there only when it was asked for and everything holds. */
export function reportAsJson(report: VerificationReport, withStatement: boolean): object {
  const { passed, malformed, checks, bundleDigest, statement } = report;
  return {
    passed,
    malformed,
    bundleDigest,
    checks,
    notProven: passed ? NOT_PROVEN : [],
    ...(withStatement && statement !== null ? { statement } : {}),
  };
}
