/** A histogram of how late rounds open, in buckets that metrics can take over as they are. */

/** Upper bounds in milliseconds, inclusive; what is above the last is in one more bucket. */
export const LATENESS_BOUNDS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000,
] as const;

export class Lateness {
  /** Per bucket, not accumulated; one more than there are bounds. */
  readonly counts: number[] = Array.from({ length: LATENESS_BOUNDS_MS.length + 1 }, () => 0);
  sumMs = 0;
  maxMs = 0;

  /** Time since the tick, in milliseconds; a round is never early. */
  observe(latenessMs: number): void {
    const ms = Math.max(0, latenessMs);
    const bucket = LATENESS_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const index = bucket < 0 ? LATENESS_BOUNDS_MS.length : bucket;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sumMs += ms;
    this.maxMs = Math.max(this.maxMs, ms);
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * The bound of the bucket that the quantile falls into, in milliseconds; the largest value seen
   * where that is above all bounds, and 0 before the first.
   */
  quantile(q: number): number {
    const wanted = q * this.count;
    let seen = 0;
    for (const [i, count] of this.counts.entries()) {
      seen += count;
      if (seen >= wanted && seen > 0)
        return Math.min(LATENESS_BOUNDS_MS[i] ?? Infinity, this.maxMs);
    }
    return 0;
  }
}
