/**
 * When the latency of a monitor is an anomaly. Of each round the engine closed, the answers of regions
 * that have a baseline are read; the others only learn.
 *
 *     normal    -- enough rounds of outliers, for half a minute, and most regions agree --> anomalous
 *     anomalous -- as many rounds in which most regions do not agree any more -----------> normal
 *
 * A region agrees while its last answer in this run of rounds was an outlier. Enough regions are more
 * than half of those that have a baseline and were heard lately, and two wherever there are two. A
 * rotating round asks one region, so a run goes on over rounds of different regions: it ends as soon as
 * enough regions have answered as usual that the others are too few, or when more than one round in
 * three was usual; and each such round asks for one more of outliers.
 *
 * Enough rounds are those that the monitor asks for, or more where outliers are usual: a service whose
 * cache misses one time in six has three of them in a row every few hours. So many are asked for that
 * chance alone, at the share of outliers that was seen lately, makes such a run less than once a year.
 *
 * One that has begun ends with hysteresis (`raised`), or when a level has lasted for so long that
 * regions take it for the usual one: regions that learn agree to nothing.
 */
import type { AnomalyLimits, Reading } from './judge.ts';
import {
  UNKNOWN_REGION,
  observeLatency,
  type HourlyEstimate,
  type RegionBaseline,
} from './region.ts';

export interface AnomalyRules extends AnomalyLimits {
  /** Rounds that an anomaly must be seen in. */
  readonly rounds: number;
}

/** An answer that was up and counted. */
export interface LatencySample {
  readonly region: string;
  readonly latencyUs: number;
}

export interface LatencyState {
  readonly regions: ReadonlyMap<string, KnownRegion>;
  readonly isAnomalous: boolean;
  /** While normal: the rounds of outliers that may be the beginning. While anomalous: of its end. */
  readonly run: Run | null;
  /** Rounds with an answer so far. */
  readonly rounds: number;
  /** Share of the recent rounds that were outliers while nothing was anomalous. */
  readonly outlierShare: number;
}

interface KnownRegion {
  readonly baseline: RegionBaseline;
  readonly lastRound: number;
  /** Its newest answer that could be judged; null while it learns. */
  readonly reading: Reading | null;
}

interface Run {
  readonly sinceMs: number;
  /** Number of its first round: answers before it are none of its own. */
  readonly sinceRound: number;
  readonly hits: number;
  readonly misses: number;
  /** Hits that it takes. */
  readonly needed: number;
}

export interface LatencyStep {
  readonly state: LatencyState;
  /** What this round changed; null: nothing. */
  readonly change: 'began' | 'ended' | null;
}

export const UNKNOWN_LATENCY: LatencyState = {
  regions: new Map(),
  isAnomalous: false,
  run: null,
  rounds: 0,
  outlierShare: 0,
};

/** However short the interval, an anomaly lasts at least so long before it is one. */
const HELD_MS = 30_000;
/** A region that was not heard in so many rounds is not asked any more. */
const FORGOTTEN_AFTER = 1_000;
/** Rounds that the share of outliers is remembered for. */
const SHARE_ROUNDS = 300;
/** How likely a run may be by chance; a year has a million rounds of 30 s. */
const CHANCE = 1e-7;
const MOST_ROUNDS = 20;
const MINUTE_MS = 60_000;

/** Rounds come in order of time. Those without an answer change nothing. */
export function observeRound(
  before: LatencyState,
  atMs: number,
  samples: readonly LatencySample[],
  rules: AnomalyRules,
): LatencyStep {
  if (samples.length === 0) return { state: before, change: null };
  const rounds = before.rounds + 1;
  const regions = new Map(
    [...before.regions].filter(([, { lastRound }]) => rounds - lastRound < FORGOTTEN_AFTER),
  );
  for (const { region, latencyUs } of samples) {
    const known = regions.get(region)?.baseline ?? UNKNOWN_REGION;
    const minute = Math.floor(atMs / MINUTE_MS);
    const { baseline, reading } = observeLatency(known, minute, latencyUs, rules);
    regions.set(region, { baseline, reading, lastRound: rounds });
  }
  const state = { ...before, regions, rounds };
  return before.isAnomalous ? ending(state, atMs, rules) : beginning(state, atMs, rules);
}

