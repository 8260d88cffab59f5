/** Whether this agent is fit to judge a target just now. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure, SelfCheck } from '@trustmonitor/protocol';
import type { Canaries, CanaryQuestion } from './canaries.ts';
import type { LoopDelay } from './loop-delay.ts';

/** What stands beside every result, and why the agent abstains, if it does. */
export interface Fitness {
  readonly selfCheck: SelfCheck;
  readonly unfit: Failure | null;
}

export interface Vitals {
  /** Right after a probe. One that failed asks the canaries too. */
  afterProbe(failed: CanaryQuestion | null): Promise<Fitness>;
  /** For a job that never ran. */
  overloaded(detail: string): Fitness;
}

export interface VitalsOptions {
  readonly canaries: Canaries;
  readonly loopDelay: LoopDelay;
  readonly loopDelayLimitMs: number;
  /** Jobs that wait. */
  readonly queued: () => number;
}

export function createVitals(options: VitalsOptions): Vitals {
  const { canaries, loopDelay, loopDelayLimitMs, queued } = options;

  const selfCheck = (state: SelfCheck['canaries']): SelfCheck => ({
    canaries: state,
    loopDelayUs: loopDelay.worstUs(),
    queued: queued(),
  });

  return {
    async afterProbe(failed) {
      // A stall that made this probe slow is on record only after the timers have had their turn.
      await sleep(1);
      const delayMs = Math.round(loopDelay.worstUs() / 1_000);
      if (delayMs > loopDelayLimitMs) {
        const detail = `the event loop was ${delayMs} ms late; the limit is ${loopDelayLimitMs} ms`;
        return { selfCheck: selfCheck(null), unfit: ownFailure('agent_overloaded', detail) };
      }
      if (failed === null) return { selfCheck: selfCheck(null), unfit: null };
      const { state, detail } = await canaries.ask(failed);
      const unfit =
        state === 'ok' ? null : ownFailure('agent_offline', `canaries do not answer: ${detail}`);
      return { selfCheck: selfCheck(state), unfit };
    },
    overloaded: (detail) => ({
      selfCheck: selfCheck(null),
      unfit: ownFailure('agent_overloaded', detail),
    }),
  };
}

function ownFailure(failureClass: 'agent_overloaded' | 'agent_offline', detail: string): Failure {
  return { class: failureClass, attribution: 'self', detail: detail.slice(0, 500) };
}
