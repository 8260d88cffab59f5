/** Messages about error budgets, to whom they are about: the one place that hands them on. */
import type { Objective } from './objectives.ts';
import { selectChannels } from '../store/channels.ts';
import type { Queryable } from '../store/database.ts';
import { insertOutbox } from '../store/outbox.ts';
import { recipientsOf } from '../announce.ts';
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
  const options = { nowMs, withBudgets: true, excluded: [] };
  const measurement = await measure(tx, [...objectives].map(inFull), options);
  const channels = (await selectChannels(tx)).map(({ id }) => id);
  for (const change of told) {
    const { objective, sli, step } = change;
    if (step.news === null) continue;
    const spent = objective === null ? null : spentOf(objective, sli, measurement);
    const message = sloMessage(change, step.news, spent, { nowMs, apiUrl });
    const at = step.news.type === 'burning' ? 'open' : 'resolve';
    await insertOutbox(tx, recipientsOf(alertsOf(objective), at, channels), null, message);
  }
  return told.length;
}

/** Of one that is gone everybody hears. */
const alertsOf = (objective: Objective | null): Pick<Objective, 'alerts'> =>
  objective ?? { alerts: null };
