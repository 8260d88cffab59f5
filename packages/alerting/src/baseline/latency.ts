/**
 * When the latency of a monitor is an anomaly. Of each round the engine closed, the answers of regions
 * that have a baseline are read; the others only learn. When regions agree: `agreement.ts`.
 */
import {
  NO_AGREEMENT,
  agree,
  remembered,
  type Agreement,
  type AgreementRules,
  type AgreementStep,
  type Voter,
} from './agreement.ts';
import type { AnomalyLimits, Reading } from './judge.ts';
import {
  UNKNOWN_REGION,
  observeLatency,
  type HourlyEstimate,
  type RegionBaseline,
} from './region.ts';

export interface AnomalyRules extends AnomalyLimits, AgreementRules {}

/** An answer that was up and counted. */
export interface LatencySample {
  readonly region: string;
  readonly latencyUs: number;
}

export interface LatencyState extends Agreement {
  readonly regions: ReadonlyMap<string, KnownRegion>;
}

interface KnownRegion {
  readonly baseline: RegionBaseline;
  readonly lastRound: number;
  /** Its newest answer that could be judged; null while it learns. */
  readonly reading: Reading | null;
}

export const UNKNOWN_LATENCY: LatencyState = { ...NO_AGREEMENT, regions: new Map() };

const MINUTE_MS = 60_000;

/** Rounds come in order of time. Those without an answer change nothing. */
export function observeRound(
  before: LatencyState,
  atMs: number,
  samples: readonly LatencySample[],
  rules: AnomalyRules,
): AgreementStep<LatencyState> {
  if (samples.length === 0) return { state: before, change: null };
  const rounds = before.rounds + 1;
  const regions = remembered(before.regions, rounds);
  for (const { region, latencyUs } of samples) {
    const known = regions.get(region)?.baseline ?? UNKNOWN_REGION;
    const minute = Math.floor(atMs / MINUTE_MS);
    const { baseline, reading } = observeLatency(known, minute, latencyUs, rules);
    regions.set(region, { baseline, reading, lastRound: rounds });
  }
  return agree({ ...before, regions, rounds }, [...regions.values()].map(voterOf), atMs, rules);
}

function voterOf({ baseline, reading, lastRound }: KnownRegion): Voter {
  return { hasBaseline: baseline.estimate !== null, level: reading?.level ?? null, lastRound };
}

/** The regions that see it and what they read, worst first. */
export function outliersOf(state: LatencyState): { region: string; reading: Reading }[] {
  return [...state.regions]
    .flatMap(([region, { reading }]) => (reading?.level === 'outlier' ? [{ region, reading }] : []))
    .toSorted((a, b) => b.reading.z - a.reading.z);
}

/** Tells regions what is usual at this hour, and forgets what they knew of others. */
export function withHourly(
  state: LatencyState,
  hourly: ReadonlyMap<string, readonly HourlyEstimate[]>,
): LatencyState {
  const regions = new Map(
    [...state.regions].map(([region, known]) => {
      const estimates = hourly.get(region) ?? [];
      return [region, { ...known, baseline: { ...known.baseline, hourly: estimates } }];
    }),
  );
  return { ...state, regions };
}
