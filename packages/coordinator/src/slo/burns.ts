/** What changes about budgets that burn, by what is known of them and what was measured. Pure. */
import {
  NOT_BURNING,
  endBurnAlert,
  stepBurnAlert,
  type BurnRates,
  type BurnStep,
} from '@trustmonitor/alerting';
import type { StoredBurn } from '../store/slo-alerts.ts';
import { slisOf, type Measurement, type Sli } from './measurement.ts';
import type { Objective } from './objectives.ts';
import { ratesOf } from './status.ts';

export interface BurnChange {
  readonly slo: string;
  readonly sli: Sli;
  /** Null for one that is gone. */
  readonly objective: Objective | null;
  /** None for what is not watched any more. */
  readonly rates: readonly BurnRates[];
  readonly before: StoredBurn | null;
  readonly step: BurnStep;
}

/**
 * `objectives`: those of which something was measured; what was not stays as it is. Only what changes
 * is in the answer.
 */
export function burnChanges(
  objectives: readonly Objective[],
  stored: readonly StoredBurn[],
  measurement: Measurement,
): BurnChange[] {
  const known = new Map(stored.map((burn) => [`${burn.sli} ${burn.slo}`, burn]));
  const watched = objectives.filter(({ members }) => members.some(({ enabled }) => enabled));
  const stepped = watched.flatMap((objective) =>
    slisOf(objective.level).map((sli): BurnChange => {
      const { id: slo } = objective;
      const before = known.get(`${sli} ${slo}`) ?? null;
      known.delete(`${sli} ${slo}`);
      const rates = ratesOf(objective, sli, measurement);
      const step = stepBurnAlert(before?.state ?? NOT_BURNING, rates);
      return { slo, sli, objective, rates, before, step };
    }),
  );
  // What is left was deleted, or paused, or asks no more for this.
  const ended = [...known.values()].map((before): BurnChange => {
    const { slo, sli, state } = before;
    const objective = objectives.find(({ id }) => id === slo) ?? null;
    return { slo, sli, objective, rates: [], before, step: endBurnAlert(state) };
  });
  return [...stepped, ...ended].filter(isChange);
}

function isChange({ before, step }: BurnChange): boolean {
  const { firing, told, known } = before?.state ?? NOT_BURNING;
  const { state } = step;
  return firing.join() !== state.firing.join() || told !== state.told || known !== state.known;
}

/** As it is to be stored. */
export function storedAfter({ slo, sli, before, step }: BurnChange, nowMs: number): StoredBurn {
  const isTold = step.state.told !== null;
  return { slo, sli, state: step.state, sinceMs: isTold ? (before?.sinceMs ?? nowMs) : null };
}
