/** One job from probe to results, under the job's one deadline. */
import { randomBytes } from 'node:crypto';
import type { Attempt, Guard, ProbeContext } from '@trustmonitor/probes';
import { traceIdOf, type CheckDefinition, type Result } from '@trustmonitor/protocol';
import type { Tracing } from '@trustmonitor/tracing';
import type { AdmittedJob } from '../jobs/admit.ts';
import { AGENT_VERSION } from '../version.ts';
import type { Vitals } from '../vitals/vitals.ts';
import { abstention, resultsOf, type Reporter } from './results.ts';
import { spansOfProbe } from './spans.ts';

/** Probes a check with its retries; the attempts in order, at least one. Never rejects. */
export type CheckRunner = (check: CheckDefinition, context: ProbeContext) => Promise<Attempt[]>;

export interface RunnerOptions {
  readonly runCheck: CheckRunner;
  readonly guard: Guard;
  readonly vitals: Vitals;
  readonly reporter: Reporter;
  /** Takes the spans of each probe. */
  readonly tracing: Pick<Tracing, 'record'>;
}

export interface Runner {
  /** A job's results, in order of attempt; none when it was abandoned. */
  run(job: AdmittedJob): Promise<readonly Result[]>;
  /** Ends all probes under way: what they did not finish is silence, hence an abstention. */
  abandon(): void;
}

export function createRunner(options: RunnerOptions): Runner {
  const { runCheck, guard, vitals, reporter, tracing } = options;
  // One controller per job: a thousand listeners on one signal cost 20 us for each that comes.
  const underWay = new Set<AbortController>();
  const nextSpanId = spanIds();
  const userAgent = `TrustMonitor/${AGENT_VERSION} (region ${reporter.region})`;

  async function probe(job: AdmittedJob, signal: AbortSignal): Promise<readonly Result[]> {
    const spanId = nextSpanId();
    const probeBeganAt = performance.now();
    const attempts = await runCheck(job.check.definition, {
      deadlineAt: Math.min(job.deadlineAt, probeBeganAt + job.check.definition.timeoutMs),
      signal,
      guard,
      // Sampled: whether it is kept is for the collector to say.
      traceparent: `00-${traceIdOf(job.round)}-${spanId}-01`,
      userAgent,
      secrets: job.secrets,
    });
    if (signal.aborted) return [];
    const last = attempts.at(-1)?.failure ?? null;
    const isFailure = last !== null && last.attribution !== 'self';
    const question = {
      probeBeganAt,
      since: job.recheckCanaries === true ? probeBeganAt : undefined,
    };
    const fitness = await vitals.afterProbe(isFailure ? question : null);
    const results = resultsOf(job, attempts, fitness, reporter);
    tracing.record(() => spansOfProbe(job, spanId, results));
    return results;
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
 * Ids of spans: a probe's is sent to its target, in the trace of its round. Each is a number that no
 * other process starts at (random bytes for each take 20 us).
 */
function spanIds(): () => string {
  const start = randomBytes(4).toString('hex');
  let spans = 0;
  return () => {
    spans = (spans + 1) % 2 ** 32;
    return `${start}${spans.toString(16).padStart(8, '0')}`;
  };
}
