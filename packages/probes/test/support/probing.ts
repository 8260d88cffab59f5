/** Short ways to probe something in a test. */
import {
  type CheckDefinition,
  completeMonitorWithSecrets,
  type MonitorInput,
  type Secrets,
} from '@trustmonitor/protocol';
import { onTestFinished } from 'vitest';
import { createGuard, type Guard, type ProbeContext, runCheck } from '../../src/index.ts';
import type { Attempt } from '../../src/index.ts';

const LOOPBACK_GUARD: Guard = createGuard({ allow: ['127.0.0.0/8', '::1'] });

export type Monitored = Omit<MonitorInput, 'name'>;

export interface Options extends Partial<Omit<ProbeContext, 'deadlineAt'>> {
  /** For all attempts. */
  readonly withinMs?: number;
}

/** A check as a monitor's author would write it, not retried unless it says so. */
export function checkOf(monitored: Monitored): { check: CheckDefinition; secrets: Secrets } {
  const { monitor, secrets } = completeMonitorWithSecrets({
    name: 'test',
    retries: 0,
    ...monitored,
  });
  return { check: monitor.check, secrets };
}

export function contextOf({ withinMs = 5_000, ...rest }: Options = {}): ProbeContext {
  return {
    deadlineAt: performance.now() + withinMs,
    signal: new AbortController().signal,
    guard: LOOPBACK_GUARD,
    ...rest,
  };
}

/** All attempts. */
export async function attemptsAt(monitored: Monitored, options: Options = {}): Promise<Attempt[]> {
  const { check, secrets } = checkOf(monitored);
  // Full jitter with a chance of 0: tests do not wait for a back-off.
  return runCheck(check, contextOf({ secrets, ...options }), () => 0);
}

/** The final attempt. */
export async function probeAt(monitored: Monitored, options: Options = {}): Promise<Attempt> {
  const attempts = await attemptsAt(monitored, options);
  return attempts.at(-1)!;
}

/** Starts something, and closes it when the test is over. */
export async function using<T extends { close(): Promise<void> }>(
  starting: Promise<T>,
): Promise<T> {
  const started = await starting;
  onTestFinished(() => started.close());
  return started;
}

/** What an attempt came to, in a word: its failure class, or `up`. */
export function wordFor(attempt: Attempt): string {
  return attempt.failure?.class ?? attempt.outcome;
}
