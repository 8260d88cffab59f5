/** One seed of one scenario, from beginning to end. */
import { Breach } from './check/breach.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import type { Plan } from './scenario/plan.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  readonly events: number;
  /** Over the journal: equal for equal seeds. */
  readonly hash: string;
  readonly incidents: number;
  /** Milliseconds from outages to their incidents. */
  readonly detectionMs: readonly number[];
  /** Regions that went into quarantine and came back, in order: `r0 out: flagged`, `r0 back`. */
  readonly moves: readonly string[];
  /** Why it stopped, and the last lines of its journal; null when all held to the end. */
  readonly breach: { readonly error: Breach; readonly latest: readonly string[] } | null;
}

export function runPlan(plan: Plan, seed: number, rules: Rules = ALL_RULES): Outcome {
  const world = new World(plan, seed, rules);
  const breach = breachOf(world);
  const { events, journal } = world.sim;
  return {
    seed,
    events,
    hash: journal.hash,
    incidents: world.store.incidents.size,
    detectionMs: world.detection.delays,
    moves: world.moves,
    breach: breach && { error: breach, latest: journal.latest },
  };
}

function breachOf(world: World): Breach | null {
  try {
    world.run();
    return null;
  } catch (error) {
    if (error instanceof Breach) return error;
    throw error;
  }
}
