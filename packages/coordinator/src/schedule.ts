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

/** Where a monitor is taken up that another process watched before. */
export interface Resumption {
  /** The tick that the next round stands for; in the past when it is overdue. */
  readonly nextTickAt: number;
  /** Whether its round should not wait for a tick to come. */
  readonly isUrgent: boolean;
  /** Ticks that no round will stand for. */
  readonly missed: number;
}

/**
 * A monitor that is not plainly well, or that has missed a round and another, is asked as soon
 * as may be, once for all that it missed. Any other keeps its place: half a network that changes
 * hands must not be probed in one second.
 */
export function resumeSchedule(
  monitor: { readonly id: string; readonly intervalMs: number },
  before: { readonly lastRoundAtMs: number; readonly isSteady: boolean },
  nowMs: number,
): Resumption {
  const { id, intervalMs } = monitor;
  const due = nextTick(id, intervalMs, before.lastRoundAtMs);
  if (!before.isSteady) return { nextTickAt: Math.min(due, nowMs), isUrgent: true, missed: 0 };
  if (due > nowMs) return { nextTickAt: due, isUrgent: false, missed: 0 };
  if (nowMs - due >= intervalMs) return { nextTickAt: due, isUrgent: true, missed: 0 };
  return { nextTickAt: nextTick(id, intervalMs, nowMs), isUrgent: false, missed: 1 };
}
