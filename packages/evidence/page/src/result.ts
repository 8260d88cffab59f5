/** A verification as a reader sees it: how it ended, what was checked, what is left open. */
import {
  CHECKS,
  REPORT_CHECKS,
  NOT_PROVEN,
  wasVacuous,
  type CheckCode,
  type CheckResult,
  type VerificationReport,
} from '@trustmonitor/evidence';
import type { IncidentStatement } from '@trustmonitor/protocol';
import { element, markOf, type Mark } from './dom.ts';

export interface Outcome {
  readonly report: VerificationReport;
  readonly file: string;
  /** Checked against a root that the server itself handed out. */
  readonly isServersRoot: boolean;
}

export function renderResult({ report, file, isServersRoot }: Outcome): Node[] {
  return [
    bannerOf(report, file, isServersRoot),
    ...(report.statement === null ? [] : factsOf(report.statement)),
    heading('What was checked'),
    checksOf(report),
    ...(report.passed ? openEnds() : []),
    heading('The file'),
    definitions([
      ['Name', file],
      ['SHA-256', report.bundleDigest],
    ]),
  ];
}

function bannerOf(report: VerificationReport, file: string, isServersRoot: boolean): Node {
  const { mark, title, text } = endingOf(report, file, isServersRoot);
  // Focused when it appears, so that a keyboard or a screen reader is where the answer is.
  const words = element('h2', { tabindex: '-1', id: 'verdict' }, title);
  return element('div', { class: `banner ${mark}` }, markOf(mark), words, element('p', {}, text));
}

function endingOf(
  { passed, malformed, checks }: VerificationReport,
  file: string,
  isServersRoot: boolean,
): { mark: Mark; title: string; text: string } {
  if (passed && isServersRoot) {
    return {
      mark: 'warn',
      title: 'Consistent, but nobody you trust vouches for it',
      text: 'Every check holds against the root that this server offered. Verify again with a root file from the operator.',
    };
  }
  if (passed) {
    return {
      mark: 'pass',
      title: 'Verified',
      text: `${holdingOf(checks)} ${file} is what the network signed.`,
    };
  }
  if (malformed) {
    return {
      mark: 'fail',
      title: 'Not an evidence bundle',
      text: `${file} is some other file, or was damaged on its way. There is nothing to verify.`,
    };
  }
  const failed = checks.find(({ ok }) => !ok);
  return {
    mark: 'fail',
    title: 'Not verified',
    text: `A check failed (${failed?.code ?? ''}). Do not rely on anything that this file says.`,
  };
}

function holdingOf(checks: readonly CheckResult[]): string {
  const vacuous = checks.filter(wasVacuous).length;
  if (vacuous === 0) return `All ${checks.length} checks hold.`;
  return `${checks.length - vacuous} checks hold, ${vacuous} had nothing to check (see below).`;
}

/** Verified data only. */
function factsOf({ subject, predicate }: IncidentStatement): Node[] {
  const last = predicate.rounds.at(-1)?.round;
  const votes = predicate.votes.filter(({ round }) => round === last);
  const said = votes.map(({ region, vote }) => `${region}: ${vote}`).join(', ');
  return [
    heading('What it says'),
    definitions([
      ['Monitor', predicate.monitor],
      ['Target', subject.map(({ name }) => name).join(', ')],
      ['Verdict', `${predicate.verdict} (${predicate.step})`],
      ['Votes', `${said}; of ${predicate.members.length} regions, by ${predicate.policy.quorum}`],
      ['Opened', predicate.openedAt],
      ['Resolved', predicate.resolvedAt ?? 'not yet'],
      ['Network', predicate.network],
      ['Incident', predicate.incident],
    ]),
  ];
}

function checksOf({ checks, passed }: VerificationReport): Node {
  const made = checks.map(({ code, ok, detail }) =>
    checkItem(code, markFor({ code, ok, detail }), detail),
  );
  const codes = Object.keys(CHECKS) as CheckCode[];
  const done = new Set(checks.map(({ code }) => code));
  // A passed bundle may need fewer checks: a network without a log has none of its checks.
  const skipped = passed ? [] : codes.filter((code) => !done.has(code));
  const rest = skipped.map((code) =>
    checkItem(code, 'skip', 'not checked: each builds on the last'),
  );
  return element('ol', { class: 'checks' }, ...made, ...rest);
}

/** A tick is for what was looked at. */
function markFor(check: CheckResult): Mark {
  if (!check.ok) return 'fail';
  return wasVacuous(check) ? 'skip' : 'pass';
}

const SPOKEN: Readonly<Record<Mark, string>> = {
  pass: 'Holds: ',
  fail: 'Fails: ',
  skip: 'Not checked: ',
  warn: 'Caution: ',
};

const TITLES: Readonly<Record<CheckCode, string>> = { ...REPORT_CHECKS, ...CHECKS };

function checkItem(code: CheckCode, mark: Mark, detail: string): Node {
  return element(
    'li',
    { class: mark, 'data-code': code },
    markOf(mark),
    element('span', {}, element('span', { class: 'spoken' }, SPOKEN[mark]), TITLES[code]),
    element('span', { class: 'detail' }, element('code', {}, code), ` · ${detail}`),
  );
}

function openEnds(): Node[] {
  const ends = NOT_PROVEN.map((what) => element('li', {}, what));
  return [heading('What this does not prove'), element('ul', { class: 'open-ends' }, ...ends)];
}

const heading = (text: string): Node => element('h3', {}, text);

function definitions(pairs: readonly (readonly [string, string])[]): Node {
  const rows = pairs.flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)]);
  return element('dl', {}, ...rows);
}
