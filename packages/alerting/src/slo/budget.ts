/** The time that an objective allows to be bad, and what is left of it. */
import { allowedShareOf } from './burn.ts';

export interface Objective {
  /** Per cent: above 0 and below 100. */
  readonly targetPercent: number;
  readonly windowMs: number;
  /** Each has a budget of its own, and an objective about several has their sum. */
  readonly monitors: number;
}

/** Milliseconds. What is left is negative once more was spent than there was. */
export interface Budget {
  readonly totalMs: number;
  readonly spentMs: number;
  readonly leftMs: number;
  /** Of the whole: 1 untouched, 0 spent, below 0 overspent. */
  readonly leftRatio: number;
}

export function budgetOf(objective: Objective, spentMs: number): Budget {
  const { windowMs, monitors, targetPercent } = objective;
  const totalMs = Math.round(allowedShareOf(targetPercent) * windowMs * monitors);
  const spent = Math.round(spentMs);
  return {
    totalMs,
    spentMs: spent,
    leftMs: totalMs - spent,
    leftRatio: totalMs === 0 ? 1 : 1 - spent / totalMs,
  };
}

/**
 * How long a part of the budget lasts while it burns at this rate, in milliseconds: the whole of it
 * lasts the window at a rate of 1. Infinite at a rate of 0.
 */
export function lastsMs(
  partMs: number,
  { totalMs }: Budget,
  windowMs: number,
  rate: number,
): number {
  return (windowMs * partMs) / totalMs / rate;
}
