/**
 * A quantile of counts in buckets, interpolated inside the bucket that it falls into, as
 * Prometheus's `histogram_quantile` does: samples are taken to lie evenly in their bucket.
 */
export interface Bucket {
  /** It holds what is above `lower` and at most `upper`. */
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/**
 * `buckets` ascend and do not overlap; 0 < q <= 1. Null without a sample. The sample at rank
 * `ceil(q * count)` lies in the same bucket, so the answer is off by less than the bucket is wide.
 */
export function interpolatedQuantile(buckets: readonly Bucket[], q: number): number | null {
  const rank = q * buckets.reduce((sum, { count }) => sum + count, 0);
  let below = 0;
  for (const { lower, upper, count } of buckets) {
    if (count > 0 && below + count >= rank) {
      return lower + (upper - lower) * ((rank - below) / count);
    }
    below += count;
  }
  return null;
}
