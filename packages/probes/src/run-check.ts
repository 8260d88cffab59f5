/** A job's attempts: the monitor's retry policy under one deadline, each attempt kept as seen. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckDefinition, FailureClass } from '@trustmonitor/protocol';
import type { Attempt, ProbeContext } from './probe.ts';
import { probeOf } from './registry.ts';

/** Jitter comes from here, so that a test can hold it still. */
export type Random = () => number;

/** A retry that cannot run this long is not worth its place in the report. */
const MIN_ATTEMPT_MS = 20;

/** Failures where the server speaks: it is not asked again at once. */
const SPOKEN: ReadonlySet<FailureClass> = new Set(['server_error', 'client_error']);

/**
 * Runs the check until it is up, its policy ends, or its time does. The last attempt is final.
 *
 * Retried are only the classes that the policy names, never a fault of our own. The back-off
 * doubles with each attempt and is drawn from 0 to its full length ("full jitter"); after an
 * answer of the server (429, 5xx) it is waited in full, or as long as `Retry-After` says.
 */
export async function runCheck(
  check: CheckDefinition,
  context: ProbeContext,
  random: Random = Math.random,
): Promise<Attempt[]> {
  const probe = probeOf(check);
  const attempts: Attempt[] = [];
  for (;;) {
    const attempt = await probe(check, context);
    attempts.push(attempt);
    const waitMs = waitBeforeRetry(check, attempts, random);
    if (waitMs === null) return attempts;
    const timeLeftMs = context.deadlineAt - performance.now() - waitMs;
    if (timeLeftMs < MIN_ATTEMPT_MS || !(await slept(waitMs, context.signal))) return attempts;
  }
}

/** Null when the last attempt is not to be repeated. */
function waitBeforeRetry(
  check: CheckDefinition,
  attempts: readonly Attempt[],
  random: Random,
): number | null {
  const last = attempts.at(-1);
  const { count, classes, backoffMs } = check.retries;
  if (!last?.failure || attempts.length > count) return null;
  if (last.outcome === 'abstain' || !classes.includes(last.failure.class)) return null;
  const fullMs = backoffMs * 2 ** (attempts.length - 1);
  if (!SPOKEN.has(last.failure.class)) return Math.round(random() * fullMs);
  return Math.max(fullMs, retryAfterMs(last));
}

/** `Retry-After` of a 429 or 503 (RFC 9110 section 10.2.3): seconds, or a date. */
function retryAfterMs({ response }: Attempt): number {
  const value = response?.headers['retry-after'];
  if (value === undefined || (response?.status !== 429 && response?.status !== 503)) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now());
}

/** False when the agent stopped meanwhile. */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
