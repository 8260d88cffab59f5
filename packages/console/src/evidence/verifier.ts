/** The offline verifier, as a part of its own: it is loaded when evidence is looked at. */
import {
  CHECKS,
  NOT_PROVEN,
  nobleVerifier,
  verifyBundle,
  wasVacuous,
  type CheckResult,
} from '@trustmonitor/evidence';
import { parserOf, RootFile, type IncidentStatement } from '@trustmonitor/protocol';

export interface ShownCheck {
  readonly code: string;
  readonly title: string;
  /** `skip`: there was nothing to check. `not-made`: an earlier one failed, and each builds on the last. */
  readonly state: 'pass' | 'fail' | 'skip' | 'not-made';
  readonly detail: string;
}

export interface Verified {
  readonly passed: boolean;
  readonly checks: readonly ShownCheck[];
  /** Only where everything holds. */
  readonly statement: IncidentStatement | null;
  readonly digest: string;
  readonly tookMs: number;
  readonly notProven: readonly string[];
}

const rootParser = parserOf(RootFile);

/** Throws the coded error of the parser for what is no root file. */
export function readRoot(text: string): RootFile {
  return rootParser.parseJson(text, 'the root file');
}

export function verify(text: string, root: RootFile): Verified {
  const startedAt = performance.now();
  const report = verifyBundle(new TextEncoder().encode(text), root, { verifier: nobleVerifier });
  const made = new Map(report.checks.map((check) => [check.code, check]));
  return {
    passed: report.passed,
    checks: Object.entries(CHECKS).flatMap(([code, title]) => {
      const check = made.get(code as CheckResult['code']);
      if (check !== undefined) return [{ code, title, ...found(check) }];
      // A network without a log has none of its checks.
      if (report.passed) return [];
      return [{ code, title, state: 'not-made' as const, detail: 'each check builds on the last' }];
    }),
    statement: report.statement,
    digest: report.bundleDigest,
    tookMs: performance.now() - startedAt,
    notProven: NOT_PROVEN,
  };
}

function found(check: CheckResult): Pick<ShownCheck, 'state' | 'detail'> {
  const { ok, detail } = check;
  return { state: !ok ? 'fail' : wasVacuous(check) ? 'skip' : 'pass', detail };
}
