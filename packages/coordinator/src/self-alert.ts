/**
 * When people are told that the monitoring itself fails.
 *
 *     all known     -- a monitor turns unknown ------------> some unknown   `unknown`
 *     some unknown  -- the last of them is known again ----> all known      `restored`
 *     some unknown  -- twice as many as were announced,
 *                      and a while after that -------------> some unknown   `unknown`
 *
 * So an outage of the network is one message, however many monitors it blinds, whenever each of
 * them notices and whichever coordinator has it; and one monitor that stays unknown does not hide
 * a later outage. What was said last is stored with the message: a restart repeats nothing.
 */

const QUIET_MS = 300_000;

/** What was said last: how many monitors were unknown then, 0 when all were known again. */
export interface LastAlert {
  readonly unknown: number;
  readonly atMs: number;
}

/** Monitors of which nothing can be said now, and when the first of them began. */
export interface Unknown {
  readonly count: number;
  readonly sinceMs: number | null;
}

export interface SelfAlert {
  readonly news: 'unknown' | 'restored';
  readonly at: number;
  /** Since when the first of the monitors is unknown; for `restored`, when that was over. */
  readonly since: number;
  /** How many monitors are unknown now. */
  readonly unknown: number;
  /** The first of them; none for `restored`. */
  readonly monitors: readonly string[];
  readonly silentRegions: readonly string[];
}

/** Whether people should hear of it. */
export function newsOf(now: Unknown, last: LastAlert, nowMs: number): SelfAlert['news'] | null {
  if (now.count === 0) return last.unknown === 0 ? null : 'restored';
  if (last.unknown === 0) return 'unknown';
  const isLater = nowMs - last.atMs >= QUIET_MS;
  return isLater && now.count >= 2 * last.unknown ? 'unknown' : null;
}
