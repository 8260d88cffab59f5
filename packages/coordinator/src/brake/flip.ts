/**
 * Whether so many monitors fail at once that it is more likely us than them. Pure.
 *
 *     free -- a fleet-wide flip, and some wait ----> held   no incident opens without one more round,
 *                                                           before which agents ask their canaries anew
 *     held -- no fleet-wide flip any more ---------> free
 *
 * A monitor is part of the flip from its first failing round on, until it is found up again or a
 * minute has passed since its incident opened. While held, one that still waits stays part of it
 * however long ago it failed: its regions abstain, or are silent, and nothing is known of it.
 *
 * All of it follows from the monitors' states, so that neither a restart nor another coordinator
 * begins with nothing. Each coordinator counts what it watches itself.
 */
import { wouldOpen, type MonitorState } from '@trustmonitor/quorum';

const WINDOW_MS = 60_000;
/** More than this share of what is settled. */
const SHARE = 0.3;
/** A few that fail together are more likely behind one door. */
const MIN_FLIPPED = 10;

export interface Flip {
  /** Monitors that failed within the window, whether or not their incident is open. */
  readonly flipped: number;
  /** Of these, the ones whose incident would open next. */
  readonly waiting: number;
  /** Monitors of which a verdict was ever settled. */
  readonly settled: number;
}

/** `isHeld`: whether those that wait count however long they do. */
export function countFlip(states: Iterable<MonitorState>, nowMs: number, isHeld: boolean): Flip {
  const flip = { flipped: 0, waiting: 0, settled: 0 };
  const since = nowMs - WINDOW_MS;
  for (const state of states) {
    if (state.standing === null) continue;
    flip.settled += 1;
    const isWaiting = wouldOpen(state) && (isHeld || (state.streak?.firstAt ?? 0) >= since);
    if (isWaiting) flip.waiting += 1;
    if (isWaiting || (state.incident?.openedAt ?? -Infinity) >= since) flip.flipped += 1;
  }
  return flip;
}

/** Since when incidents are held back, after one look; null when they are not. */
export function nextHold(heldSince: number | null, flip: Flip, nowMs: number): number | null {
  if (!isFleetWide(flip)) return null;
  return heldSince ?? (flip.waiting > 0 ? nowMs : null);
}

function isFleetWide({ flipped, settled }: Flip): boolean {
  return flipped >= MIN_FLIPPED && flipped > settled * SHARE;
}
