/**
 * What was measured of a service level: the good and the bad of a stretch of time. Time of which
 * nobody can tell is in neither, so it moves no figure.
 */

/** In one unit: milliseconds that verdicts stood for availability, answers for latency. */
export interface Measured {
  readonly good: number;
  readonly bad: number;
  /** How many rounds were bad: at least so many. */
  readonly badRounds: number;
}

const NOTHING_MEASURED: Measured = { good: 0, bad: 0, badRounds: 0 };

export function addMeasured(parts: Iterable<Measured>): Measured {
  let sum = NOTHING_MEASURED;
  for (const { good, bad, badRounds } of parts) {
    sum = { good: sum.good + good, bad: sum.bad + bad, badRounds: sum.badRounds + badRounds };
  }
  return sum;
}

/** Good by valid, from 0 to 1; null where nothing was measured. */
export function indicatorOf({ good, bad }: Measured): number | null {
  return good + bad === 0 ? null : good / (good + bad);
}

/** Bad by valid, from 0 to 1; null where nothing was measured. */
export function badShareOf({ good, bad }: Measured): number | null {
  return good + bad === 0 ? null : bad / (good + bad);
}
