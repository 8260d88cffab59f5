/** How the objectives stand that are about monitors of a service, in the words of the gate. */
import {
  MAX_GATE_OBJECTIVES,
  TrustMonitorError,
  type GateObjective,
  type SliStatus,
} from '@trustmonitor/protocol';
import { loadObjectives } from '../slo/objectives.ts';
import { statusesOf } from '../slo/status.ts';
import type { Queryable } from '../store/database.ts';

const PPM = 1_000_000;
const MILLI = 1_000;

/**
 * One for each indicator of each objective; empty where none is about any of these monitors. Throws
 * `input.too_large` for more than a decision can name: none of them may go unasked.
 */
export async function objectivesOf(
  db: Queryable,
  monitors: readonly string[],
  nowMs: number,
): Promise<GateObjective[]> {
  const asked = new Set(monitors);
  const objectives = (await loadObjectives(db, {})).filter(({ members }) =>
    members.some(({ id }) => asked.has(id)),
  );
  const statuses = await statusesOf(db, objectives, nowMs);
  const facts = statuses.flatMap(({ id, indicators }) =>
    indicators.map((indicator) => objectiveFactOf(id, indicator)),
  );
  if (facts.length <= MAX_GATE_OBJECTIVES) return facts;
  throw new TrustMonitorError(
    'input.too_large',
    `the service has ${facts.length} objectives, more than ${MAX_GATE_OBJECTIVES}`,
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
