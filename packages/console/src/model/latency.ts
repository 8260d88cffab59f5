/** Latencies of a history as series to plot, and as figures. */
import type { History, LatencySummary, Uptime } from '@trustmonitor/protocol';

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

type LatencyRow = LatencySummary & { readonly region: string };

/** Of regions that had an answer. */
export function latencyTable({ regions }: Uptime): LatencyRow[] {
  return Object.entries(regions).flatMap(([region, { latency }]) =>
    latency === null ? [] : [{ region, ...latency }],
  );
}
