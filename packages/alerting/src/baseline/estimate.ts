/**
 * What is usual, from a handful of latencies some of which may be outliers.
 *
 * Logarithms are judged: latencies are skewed to the right, and a spread in milliseconds would be one
 * of the tail. The centre is the median. The spread is the larger of two that agree on a normal
 * distribution: the median of the distances from the median (times 1.4826), which half of the values
 * may falsify, and the distance of the ninth decile (divided by 1.2816), which sees a second, slower
 * way of answering (a cache that misses one time in six) that the first is blind to.
 */

export interface Estimate {
  /** Natural logarithm of microseconds. */
  readonly center: number;
  /** One standard deviation, of logarithms. */
  readonly spread: number;
  readonly meanUs: number;
  readonly samples: number;
}

/** Standard deviations of a normal distribution in its median absolute deviation. */
const MAD_TO_SIGMA = 1.4826;
const DECILE_9_SIGMAS = 1.2816;
/** Ten percent: what answers more evenly than that is not held to it. */
const LEAST_SPREAD = 0.1;

/** Null of nothing. */
export function estimateOf(logs: readonly number[]): Estimate | null {
  if (logs.length === 0) return null;
  const sorted = logs.toSorted((a, b) => a - b);
  const center = medianOf(sorted);
  const distances = sorted.map((log) => Math.abs(log - center)).sort((a, b) => a - b);
  const byMedian = medianOf(distances) * MAD_TO_SIGMA;
  const byDecile = (quantileOf(sorted, 0.9) - center) / DECILE_9_SIGMAS;
  return {
    center,
    spread: Math.max(LEAST_SPREAD, byMedian, byDecile),
    meanUs: Math.round(logs.reduce((sum, log) => sum + Math.exp(log), 0) / logs.length),
    samples: logs.length,
  };
}

/** Of ascending values, at least one. */
export function medianOf(sorted: readonly number[]): number {
  return quantileOf(sorted, 0.5);
}

/** Between two values where the rank is. */
function quantileOf(sorted: readonly number[], q: number): number {
  const rank = q * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? 0;
  const above = sorted[Math.ceil(rank)] ?? below;
  return below + (above - below) * (rank - Math.floor(rank));
}
