/** The way into the outbox: every message gets there with what it is about, as its story says it. */
import type { Uuid7 } from '@trustmonitor/protocol';
import { isIncident } from '../alerts/message.ts';
import type { Message } from '../announce.ts';
import type { Queryable } from '../store/database.ts';
import { insertOutbox } from '../store/outbox.ts';
import { storyOf } from './story.ts';

/**
 * Writes the message for each channel, in the transaction of what it tells of. It is sent after those
 * that are about the same, and waits for no other.
 */
export async function enqueue(
  tx: Queryable,
  channels: readonly string[],
  message: Message,
): Promise<void> {
  const { keys } = storyOf(message);
  await insertOutbox(tx, { channels, incidents: incidentsOf(message), keys, payload: message });
}

function incidentsOf(message: Message): Uuid7[] {
  const all = message.type === 'alerts.grouped' ? message.alerts : [message];
  return [...new Set(all.flatMap((one) => (isIncident(one) ? [one.incident] : [])))];
}
