/** How the objectives stand that are about monitors of a service, in the words of the gate. */
import {
  MAX_GATE_OBJECTIVES,
  TrustMonitorError,
  type GateObjective,
  type SliStatus,
} from '@trustmonitor/protocol';
import type { Kept } from '../kept.ts';
import { objectivesAbout, type Objective } from '../slo/objectives.ts';
import { statusesOf } from '../slo/status.ts';
import type { Queryable } from '../store/database.ts';
import { selectLevelledMonitors, type LevelledMonitor } from '../store/slos.ts';

const PPM = 1_000_000;
const MILLI = 1_000;

/** The monitors that there are: shared by all who ask, for a minute at most. */
export type Fleet = Kept<readonly LevelledMonitor[]>;

/** How long who asks may be told of monitors as they were. */
export const FLEET_KEPT_MS = 60_000;

export interface GateObjectives {
  readonly objectives: GateObjective[];
  /** Those that nothing is measured of, as every monitor of the service that they are about is paused. */
  readonly pausedObjectives: string[];
}

/**
 * One for each indicator of each objective; empty where none is about any of these monitors. Throws
 * `input.too_large` for more than a decision can name: none of them may go unasked.
 */
export async function objectivesOf(
  db: Queryable,
  monitors: readonly { readonly monitor: string; readonly enabled: boolean }[],
  fleet: Fleet,
  nowMs: number,
): Promise<GateObjectives> {
  const about = await objectivesAbout(
    db,
    monitors.map(({ monitor }) => monitor),
    () => fleet.get('', nowMs, () => selectLevelledMonitors(db)),
  );
  const watched = new Set(monitors.flatMap(({ monitor, enabled }) => (enabled ? [monitor] : [])));
  const isWatched = ({ members }: Objective): boolean => members.some(({ id }) => watched.has(id));
  const statuses = await statusesOf(db, about.filter(isWatched), nowMs);
  const facts = statuses.flatMap(({ id, indicators }) =>
    indicators.map((indicator) => objectiveFactOf(id, indicator)),
  );
  const paused = about.filter((objective) => !isWatched(objective)).map(({ id }) => id);
  const most = Math.max(facts.length, paused.length);
  if (most <= MAX_GATE_OBJECTIVES) return { objectives: facts, pausedObjectives: paused };
  throw new TrustMonitorError(
    'input.too_large',
    `the service has ${most} objectives, more than ${MAX_GATE_OBJECTIVES}`,
    { where: '/service', hint: 'Divide it into services of their own.' },
  );
}

/**
 * A budget burns as fast as both windows of a pair say: the long one, so that it matters, and the
 * short one, so that it still does. The fastest pair counts.
 */
export function objectiveFactOf(
  objective: string,
  { sli, ratio, budget, burn }: SliStatus,
): GateObjective {
  const rates = burn.flatMap(({ longRate, shortRate, longMs }) =>
    longRate === null || shortRate === null
      ? []
      : [{ rate: Math.min(longRate, shortRate), longMs }],
  );
  const fastest = rates.toSorted((a, b) => b.rate - a.rate)[0];
  return {
    objective,
    sli,
    budgetLeftPpm: ratio === null ? null : Math.floor(budget.leftRatio * PPM),
    burnRateMilli: fastest === undefined ? null : Math.ceil(fastest.rate * MILLI),
    burnWindowMs: fastest?.longMs ?? null,
  };
}