function beginning(before: LatencyState, atMs: number, rules: AnomalyRules): LatencyStep {
  const isHit = isOutlierRound(before);
  if (isHit === null) return { state: before, change: null };
  const run = extended(before, atMs, isHit, rules);
  const outlierShare = before.outlierShare + (Number(isHit) - before.outlierShare) / SHARE_ROUNDS;
  const state = { ...before, outlierShare, run };
  if (run === null || isBroken(state, run, rules)) {
    return { state: { ...state, run: null }, change: null };
  }
  const isLong = run.hits >= run.needed + run.misses && atMs - run.sinceMs >= HELD_MS;
  if (!isLong || agreeing(state, run.sinceRound, 'outlier', rules) < votesNeeded(state, rules)) {
    return { state, change: null };
  }
  return { state: { ...state, isAnomalous: true, run: null }, change: 'began' };
}

/** Null where nobody who answered has a baseline. */
function isOutlierRound({ regions, rounds }: LatencyState): boolean | null {
  const judged = [...regions.values()].flatMap(({ reading, lastRound }) =>
    reading !== null && lastRound === rounds ? [reading.level] : [],
  );
  if (judged.length === 0) return null;
  return judged.filter((level) => level === 'outlier').length * 2 > judged.length;
}

function extended(
  { run, rounds, outlierShare }: LatencyState,
  atMs: number,
  isHit: boolean,
  rules: AnomalyRules,
): Run | null {
  if (run !== null) {
    return isHit ? { ...run, hits: run.hits + 1 } : { ...run, misses: run.misses + 1 };
  }
  if (!isHit) return null;
  const needed = Math.max(rules.rounds, roundsAgainstChance(outlierShare));
  return { sinceMs: atMs, sinceRound: rounds, hits: 1, misses: 0, needed };
}

function roundsAgainstChance(share: number): number {
  if (share <= 0) return 0;
  return Math.min(MOST_ROUNDS, Math.ceil(Math.log(CHANCE) / Math.log(Math.min(share, 0.9))));
}

function isBroken(state: LatencyState, run: Run, rules: AnomalyRules): boolean {
  const voters = votersOf(state, rules).length;
  const against = heardSince(state, run.sinceRound, rules).filter(
    ({ level }) => level !== 'outlier',
  );
  return against.length > voters - votesNeeded(state, rules) || run.misses * 2 > run.hits;
}

function ending(state: LatencyState, atMs: number, rules: AnomalyRules): LatencyStep {
  if (agreeing(state, 0, 'raised', rules) >= votesNeeded(state, rules)) {
    return { state: { ...state, run: null }, change: null };
  }
  const run = state.run ?? {
    ...{ sinceMs: atMs, sinceRound: state.rounds, hits: 0, misses: 0, needed: rules.rounds },
  };
  const longer = { ...run, hits: run.hits + 1 };
  if (longer.hits < longer.needed || atMs - longer.sinceMs < HELD_MS) {
    return { state: { ...state, run: longer }, change: null };
  }
  return { state: { ...state, isAnomalous: false, run: null }, change: 'ended' };
}

/** How many regions say at least this, in their newest answer since a round. */
function agreeing(
  state: LatencyState,
  sinceRound: number,
  least: 'raised' | 'outlier',
  rules: AnomalyRules,
): number {
  return heardSince(state, sinceRound, rules).filter(
    ({ level }) => level === 'outlier' || level === least,
  ).length;
}

function heardSince(state: LatencyState, sinceRound: number, rules: AnomalyRules): Reading[] {
  return votersOf(state, rules).flatMap(({ reading, lastRound }) =>
    reading !== null && lastRound >= sinceRound ? [reading] : [],
  );
}

/** Regions with a baseline; one that is not heard any more is not waited for. */
function votersOf({ regions, rounds }: LatencyState, rules: AnomalyRules): KnownRegion[] {
  const lately = 2 * regions.size + rules.rounds;
  return [...regions.values()].filter(
    ({ baseline, lastRound }) => baseline.estimate !== null && rounds - lastRound <= lately,
  );
}

function votesNeeded(state: LatencyState, rules: AnomalyRules): number {
  const voters = votersOf(state, rules).length;
  return voters < 2 ? 1 : Math.max(2, Math.floor(voters / 2) + 1);
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
