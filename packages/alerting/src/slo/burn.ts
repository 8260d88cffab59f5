/**
 * How fast an error budget is spent, and over which windows people hear of it.
 *
 * A burn rate of 1 spends the whole budget in exactly the window of the objective, one of 14.4 in
 * a 14.4th of it. The pairs are those of the Google SRE Workbook, chapter 5, "Alerting on SLOs",
 * table 5-8, with the ticket at 3x on a day that is in common use beside them. The long window says
 * that it matters, the short one that it still goes on.
 */
import { badShareOf, type Measured } from './measured.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export type BurnPairName = '14.4x' | '6x' | '3x' | '1x';

export interface BurnPair {
  readonly name: BurnPairName;
  readonly factor: number;
  readonly longMs: number;
  readonly shortMs: number;
  /** Critical: somebody is woken. Warning: somebody looks at it in working hours. */
  readonly severity: 'critical' | 'warning';
}

/** The most severe first. */
export const BURN_PAIRS: readonly BurnPair[] = [
  pair('14.4x', 14.4, HOUR_MS, 5 * MINUTE_MS, 'critical'),
  pair('6x', 6, 6 * HOUR_MS, 30 * MINUTE_MS, 'critical'),
  pair('3x', 3, DAY_MS, 2 * HOUR_MS, 'warning'),
  pair('1x', 1, 3 * DAY_MS, 6 * HOUR_MS, 'warning'),
];

/** Every window that a pair looks at, in milliseconds. */
export const BURN_WINDOWS_MS: readonly number[] = [
  ...new Set(BURN_PAIRS.flatMap(({ longMs, shortMs }) => [longMs, shortMs])),
].toSorted((a, b) => a - b);

function pair(
  name: BurnPairName,
  factor: number,
  longMs: number,
  shortMs: number,
  severity: BurnPair['severity'],
): BurnPair {
  return { name, factor, longMs, shortMs, severity };
}

/** The share of time that may be bad: 0.001 for a target of 99.9 %. */
export function allowedShareOf(targetPercent: number): number {
  // From per cent in one step: 100 - 99.9 alone is off by 1e-14 and ends in people's messages.
  return Number(((100 - targetPercent) / 100).toPrecision(12));
}

/** Null where nothing was measured. `targetPercent` is above 0 and below 100. */
export function burnRateOf(measured: Measured, targetPercent: number): number | null {
  const share = badShareOf(measured);
  return share === null ? null : share / allowedShareOf(targetPercent);
}
