/** When rounds are due: pure arithmetic on the interval, so that ticks never drift. */
import { fnv1a } from '@trustmonitor/protocol';

/**
 * The first tick of a monitor after `afterMs`.
 *
 * Ticks lie on multiples of the interval plus an offset made from the monitor's id: load is
 * flat over the interval, and a restart or a takeover finds every monitor at its own place
 * instead of all at once.
 */
export function nextTick(monitor: string, intervalMs: number, afterMs: number): number {
  const offset = fnv1a(monitor) % intervalMs;
  return (Math.floor((afterMs - offset) / intervalMs) + 1) * intervalMs + offset;
}

/** Ticks that passed without a round between `dueMs` and `nowMs`, not counting the one at `dueMs`. */
export function missedTicks(intervalMs: number, dueMs: number, nowMs: number): number {
  return nowMs <= dueMs ? 0 : Math.floor((nowMs - dueMs) / intervalMs);
}
