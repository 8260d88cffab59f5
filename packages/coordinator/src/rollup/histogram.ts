/**
 * Latencies as counts in log-spaced buckets (DDSketch, VLDB 2019): any two histograms can be
 * merged, of regions as of periods, and a quantile of the merged one is off by at most
 * `RELATIVE_ERROR` of its value. Averages of quantiles have no such bound.
 *
 * Bucket i holds (GAMMA^(i-1), GAMMA^i] microseconds. The SQL function `latency_bucket` says the
 * same.
 */
export const RELATIVE_ERROR = 0.02;
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);

/** Beyond it (7 million years) everything is in one bucket. */
const LAST_BUCKET = 1_000;

/** Sparse: buckets in ascending order, and how many latencies each holds. */
export interface Histogram {
  readonly buckets: readonly number[];
  readonly counts: readonly number[];
}

export const EMPTY_HISTOGRAM: Histogram = { buckets: [], counts: [] };

/** The bucket of a latency in whole microseconds; what is below 1 us counts as 1 us. */
export function bucketOf(latencyUs: number): number {
  return Math.min(Math.ceil(Math.log(Math.max(latencyUs, 1)) / LOG_GAMMA), LAST_BUCKET);
}

/** What a bucket holds, in microseconds: above `lower`, and at most `upper`. */
export function boundsOf(bucket: number): { readonly lower: number; readonly upper: number } {
  return { lower: bucket === 0 ? 0 : GAMMA ** (bucket - 1), upper: GAMMA ** bucket };
}

export function histogramOf(latenciesUs: readonly number[]): Histogram {
  const byBucket = new Map<number, number>();
  for (const latencyUs of latenciesUs) add(byBucket, bucketOf(latencyUs), 1);
  return inOrder(byBucket);
}

/** What `histogramOf` makes of all their latencies together. */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram {
  const byBucket = new Map<number, number>();
  // Tens of thousands of buckets for one view of 90 days: no array is made of each.
  for (const { buckets, counts } of histograms) {
    for (let i = 0; i < buckets.length; i++) add(byBucket, buckets[i] ?? 0, counts[i] ?? 0);
  }
  return inOrder(byBucket);
}

function add(byBucket: Map<number, number>, bucket: number, count: number): void {
  byBucket.set(bucket, (byBucket.get(bucket) ?? 0) + count);
}

function inOrder(byBucket: ReadonlyMap<number, number>): Histogram {
  const sorted = [...byBucket].toSorted(([a], [b]) => a - b);
  return { buckets: sorted.map(([bucket]) => bucket), counts: sorted.map(([, count]) => count) };
}

export function countOf({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * Microseconds within `RELATIVE_ERROR` of the latency at rank `ceil(q * count)`, and within half
 * a microsecond more for rounding; null of an empty histogram. 0 < q <= 1.
 */
export function quantile(histogram: Histogram, q: number): number | null {
  const rank = Math.ceil(q * countOf(histogram));
  let seen = 0;
  for (const [i, bucket] of histogram.buckets.entries()) {
    seen += histogram.counts[i] ?? 0;
    // The one value that is within the error of both ends of the bucket.
    if (seen >= rank) return Math.round((2 * GAMMA ** bucket) / (GAMMA + 1));
  }
  return null;
}
