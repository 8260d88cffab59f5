/**
 * The coordinator's clock: wall time, carried on by the monotonic clock and never going back.
 *
 * A step of the system clock (NTP at boot, an operator) must not make a round expire early or a
 * confirmation seem long; and yet it must not stay wrong either, because agents' times are held
 * against this clock. So a small difference from wall time is made up for slowly, a tenth
 * faster or at half speed, within which rounds still end in time. Only a large step ahead, as
 * after a machine slept, is taken at once: whatever was open is then stale, and expires.
 */
export type Clock = () => number;

const MAX_GAIN = 0.1;
const MAX_LOSS = 0.5;
const STEP_AHEAD_MS = 60_000;

/** Milliseconds since the Unix epoch, never going backwards. */
export function createClock(
  wallMs: () => number = () => Date.now(),
  monotonicMs: () => number = () => performance.now(),
): Clock {
  let at = wallMs();
  let seen = monotonicMs();
  return () => {
    const now = monotonicMs();
    const passed = now - seen;
    seen = now;
    const behind = wallMs() - (at + passed);
    at += passed + (behind > STEP_AHEAD_MS ? behind : slewed(behind, passed));
    return Math.floor(at);
  };
}

/** As much of the difference as may be made up for in `passed`. */
function slewed(behind: number, passed: number): number {
  return Math.min(Math.max(behind, -passed * MAX_LOSS), passed * MAX_GAIN);
}
