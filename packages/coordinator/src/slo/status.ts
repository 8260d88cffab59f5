/** How objectives stand: what was measured, what is left of the budget, and how fast it goes. */
import {
  NOT_BURNING,
  budgetOf,
  burnPairOf,
  burnRatesOf,
  indicatorOf,
  startOf,
  type Budget,
  type BurnAlertState,
  type BurnRates,
  type Measured,
} from '@trustmonitor/alerting';
import { formatTimestamp, type SliStatus, type SloResource } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import { selectBurns, type StoredBurn } from '../store/slo-alerts.ts';
import { measure, slisOf, type Measurable, type Measurement, type Sli } from './measurement.ts';
import type { Objective } from './objectives.ts';

/** Of these objectives, in a few statements however many they are. */
export async function statusesOf(
  db: Queryable,
  objectives: readonly Objective[],
  nowMs: number,
): Promise<SloResource[]> {
  if (objectives.length === 0) return [];
  const measurement = await measure(db, objectives.map(inFull), { nowMs, withBudgets: true });
  const burns = new Map((await selectBurns(db)).map((burn) => [`${burn.sli} ${burn.slo}`, burn]));
  return objectives.map((objective) => {
    const { id, name, monitor, selector, level, alerts, owner, members } = objective;
    return {
      ...{ id, name, monitor, selector, level, alerts, owner, monitors: members.length },
      indicators: slisOf(level).map((sli) =>
        statusOf(objective, sli, measurement, burns.get(`${sli} ${id}`) ?? null),
      ),
    };
  });
}

/** Everything that it promises. */
export function inFull(objective: Objective): Measurable {
  return { objective, slis: slisOf(objective.level) };
}

/** Per cent. */
export function targetOf({ level }: Objective, sli: Sli): number {
  return sli === 'latency' ? (level.latency?.target ?? level.target) : level.target;
}

export function ratesOf(objective: Objective, sli: Sli, measurement: Measurement): BurnRates[] {
  const intervals = objective.members.map(({ intervalMs }) => intervalMs);
  return burnRatesOf({
    targetPercent: targetOf(objective, sli),
    windowMs: objective.level.windowMs,
    slowestIntervalMs: Math.max(0, ...intervals),
    measured: measurement.measured(objective, sli),
  });
}

export interface Spent {
  readonly measured: Measured;
  /** Time with a verdict that counts. */
  readonly measuredMs: number;
  readonly budget: Budget;
}

/** Of the objective's own window. */
export function spentOf(objective: Objective, sli: Sli, measurement: Measurement): Spent {
  const { windowMs } = objective.level;
  const measured = measurement.measured(objective, sli)(windowMs);
  const share = 1 - (indicatorOf(measured) ?? 1);
  const isLatency = sli === 'latency';
  const measuredMs = isLatency
    ? measurement.answeredMs(objective)(windowMs)
    : measured.good + measured.bad;
  const target = {
    ...{ targetPercent: targetOf(objective, sli), windowMs },
    monitors: objective.members.length,
  };
  // Slow answers are a share of all; that share of the time that they were given in is spent.
  const spentMs = isLatency ? share * measuredMs : measured.bad;
  return { measured, measuredMs, budget: budgetOf(target, spentMs) };
}

function statusOf(
  objective: Objective,
  sli: Sli,
  measurement: Measurement,
  burn: StoredBurn | null,
): SliStatus {
  const { grid } = measurement;
  const { windowMs } = objective.level;
  const { measured, measuredMs, budget } = spentOf(objective, sli, measurement);
  const known = measurement.measured(objective, 'availability')(windowMs);
  const state = burn?.state ?? NOT_BURNING;
  return {
    sli,
    target: targetOf(objective, sli),
    from: formatTimestamp(startOf(grid, windowMs)),
    to: formatTimestamp(grid.toMs),
    ratio: indicatorOf(measured),
    measuredMs,
    unknownMs: Math.max(0, measurement.possibleMs(objective, windowMs) - known.good - known.bad),
    answers: sli === 'latency' ? { all: measured.good + measured.bad, slow: measured.bad } : null,
    budget,
    burn: ratesOf(objective, sli, measurement).map((rates) => shownBurn(rates, state)),
    alert: shownAlert(state, burn?.sinceMs ?? null),
  };
}

function shownBurn({ pair, long, short }: BurnRates, state: BurnAlertState): SliStatus['burn'][0] {
  const { name, longMs, shortMs } = pair;
  return {
    ...{ pair: name, longMs, shortMs, longRate: long, shortRate: short },
    firing: state.firing.includes(name),
  };
}

function shownAlert({ told }: BurnAlertState, sinceMs: number | null): SliStatus['alert'] {
  return {
    state: told === null ? 'quiet' : 'burning',
    pair: told,
    severity: told === null ? null : burnPairOf(told).severity,
    since: sinceMs === null ? null : formatTimestamp(sinceMs),
  };
}
