/** Latencies of a history as series to plot, and as figures. */
import type { History, LatencySummary } from '@trustmonitor/protocol';

export type Quantile = 'p50Us' | 'p95Us' | 'p99Us';

export interface Series {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  /** Milliseconds; null where nothing was measured, so that no line is drawn there. */
  readonly lines: readonly {
    readonly region: string;
    readonly values: readonly (number | null)[];
  }[];
}

export function latencySeries({ buckets, regions }: History, quantile: Quantile): Series {
  return {
    times: buckets.map(({ at }) => Date.parse(at) / 1_000),
    lines: regions.map((region) => ({
      region,
      values: buckets.map((bucket) => {
        const us = bucket.regions[region]?.latency?.[quantile] ?? null;
        return us === null ? null : us / 1_000;
      }),
    })),
  };
}

export interface LatencyRow extends Readonly<Record<Quantile, number | null>> {
  readonly region: string;
  readonly count: number;
}

/** Quantiles cannot be added up from summaries: the middle one of the buckets stands for them. */
export function latencyTable(history: History | null): LatencyRow[] {
  if (history === null) return [];
  return history.regions.flatMap((region) => {
    const known = history.buckets.flatMap((bucket) => bucket.regions[region]?.latency ?? []);
    if (known.length === 0) return [];
    const middle = (quantile: Quantile) => middleOf(known, quantile);
    return [
      {
        region,
        count: known.reduce((all, { count }) => all + count, 0),
        p50Us: middle('p50Us'),
        p95Us: middle('p95Us'),
        p99Us: middle('p99Us'),
      },
    ];
  });
}

function middleOf(known: readonly LatencySummary[], quantile: Quantile): number | null {
  const sorted = known.map((summary) => summary[quantile]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
