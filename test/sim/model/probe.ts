/** What an agent makes of a job: attempts, canaries, and the results of each; or lies. */
import {
  formatTimestamp,
  type FailureClass,
  type Job,
  type Result,
  type Vote,
} from '@trustmonitor/protocol';
import type { AdmittedJob } from '../../../packages/agent/src/jobs/admit.ts';
import type { Rng } from '../kernel/rng.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { Agent } from './agent.ts';
import { NETWORK, type Provenance, type SealedResult } from './notary.ts';
import type { Region } from './region.ts';
import type { Target } from './target.ts';

/** What a lying agent says: all of it is signed with its own, enrolled key. */
export const LIES = [
  /** The opposite of what it saw. */
  'inverted',
  /** Always `down`. */
  'down',
  /** Both, as the same attempt of the same round. */
  'contradicting',
  /** What it saw, and the opposite as a vote in the round before. */
  'stale',
  /** The opposite, said to have been seen ten minutes ago. */
  'backdated',
  /** The opposite, in the name of another agent. */
  'impersonating',
] as const;
export type Lie = (typeof LIES)[number];

export interface ProbeParts {
  readonly sim: Simulation;
  readonly rng: Rng;
  readonly isTrueToCanaries: boolean;
  watch(monitor: string): { readonly target: Target; readonly isSilentWhenDown: boolean };
  regionOf(agent: Agent): Region;
}

const ANSWER_MS = { min: 5, max: 150 } as const;
const CANARY_MS = 20;
/** By more than this after its deadline, and a machine was stopped. */
const LATE_MS = 250;
const BACKOFF_MS = 200;
const BACKDATED_MS = 600_000;

/** Why an agent judges nobody. */
type Unfit = Extract<FailureClass, 'agent_offline' | 'agent_overloaded'>;

interface Attempt {
  readonly failed: boolean;
  readonly provenance: Provenance;
  readonly durationMs: number;
}

/** Runs the job in virtual time and hands over its results, in order of attempt. */
export function probe(
  agent: Agent,
  job: AdmittedJob,
  parts: ProbeParts,
  done: (results: readonly SealedResult[]) => void,
): void {
  const { sim } = parts;
  const attempts: Attempt[] = [];
  const attempt = (): void => {
    const made = request(agent, job, parts);
    attempts.push(made);
    sim.after(made.durationMs, agent, `probed ${job.monitor}`, () => {
      const mayRetry = attempts.length === 1 && sim.now + BACKOFF_MS < job.deadlineAt;
      if (!made.failed) conclude(null);
      else if (mayRetry) sim.after(BACKOFF_MS, agent, 'tries again', attempt);
      else sim.after(CANARY_MS, agent, 'asks canaries', () => conclude(canaries()));
    });
  };
  const isAnew = job.recheckCanaries === true;
  const beganAt = sim.now;
  const region = parts.regionOf(agent);
  const canaries = (): boolean => {
    if (!parts.isTrueToCanaries || region.believesCanaries(isAnew)) return true;
    return agent.canaries.heard(region.canariesAnswer(sim.now), beganAt, sim.now);
  };
  const conclude = (canariesAnswer: boolean | null): void => {
    // A machine that was stopped in between sees its own deadline pass, and judges nobody.
    const isStopped = sim.now > job.deadlineAt + LATE_MS;
    const unfit =
      canariesAnswer === false ? 'agent_offline' : isStopped ? 'agent_overloaded' : null;
    done(tell(agent, job, attempts, unfit));
  };
  attempt();
}

function request(agent: Agent, job: AdmittedJob, parts: ProbeParts): Attempt {
  const { sim, rng } = parts;
  const at = sim.now;
  const { target, isSilentWhenDown } = parts.watch(job.monitor);
  const targetFails = target.fails(agent.region, at, rng);
  const regionFails = parts.regionOf(agent).fails(at);
  const failed = targetFails || regionFails;
  const cause = regionFails && !targetFails ? 'noise' : 'honest';
  const waits = failed && (regionFails || isSilentWhenDown);
  const durationMs = waits ? job.deadlineAt - at : rng.between(ANSWER_MS.min, ANSWER_MS.max);
  const canariesAnew = job.recheckCanaries === true;
  return { failed, provenance: { cause, probedAt: at, canariesAnew }, durationMs };
}

/** The results as an honest agent reports them, and what a liar makes of them. */
function tell(
  agent: Agent,
  job: Job,
  attempts: readonly Attempt[],
  unfit: Unfit | null,
): SealedResult[] {
  const honest = attempts.map(({ failed, provenance, durationMs }, i): SealedResult => {
    const final = i === attempts.length - 1;
    const abstains = failed && final ? unfit : null;
    const outcome: Vote = !failed ? 'up' : abstains === null ? 'down' : 'abstain';
    const at = provenance.probedAt + agent.skewMs;
    const seen = { attempt: i + 1, final, outcome, unfit: abstains, at, durationMs };
    return { result: compose(agent, job, seen), provenance };
  });
  return agent.lie === null ? honest : lied(agent, honest, agent.lie);
}

interface Seen {
  readonly attempt: number;
  readonly final: boolean;
  readonly outcome: Vote;
  readonly unfit: Unfit | null;
  readonly at: number;
  readonly durationMs: number;
}

const NO_PHASES: Result['phases'] = {
  resolveUs: null,
  connectUs: null,
  tlsUs: null,
  processingUs: null,
  transferUs: null,
  totalUs: 0,
};
const SELF_CHECK: Result['selfCheck'] = { canaries: null, loopDelayUs: 0, queued: 0 };

function compose(agent: Agent, job: Job, seen: Seen): Result {
  return {
    v: 1,
    network: NETWORK,
    agent: agent.name,
    region: agent.region,
    monitor: job.monitor,
    check: job.check.digest,
    round: job.round,
    attempt: seen.attempt,
    final: seen.final,
    outcome: seen.outcome,
    failure: seen.unfit && { class: seen.unfit, attribution: 'self', detail: '' },
    startedAt: formatTimestamp(seen.at),
    durationMs: seen.durationMs,
    phases: NO_PHASES,
    response: null,
    selfCheck: SELF_CHECK,
  };
}

function lied(agent: Agent, honest: readonly SealedResult[], lie: Lie): SealedResult[] {
  const last = honest.at(-1);
  if (last === undefined) return [];
  const { result, provenance } = last;
  const opposite: Vote = result.outcome === 'down' ? 'up' : 'down';
  const saying = (fields: Partial<Result>): SealedResult => ({
    result: { ...result, ...fields },
    provenance: { ...provenance, cause: 'lie' },
  });
  const before = agent.lastRound;
  agent.lastRound = result.round;
  switch (lie) {
    case 'inverted':
      return [saying({ outcome: opposite })];
    case 'down':
      return [saying({ outcome: 'down' })];
    case 'contradicting':
      return [saying({ outcome: opposite }), ...honest, saying({ outcome: opposite, attempt: 3 })];
    case 'stale':
      return [...honest, saying({ outcome: opposite, round: before ?? result.round })];
    case 'backdated': {
      const at = provenance.probedAt - BACKDATED_MS;
      return [saying({ outcome: opposite, startedAt: formatTimestamp(at) })];
    }
    case 'impersonating':
      return [saying({ outcome: opposite, agent: 'somebody-else' })];
  }
}
