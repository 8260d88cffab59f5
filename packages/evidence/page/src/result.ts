/** A verification as a reader sees it: how it ended, what was checked, what is left open. */
import {
  CHECKS,
  REPORT_CHECKS,
  wasVacuous,
  type CheckCode,
  type CheckResult,
  type VerificationReport,
} from '@trustmonitor/evidence';
import { definitions, element, heading, markOf, type Mark } from './dom.ts';
import type { Verified } from './verified.ts';

export interface Outcome {
  readonly verified: Verified;
  readonly file: string;
  /** Checked against a root that the server itself handed out. */
  readonly isServersRoot: boolean;
}

export function renderResult({ verified, file, isServersRoot }: Outcome): Node[] {
  const { report, facts, openEnds } = verified;
  return [
    bannerOf(report, file, isServersRoot),
    ...(facts.length === 0 ? [] : [heading('What it says'), definitions(facts)]),
    heading('What was checked'),
    checksOf(verified),
    ...(report.passed ? openEnds.flatMap(([title, ends]) => endsOf(title, ends)) : []),
    heading('The file'),
    definitions([
      ['Name', file],
      ['SHA-256', report.bundleDigest],
    ]),
  ];
}

function bannerOf(report: VerificationReport<object>, file: string, isServersRoot: boolean): Node {
  const { mark, title, text } = endingOf(report, file, isServersRoot);
  // Focused when it appears, so that a keyboard or a screen reader is where the answer is.
  const words = element('h2', { tabindex: '-1', id: 'verdict' }, title);
  return element('div', { class: `banner ${mark}` }, markOf(mark), words, element('p', {}, text));
}

function endingOf(
  { passed, malformed, checks }: VerificationReport<object>,
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
      text: `${file} is neither a bundle nor an uptime report, or was damaged on its way. There is nothing to verify.`,
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

function checksOf({ report: { checks, passed }, codes }: Verified): Node {
  const made = checks.map(({ code, ok, detail }) =>
    checkItem(code, markFor({ code, ok, detail }), detail),
  );
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

function endsOf(title: string, ends: readonly string[]): Node[] {
  const items = ends.map((what) => element('li', {}, what));
  return [heading(title), element('ul', { class: 'open-ends' }, ...items)];
}
