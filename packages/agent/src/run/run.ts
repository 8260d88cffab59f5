/** One job from probe to results, under the job's one deadline. */
import { randomBytes } from 'node:crypto';
import type { Attempt, Guard, ProbeContext } from '@trustmonitor/probes';
import type { CheckDefinition, Result } from '@trustmonitor/protocol';
import { AGENT_VERSION } from '../version.ts';
import type { AdmittedJob } from '../jobs/admit.ts';
import type { Vitals } from '../vitals/vitals.ts';
import { abstention, resultsOf, type Reporter } from './results.ts';

/** Probes a check with its retries; the attempts in order, at least one. Never rejects. */
export type CheckRunner = (check: CheckDefinition, context: ProbeContext) => Promise<Attempt[]>;

export interface RunOptions {
  readonly runCheck: CheckRunner;
  readonly guard: Guard;
  readonly vitals: Vitals;
  readonly reporter: Reporter;
  /** Aborted when the agent stops: what is not finished is silence, hence an abstention. */
  readonly signal: AbortSignal;
}

/** A job's results, in order of attempt; none when the agent stopped meanwhile. */
export async function runJob(job: AdmittedJob, options: RunOptions): Promise<readonly Result[]> {
  const { runCheck, guard, vitals, reporter, signal } = options;
  if (performance.now() >= job.deadlineAt) {
    return [abstention(job, vitals.overloaded('the job waited here past its deadline'), reporter)];
  }
  const attempts = await runCheck(job.check.definition, {
    deadlineAt: Math.min(job.deadlineAt, performance.now() + job.check.definition.timeoutMs),
    signal,
    guard,
    traceparent: traceparentOf(job.round),
    userAgent: `TrustMonitor/${AGENT_VERSION} (region ${reporter.region})`,
    secrets: job.secrets,
  });
  if (signal.aborted) return [];
  const last = attempts.at(-1)?.failure ?? null;
  const fitness = await vitals.afterProbe(last !== null && last.attribution !== 'self');
  return resultsOf(job, attempts, fitness, reporter);
}

/** W3C trace context, sampled. The round is the trace, so results and logs carry its id already. */
function traceparentOf(round: string): string {
  return `00-${round.replaceAll('-', '')}-${randomBytes(8).toString('hex')}-01`;
}
