/** What the router says -> rows of the outbox. */
import type { Item, Routed, RoutingState } from '@trustmonitor/alerting';
import type { Logger } from 'pino';
import { enqueue } from '../notify/enqueue.ts';
import { selectAlertMessages } from '../store/alerts.ts';
import type { Queryable } from '../store/database.ts';
import { selectOpenMonitors } from '../store/incidents.ts';
import { isIncident, messageOf, together, type AlertMessage } from './message.ts';

export interface WritingParts {
  readonly apiUrl: string;
  readonly log: Logger;
}

/**
 * Returns how many. What was said so long ago that its words are forgotten is left out, as nobody
 * would ever hear of anything else.
 */
export async function writeMessages(
  tx: Queryable,
  { sends, state }: Routed,
  before: RoutingState,
  atMs: number,
  { apiUrl, log }: WritingParts,
): Promise<number> {
  if (sends.length === 0) return 0;
  const items = sends.flatMap((send) => send.items);
  const stored = await selectAlertMessages(tx, [...new Set(items.map(({ news }) => news))]);
  noteWordless(items, stored, log);
  const incidents = [...stored.values()].filter(isIncident);
  const down = await selectOpenMonitors(
    tx,
    incidents.map(({ monitor }) => monitor.id),
  );
  const words = (item: Item): AlertMessage[] => {
    const message = stored.get(item.news);
    if (message === undefined) return [];
    const alert = state.alerts.get(item.alert) ?? before.alerts.get(item.alert);
    const sinceMs = alert?.openedAtMs ?? atMs;
    const isDown = isIncident(message) && down.has(message.monitor.id);
    return [messageOf(item, message, { atMs, sinceMs, isDown, apiUrl })];
  };
  let written = 0;
  for (const { channel, items: some } of sends) {
    const messages = some.flatMap(words);
    if (messages.length === 0) continue;
    await enqueue(tx, [channel], together(messages, atMs));
    written += 1;
  }
  return written;
}

function noteWordless(
  items: readonly Item[],
  stored: ReadonlyMap<number, AlertMessage>,
  log: Logger,
): void {
  const wordless = items.filter(({ news }) => !stored.has(news)).map(({ alert }) => alert);
  if (wordless.length === 0) return;
  log.error({ alerts: [...new Set(wordless)] }, 'alerts whose words are forgotten are left out');
}
