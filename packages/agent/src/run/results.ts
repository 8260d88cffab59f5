/**
 * What a job's attempts become: one result each, of which only the last votes.
 *
 * Times in results are this machine's wall clock, uncorrected even where we know that it is off:
 * that agents' clocks owe nothing to the coordinator is what contradicts a backdated round.
 */
import type { Attempt } from '@trustmonitor/probes';
import { formatTimestamp, resultParser, type Failure, type Result } from '@trustmonitor/protocol';
import type { AdmittedJob } from '../jobs/admit.ts';
import type { Fitness } from '../vitals/vitals.ts';
import { cleanStrings } from './clean-text.ts';

/** Who reports. */
export interface Reporter {
  readonly network: string;
  readonly agent: string;
  readonly region: string;
}

/**
 * The results of a job in order of attempt, each of its schema.
 *
 * An agent that is not fit to judge abstains with its vote; what the attempts saw stays as it
 * was. A probe that reports what no result may hold is a fault of ours: an abstention.
 */
export function resultsOf(
  job: AdmittedJob,
  attempts: readonly Attempt[],
  fitness: Fitness,
  reporter: Reporter,
): readonly Result[] {
  return attempts.map((attempt, index) => {
    const final = index === attempts.length - 1;
    const place = { attempt: index + 1, final, selfCheck: fitness.selfCheck };
    const seen = final && fitness.unfit !== null ? unfit(attempt, fitness.unfit) : attempt;
    const result = cleanStrings(compose(job, seen, place, reporter));
    return resultParser.check(result) ? result : faulty(job, place, reporter);
  });
}

/** The one result of a job that was not run, for want of room. */
export function abstention(job: AdmittedJob, fitness: Fitness, reporter: Reporter): Result {
  const place = { attempt: 1, final: true, selfCheck: fitness.selfCheck };
  return compose(job, nothingSeen(Date.now(), fitness.unfit), place, reporter);
}

type Place = Pick<Result, 'attempt' | 'final' | 'selfCheck'>;

function compose(job: AdmittedJob, attempt: Attempt, place: Place, reporter: Reporter): Result {
  const { network, agent, region } = reporter;
  return {
    v: 1,
    network,
    agent,
    region,
    monitor: job.monitor,
    check: job.check.digest,
    round: job.round,
    attempt: place.attempt,
    final: place.final,
    outcome: attempt.outcome,
    failure: attempt.failure,
    startedAt: formatTimestamp(attempt.startedAtMs),
    durationMs: attempt.durationMs,
    phases: attempt.phases,
    response: attempt.response,
    selfCheck: place.selfCheck,
  };
}

/** The agent's own trouble takes the vote's place; what the probe made of it stays readable. */
function unfit(attempt: Attempt, own: Failure): Attempt {
  const saw =
    attempt.failure === null ? 'up' : `${attempt.failure.class}: ${attempt.failure.detail}`;
  const detail = `${own.detail}; the probe saw ${saw}`.slice(0, 500);
  return { ...attempt, outcome: 'abstain', failure: { ...own, detail } };
}

function faulty(job: AdmittedJob, place: Place, reporter: Reporter): Result {
  const detail = 'the probe reported what no result may hold';
  const failure: Failure = { class: 'internal_error', attribution: 'self', detail };
  return compose(job, nothingSeen(Date.now(), failure), place, reporter);
}

function nothingSeen(startedAtMs: number, failure: Failure | null): Attempt {
  const none = null;
  return {
    startedAtMs,
    durationMs: 0,
    phases: {
      resolveUs: none,
      connectUs: none,
      tlsUs: none,
      processingUs: none,
      transferUs: none,
      totalUs: 0,
    },
    outcome: 'abstain',
    failure,
    response: null,
  };
}
