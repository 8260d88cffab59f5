/**
 * What is usual at this hour of the day, from the same hour of earlier days. Each day says what its
 * median and its upper tail were; the median over the days is not moved by one of them that was bad.
 * A job that makes answers slow for some minutes of its hour every night is in the tail of that hour.
 */
import { medianOf, type Estimate } from './estimate.ts';

/** One hour of one day, in microseconds. */
export interface HourOfDay {
  readonly medianUs: number;
  readonly p84Us: number;
  readonly p95Us: number;
  readonly meanUs: number;
  readonly samples: number;
}

/** Fewer days say nothing of an hour. */
const MIN_DAYS = 7;
/** An hour of a day with fewer answers is left out. */
const MIN_SAMPLES_A_DAY = 5;
const LEAST_SPREAD = 0.1;
/** The 84th percentile is one standard deviation from the median; the 95th these. */
const P95_SIGMAS = 1.645;

/** Null where fewer than seven days have the hour. */
export function estimateOfHour(days: readonly HourOfDay[]): Estimate | null {
  const known = days.filter(({ samples }) => samples >= MIN_SAMPLES_A_DAY);
  if (known.length < MIN_DAYS) return null;
  const middle = (of: (day: HourOfDay) => number): number =>
    medianOf(known.map(of).sort((a, b) => a - b));
  const center = middle(({ medianUs }) => Math.log(Math.max(1, medianUs)));
  const within = middle(({ medianUs, p84Us, p95Us }) =>
    Math.max(Math.log(p84Us / medianUs), Math.log(p95Us / medianUs) / P95_SIGMAS),
  );
  const between = middle(({ medianUs }) => Math.abs(Math.log(Math.max(1, medianUs)) - center));
  return {
    center,
    spread: Math.max(LEAST_SPREAD, within, 1.4826 * between),
    meanUs: Math.round(middle(({ meanUs }) => meanUs)),
    samples: known.reduce((sum, { samples }) => sum + samples, 0),
  };
}
