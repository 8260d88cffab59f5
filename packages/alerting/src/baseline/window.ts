/**
 * The latencies that a baseline is made of: one value for each minute that had any, so that the
 * window is as small for a monitor that is asked every second as for one that is asked every minute,
 * and its spread is that of single answers. Thirty numbers.
 */

const WINDOW_MINUTES = 30;
/** A baseline of fewer judges nothing. */
export const MIN_SAMPLES = 12;
/** Where a region answers too seldom to give that many in the window, older ones count up to this. */
const OLDEST_MINUTES = 360;

/** Latencies are kept to a tenth of a percent; a packed value is minute * SCALE + logarithm. */
const LOG_SCALE = 1_000;
const SCALE = 65_536;

/** Oldest first, at most one value for each minute. */
export type LatencyWindow = readonly number[];

export const EMPTY_WINDOW: LatencyWindow = [];

/** Natural logarithm of microseconds, as the window keeps it; below 1 us counts as 1 us. */
export function logOf(latencyUs: number): number {
  return Math.round(Math.log(Math.max(latencyUs, 1)) * LOG_SCALE) / LOG_SCALE;
}

/** `minute`: whole minutes since 1970. A second value of a minute, or one of the past, is left out. */
export function withLatency(
  window: LatencyWindow,
  minute: number,
  latencyUs: number,
): LatencyWindow {
  const last = window.at(-1);
  if (last !== undefined && minuteOf(last) >= minute) return window;
  const packed = minute * SCALE + Math.round(logOf(latencyUs) * LOG_SCALE);
  return [...window.slice(1 - WINDOW_MINUTES), packed];
}

/** Logarithms of the last 30 minutes, or of the newest twelve answers where there are fewer. */
export function logsAt(window: LatencyWindow, minute: number): number[] {
  const recent = window.filter((packed) => minuteOf(packed) > minute - WINDOW_MINUTES);
  const enough =
    recent.length >= MIN_SAMPLES
      ? recent
      : window.slice(-MIN_SAMPLES).filter((packed) => minuteOf(packed) > minute - OLDEST_MINUTES);
  return enough.map((packed) => (packed % SCALE) / LOG_SCALE);
}

/** The minute of the oldest value; null when there is none. */
export function sinceMinute(window: LatencyWindow): number | null {
  const [first] = window;
  return first === undefined ? null : minuteOf(first);
}

const minuteOf = (packed: number): number => Math.floor(packed / SCALE);
