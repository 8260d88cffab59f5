/**
 * The coordinator's clock: wall time at the start of the process, carried on by the monotonic
 * clock. A step of the system clock (NTP at boot, an operator) therefore never makes a round
 * expire early or a confirmation seem long; agents measure their offset against this clock.
 */
export type Clock = () => number;

/** Milliseconds since the Unix epoch, never going backwards. */
export function createClock(): Clock {
  const startedAt = Date.now() - performance.now();
  return () => Math.round(startedAt + performance.now());
}
