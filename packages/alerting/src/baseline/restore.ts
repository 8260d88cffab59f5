/**
 * A baseline after a restart, or where another coordinator decided before: from what is stored
 * anyway. The minutes are learnt as if they were heard now. Of an anomaly that goes on, its own
 * answers must not become what is usual, so what was usual when it began is stored with it.
 */
import { reopenedRun } from './agreement.ts';
import type { Estimate } from './estimate.ts';
import { UNKNOWN_LATENCY, observeRound, type AnomalyRules, type LatencyState } from './latency.ts';
import { UNKNOWN_REGION } from './region.ts';

const MINUTE_MS = 60_000;

/** One value of a minute in which a region answered. */
export interface StoredLatency {
  readonly atMs: number;
  readonly region: string;
  readonly latencyUs: number;
}

/** An anomaly that has begun and not ended, with what was usual for the regions that see it. */
export interface OpenAnomaly {
  readonly beganAtMs: number;
  readonly usual: ReadonlyMap<string, Estimate>;
}

/** `stored` in order of time. */
export function restoredLatency(
  stored: readonly StoredLatency[],
  rules: AnomalyRules,
  open: OpenAnomaly | null,
): LatencyState {
  let state = UNKNOWN_LATENCY;
  for (const { atMs, region, latencyUs } of stored) {
    state = observeRound(state, atMs, [{ region, latencyUs }], rules).state;
  }
  const calm = { ...state, isAnomalous: false, run: null, outlierShare: 0 };
  return open === null ? calm : reopened(calm, open, rules);
}

function reopened(
  state: LatencyState,
  { beganAtMs, usual }: OpenAnomaly,
  rules: AnomalyRules,
): LatencyState {
  const since = Math.floor(beganAtMs / MINUTE_MS);
  const regions = new Map(state.regions);
  for (const [region, estimate] of usual) {
    const known = regions.get(region) ?? { baseline: UNKNOWN_REGION, reading: null };
    // As if the second outlier had just come: what is usual is not made anew until one answer is.
    const held = { estimate, estimatedAt: since, outliers: 2, outlierSince: since };
    regions.set(region, {
      ...{ lastRound: state.rounds, reading: null },
      baseline: { ...known.baseline, ...held },
    });
  }
  const run = reopenedRun(beganAtMs, state.rounds, regions.size, rules);
  return { ...state, regions, isAnomalous: true, run };
}
