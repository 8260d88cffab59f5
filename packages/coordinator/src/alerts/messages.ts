/** What the router says -> rows of the outbox. */
import type { Routed, RoutingState, Send } from '@trustmonitor/alerting';
import { TrustMonitorError, type Uuid7 } from '@trustmonitor/protocol';
import { selectAlertMessages } from '../store/alerts.ts';
import type { Queryable } from '../store/database.ts';
import { selectOpenMonitors } from '../store/incidents.ts';
import { insertMessages } from '../store/outbox.ts';
import { isIncident, messageOf, together, type AlertMessage } from './message.ts';

/** Returns how many. */
export async function writeMessages(
  tx: Queryable,
  { sends, state }: Routed,
  before: RoutingState,
  atMs: number,
): Promise<number> {
  if (sends.length === 0) return 0;
  const items = sends.flatMap((send) => send.items);
  const stored = await selectAlertMessages(tx, [...new Set(items.map(({ news }) => news))]);
  const monitors = [...stored.values()].map(({ monitor }) => monitor.id);
  const down = await selectOpenMonitors(tx, monitors);
  const words = (item: Send['items'][number]): AlertMessage => {
    const message = stored.get(item.news);
    if (message === undefined) throw new TrustMonitorError('internal', 'an alert has no words');
    const alert = state.alerts.get(item.alert) ?? before.alerts.get(item.alert);
    const sinceMs = alert?.openedAtMs ?? atMs;
    return messageOf(item, message, { atMs, sinceMs, isDown: down.has(message.monitor.id) });
  };
  await insertMessages(
    tx,
    sends.map(({ channel, items: some }) => {
      const messages = some.map(words);
      return { channel, incidents: incidentsOf(messages), payload: together(messages, atMs) };
    }),
  );
  return sends.length;
}

function incidentsOf(messages: readonly AlertMessage[]): Uuid7[] {
  return [...new Set(messages.flatMap((one) => (isIncident(one) ? [one.incident] : [])))];
}
