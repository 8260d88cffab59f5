/**
 * The latency of one monitor as one region sees it.
 *
 *     learning -- twelve minutes with an answer ------------------> steady
 *     steady   -- an outlier -------------------------------------> suspect  (it is learnt: one in
 *                                                  many is usual, and the spread is to tell how many)
 *     suspect  -- an outlier right after it ----------------------> held
 *     suspect  -- any other answer -------------------------------> steady
 *     held     -- an outlier -------------------------------------> held     (nothing is learnt: an
 *                                                  anomaly does not become its own baseline)
 *     held     -- any other answer -------------------------------> steady
 *     held     -- for an hour ------------------------------------> learning (a lasting level is the
 *                                                  new one: all that was known is forgotten)
 *
 * The estimate is made anew each minute, and only of what is learnt.
 */
import { estimateOf, type Estimate } from './estimate.ts';
import { judge, type AnomalyLimits, type Reading } from './judge.ts';
import { EMPTY_WINDOW, MIN_SAMPLES, logsAt, withLatency, type LatencyWindow } from './window.ts';

export interface RegionBaseline {
  readonly window: LatencyWindow;
  /** Null while too little is known. */
  readonly estimate: Estimate | null;
  /** Of which minute the estimate is. */
  readonly estimatedAt: number;
  /** Outliers one after another, and since which minute. */
  readonly outliers: number;
  readonly outlierSince: number;
  /** What is usual at this hour of the day, and at the next; empty where nobody knows. */
  readonly hourly: readonly HourlyEstimate[];
}

export interface HourlyEstimate {
  /** Whole hours since 1970: it holds in this hour only. */
  readonly hour: number;
  readonly estimate: Estimate;
}

/** So long a level is an anomaly; then it is what is usual. */
const ACCEPTED_AFTER_MINUTES = 60;

export const UNKNOWN_REGION: RegionBaseline = {
  window: EMPTY_WINDOW,
  estimate: null,
  estimatedAt: 0,
  outliers: 0,
  outlierSince: 0,
  hourly: [],
};

export interface Observed {
  readonly baseline: RegionBaseline;
  /** Null while the region learns. */
  readonly reading: Reading | null;
}

/** `minute`: whole minutes since 1970. */
export function observeLatency(
  before: RegionBaseline,
  minute: number,
  latencyUs: number,
  limits: AnomalyLimits,
): Observed {
  const baseline = reestimated(before, minute);
  if (baseline.estimate === null)
    return { baseline: learnt(baseline, minute, latencyUs), reading: null };
  const reading = judge(latencyUs, baseline.estimate, hourlyAt(baseline, minute), limits);
  if (reading.level !== 'outlier') {
    return { baseline: learnt({ ...baseline, outliers: 0 }, minute, latencyUs), reading };
  }
  const outliers = baseline.outliers + 1;
  const outlierSince = outliers === 1 ? minute : baseline.outlierSince;
  if (minute - outlierSince >= ACCEPTED_AFTER_MINUTES) {
    const anew = { ...UNKNOWN_REGION, hourly: baseline.hourly };
    return { baseline: learnt(anew, minute, latencyUs), reading: null };
  }
  const suspect = { ...baseline, outliers, outlierSince };
  return { baseline: outliers === 1 ? learnt(suspect, minute, latencyUs) : suspect, reading };
}

/** Null where nothing is known of the hour. */
export function hourlyAt({ hourly }: RegionBaseline, minute: number): Estimate | null {
  const hour = Math.floor(minute / 60);
  return hourly.find((known) => known.hour === hour)?.estimate ?? null;
}

function learnt(baseline: RegionBaseline, minute: number, latencyUs: number): RegionBaseline {
  return { ...baseline, window: withLatency(baseline.window, minute, latencyUs) };
}

/** While values are held off, what was usual before stays the measure. */
function reestimated(baseline: RegionBaseline, minute: number): RegionBaseline {
  if (baseline.estimatedAt === minute || baseline.outliers > 0) return baseline;
  const logs = logsAt(baseline.window, minute);
  const estimate = logs.length < MIN_SAMPLES ? null : estimateOf(logs);
  return { ...baseline, estimate, estimatedAt: minute };
}
