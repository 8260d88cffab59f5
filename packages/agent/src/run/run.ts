/** One job from probe to results, under the job's one deadline. */
import { randomBytes } from 'node:crypto';
import type { Attempt, Guard, ProbeContext } from '@trustmonitor/probes';
import { traceIdOf, type CheckDefinition, type Result } from '@trustmonitor/protocol';
import type { AdmittedJob } from '../jobs/admit.ts';
import { AGENT_VERSION } from '../version.ts';
import type { Vitals } from '../vitals/vitals.ts';
import { abstention, resultsOf, type Reporter } from './results.ts';

/** Probes a check with its retries; the attempts in order, at least one. Never rejects. */
export type CheckRunner = (check: CheckDefinition, context: ProbeContext) => Promise<Attempt[]>;

export interface RunnerOptions {
  readonly runCheck: CheckRunner;
  readonly guard: Guard;
  readonly vitals: Vitals;
  readonly reporter: Reporter;
}

export interface Runner {
  /** A job's results, in order of attempt; none when it was abandoned. */
  run(job: AdmittedJob): Promise<readonly Result[]>;
  /** Ends all probes under way: what they did not finish is silence, hence an abstention. */
  abandon(): void;
}

export function createRunner({ runCheck, guard, vitals, reporter }: RunnerOptions): Runner {
  // One controller per job: a thousand listeners on one signal cost 20 us for each that comes.
  const underWay = new Set<AbortController>();
  const nextTraceparent = traceparents();
  const userAgent = `TrustMonitor/${AGENT_VERSION} (region ${reporter.region})`;

  async function probe(job: AdmittedJob, signal: AbortSignal): Promise<readonly Result[]> {
    const attempts = await runCheck(job.check.definition, {
      deadlineAt: Math.min(job.deadlineAt, performance.now() + job.check.definition.timeoutMs),
      signal,
      guard,
      traceparent: nextTraceparent(job.round),
      userAgent,
      secrets: job.secrets,
    });
    if (signal.aborted) return [];
    const last = attempts.at(-1)?.failure ?? null;
    const fitness = await vitals.afterProbe(last !== null && last.attribution !== 'self');
    return resultsOf(job, attempts, fitness, reporter);
  }

  return {
    async run(job) {
      if (performance.now() >= job.deadlineAt) {
        const fitness = vitals.overloaded('the job waited here past its deadline');
        return [abstention(job, fitness, reporter)];
      }
      const controller = new AbortController();
      underWay.add(controller);
      try {
        return await probe(job, controller.signal);
      } finally {
        underWay.delete(controller);
      }
    },
    abandon() {
      for (const controller of underWay) controller.abort();
    },
  };
}

/**
 * W3C trace contexts, sampled. The round is the trace, whose id results carry already; the span is a number that no other process starts at (random bytes take 20 us each).
 */
function traceparents(): (round: string) => string {
  const start = randomBytes(4).toString('hex');
  let spans = 0;
  return (round) => {
    spans = (spans + 1) % 2 ** 32;
    return `00-${traceIdOf(round)}-${start}${spans.toString(16).padStart(8, '0')}-01`;
  };
}
