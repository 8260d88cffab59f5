/**
 * What is said to one channel about several alerts, put together.
 *
 *     quiet   -- something to say ----------------> waiting   for `groupWait`, or not at all
 *     waiting -- its time has come ---------------> sent      all that waits, in one message
 *     sent    -- something to say, too soon ------> waiting   until `groupInterval` after that
 *     sent    -- `groupInterval` has passed ------> quiet
 */
import type { GroupState, Item, Send, Track } from './types.ts';

export function withItem(
  group: GroupState | undefined,
  track: Track,
  item: Item,
  atMs: number,
): GroupState {
  const { channel, groupWaitMs: waitMs, groupIntervalMs: intervalMs } = track;
  const before = group ?? { channel, sentAtMs: null, readyAtMs: null, pending: [] };
  const earliest = (before.sentAtMs ?? -Infinity) + intervalMs;
  const readyAtMs = before.readyAtMs ?? Math.max(atMs + waitMs, earliest);
  return { ...before, waitMs, intervalMs, readyAtMs, pending: [...before.pending, item] };
}

/** As many messages as it takes; one for each item where nothing is to be put together. */
export function messagesOf(group: GroupState, maxItems: number): Send[] {
  const { channel, pending, waitMs, intervalMs } = group;
  const size = waitMs + intervalMs === 0 ? 1 : Math.max(1, maxItems);
  const count = Math.ceil(pending.length / size);
  return Array.from({ length: count }, (_, i) => {
    return { channel, items: pending.slice(i * size, (i + 1) * size) };
  });
}
