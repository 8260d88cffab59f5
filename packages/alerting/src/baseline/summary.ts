/** What is known of a monitor's latency, for people: a line for each region. */
import type { LatencyState } from './latency.ts';
import { hourlyAt } from './region.ts';
import { sinceMinute } from './window.ts';

const MINUTE_MS = 60_000;

export interface BaselineSummary {
  readonly region: string;
  /** Null while the region learns. */
  readonly usual: UsualLatency | null;
  /** When the oldest answer came that the window holds; null when it holds none. */
  readonly sinceMs: number | null;
  /** Of the newest answer: deviations above what is usual. Null while the region learns. */
  readonly z: number | null;
}

export interface UsualLatency {
  readonly medianUs: number;
  /** What one standard deviation adds to the median. */
  readonly deviationUs: number;
  readonly meanUs: number;
  readonly samples: number;
  /** Of this hour on other days; null where too few are known. */
  readonly hourly: { readonly medianUs: number; readonly deviationUs: number } | null;
}

/** In order of the regions' names. */
export function summariesOf(state: LatencyState, nowMs: number): BaselineSummary[] {
  return [...state.regions]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([region, { baseline, reading }]) => {
      const { estimate, window } = baseline;
      const since = sinceMinute(window);
      const hourly = hourlyAt(baseline, Math.floor(nowMs / MINUTE_MS));
      return {
        region,
        usual:
          estimate === null
            ? null
            : {
                ...inMicros(estimate),
                ...{ meanUs: estimate.meanUs, samples: estimate.samples },
                hourly: hourly === null ? null : inMicros(hourly),
              },
        sinceMs: since === null ? null : since * MINUTE_MS,
        z: reading?.z ?? null,
      };
    });
}

/** A median and what one deviation adds to it, in microseconds. */
export function inMicros({ center, spread }: { readonly center: number; readonly spread: number }) {
  const medianUs = Math.round(Math.exp(center));
  return { medianUs, deviationUs: Math.round(Math.exp(center + spread)) - medianUs };
}
