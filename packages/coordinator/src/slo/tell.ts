/** Messages about error budgets, for whoever routes alerts: the one place that hands them on. */
import { burnPairOf, type AlertFacts, type BurnNews } from '@trustmonitor/alerting';
import { burnFacts, burnKey, commonOf } from '../alerts/facts.ts';
import { insertAlertEvents, type NewAlertEvent } from '../store/alerts.ts';
import type { Queryable } from '../store/database.ts';
import type { BurnChange } from './burns.ts';
import { measure } from './measurement.ts';
import { sloMessage } from './message.ts';
import { inFull, spentOf } from './status.ts';

/** In the transaction that notes what they are told of. Returns how many were told. */
export async function tellOfBurns(
  tx: Queryable,
  changes: readonly BurnChange[],
  { nowMs, apiUrl }: { readonly nowMs: number; readonly apiUrl: string },
): Promise<number> {
  const told = changes.filter(({ step }) => step.news !== null);
  if (told.length === 0) return 0;
  const objectives = new Set(told.flatMap(({ objective }) => objective ?? []));
  const options = { nowMs, withBudgets: true };
  const measurement = await measure(tx, [...objectives].map(inFull), options);
  const events = told.flatMap((change): NewAlertEvent[] => {
    const { objective, sli, step } = change;
    if (step.news === null) return [];
    const spent = objective === null ? null : spentOf(objective, sli, measurement);
    const message = sloMessage(change, step.news, spent, { nowMs, apiUrl });
    return [{ step: stepOf(change, step.news), facts: factsOf(change, step.news), message }];
  });
  await insertAlertEvents(tx, events);
  return events.length;
}

function stepOf({ before }: BurnChange, { type }: BurnNews): NewAlertEvent['step'] {
  if (type === 'recovered') return 'resolved';
  return (before?.state.told ?? null) === null ? 'opened' : 'updated';
}

/** Of one that is gone whoever heard of its beginning hears. */
function factsOf({ slo, sli, objective }: BurnChange, { pair }: BurnNews): AlertFacts {
  const { severity } = burnPairOf(pair);
  if (objective === null) return burnFacts({ slo, sli }, severity, null, null);
  const { members, monitor, alerts } = objective;
  // A silence of a monitor that is called like the objective is not meant for it.
  const about = commonOf(monitor ?? burnKey(slo, sli), members);
  return burnFacts({ slo, sli }, severity, about, alerts);
}
