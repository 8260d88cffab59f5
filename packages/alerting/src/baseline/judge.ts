/** One latency against what is usual: by how many deviations, and how many times the mean. */
import type { Level } from './agreement.ts';
import type { Estimate } from './estimate.ts';
import { logOf } from './window.ts';

export interface AnomalyLimits {
  /** More standard deviations than this are an outlier. */
  readonly z: number;
  /** More than so many times the mean is one too. */
  readonly times: number;
}

export interface Reading {
  readonly latencyUs: number;
  readonly level: Level;
  /** Which limit was passed; both may be. Null of what is no outlier. */
  readonly rule: 'z' | 'times' | null;
  readonly z: number;
  readonly times: number;
  /** What it was compared with. */
  readonly usual: Estimate;
  /** Whether that is of this hour on other days, rather than of the last half hour. */
  readonly isHourly: boolean;
}

/** Nobody waits for less: 2 ms instead of 1 ms is no trouble, whatever the deviation. */
const LEAST_EXCESS_US = 5_000;
/** An anomaly ends below this share of its limits, so that it does not come and go. */
const HYSTERESIS = 2 / 3;

/**
 * Only slowness is judged. With an estimate for the hour of the day the milder of the two verdicts
 * holds: what is slow at this hour every day is no news, nor is what was as slow all the last half hour.
 */
export function judge(
  latencyUs: number,
  recent: Estimate,
  hourly: Estimate | null,
  limits: AnomalyLimits,
): Reading {
  const byRecent = readingOf(latencyUs, recent, limits, false);
  if (hourly === null || byRecent.level === 'usual') return byRecent;
  const byHour = readingOf(latencyUs, hourly, limits, true);
  return isMilder(byHour, byRecent) ? byHour : byRecent;
}

function readingOf(
  latencyUs: number,
  usual: Estimate,
  limits: AnomalyLimits,
  isHourly: boolean,
): Reading {
  const z = (logOf(latencyUs) - usual.center) / usual.spread;
  const times = latencyUs / usual.meanUs;
  const isNoticed = latencyUs - Math.exp(usual.center) >= LEAST_EXCESS_US;
  const rule = !isNoticed ? null : z > limits.z ? 'z' : times > limits.times ? 'times' : null;
  const isRaised = isNoticed && (z > limits.z * HYSTERESIS || times > limits.times * HYSTERESIS);
  const level = rule !== null ? 'outlier' : isRaised ? 'raised' : 'usual';
  return { latencyUs, level, rule, z, times, usual, isHourly };
}

const SEVERITY = { usual: 0, raised: 1, outlier: 2 } as const;

function isMilder(a: Reading, b: Reading): boolean {
  if (a.level !== b.level) return SEVERITY[a.level] < SEVERITY[b.level];
  return a.z < b.z;
}
