/** Every assertion against the answer: what does not hold, and the failure that makes. */
import {
  type Assertion,
  type Failure,
  type FailureClass,
  formatAssertion,
} from '@trustmonitor/protocol';
import { excerpt } from '../failure.ts';
import type { Run } from '../run.ts';
import { type Finding, inspect } from './inspect.ts';

const MAX_REPORTED = 16;
const MAX_TEXT = 300;
const MAX_DETAIL = 500;

/**
 * Null when all hold. The failure is that of the first that does not, in the order written; the
 * observation lists all of them.
 */
export function judge(assertions: readonly Assertion[], run: Run): Failure | null {
  let failure: Failure | null = null;
  for (const [index, assertion] of assertions.entries()) {
    const finding = inspect(assertion, run);
    if (finding === null) continue;
    failure ??= failureOf(assertion, finding, run);
    if (run.seen.failedAssertions.length === MAX_REPORTED) break;
    run.seen.failedAssertions.push({
      index,
      expected: excerpt(formatAssertion(assertion), MAX_TEXT),
      actual: excerpt(finding.actual, MAX_TEXT),
      where: excerpt(finding.where, MAX_TEXT),
    });
  }
  return failure;
}

function failureOf(assertion: Assertion, { actual, where }: Finding, run: Run): Failure {
  const expected = excerpt(formatAssertion(assertion), 160);
  return {
    class: classOf(assertion, run.answer.status),
    attribution: 'target',
    detail: excerpt(`expected ${expected}, but ${excerpt(where, 100)} was ${actual}`, MAX_DETAIL),
  };
}

function classOf(assertion: Assertion, status: number | null): FailureClass {
  switch (assertion.subject) {
    case 'status':
      if (status !== null && status >= 500 && status <= 599) return 'server_error';
      if (status !== null && status >= 400 && status <= 499) return 'client_error';
      return 'status_unexpected';
    case 'latency':
      return 'latency_exceeded';
    case 'cert.daysLeft':
      return 'cert_expiring';
    default:
      return 'assertion_failed';
  }
}
