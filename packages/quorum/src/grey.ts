/**
 * Grey failure: requests fail here and there, now and then, and never for long enough to be
 * confirmed as `down` or in one place for long enough to be `partial`.
 *
 * A score counts failures that passed. A round with a counted `down` that was not confirmed,
 * or one that was slow for most, adds 10; a clean round takes off 1 for each `up` vote. At 35
 * the monitor is `degraded`, and it stays so until the score is back at nothing (hysteresis).
 * A confirmed `down` or `partial` explains its failures and clears the score. The score never
 * leaves 0..35: four failures in short order fill it, and 35 `up` votes without one empty it.
 *
 * Any score above nothing also makes the engine careful: every region is asked, and each
 * recent failure that passed asks for one more agreeing round, within the same time, before a
 * new one is believed. Else chance would confirm what is only grey: with 3 of 10 requests
 * failing, one of 3 groups fails in two rounds in a row every few rounds.
 *
 * The weights are those of a sequential test of 30 % against 1 %: a failure is worth
 * ln(0.30 / 0.01) = 3.40, a success ln(0.70 / 0.99) = -0.35, one to ten. At failure rate p the
 * score drifts by 10 p - (1 - p) per vote, which is upwards from p = 9 %. Measured, with
 * majority, confirm 2 within 5 s, interval 30 s:
 *
 *     independent failures of 1 %, 450,000 rounds (156 days):    rotate   all
 *         3 groups, times degraded                                    3     6
 *         5 groups, times degraded                                    5    19
 *     independent failures of 30 %, 1,000 runs of 10 intervals:
 *         3 groups, degraded within them                           72 %  88 %
 *         5 groups, degraded within them                           85 %  93 %
 *
 * (Under `rotate`, 3 % of those runs see no failure in 10 intervals at all. Of the rest, most
 * of those that are not degraded met a confirmed `partial` or `down` by chance.) A threshold of
 * 25 finds up to 4 % more of them, and calls a calm monitor degraded some six times as often.
 */
import type { ClosedRound, Grey } from './types.ts';

const PASSED_FAILURE = 10;

/** See the figures above. */
const THRESHOLD = 35;

export const NO_GREY: Grey = { score: 0, on: false };

/** What a partial that no group upholds turns out to have been. */
export const FULL_GREY: Grey = { score: THRESHOLD, on: true };

/** Each recent failure that passed asks for one more round before a new one is believed. */
export function extraRounds({ score }: Grey): number {
  return Math.ceil(score / PASSED_FAILURE);
}

/** Weighs rounds whose failures passed. */
export function addPassed(grey: Grey, rounds: number): Grey {
  return weigh(grey, rounds * PASSED_FAILURE);
}

/** Weighs a round that said `up` or `degraded` while that stands. */
export function addHealthy(grey: Grey, round: ClosedRound): Grey {
  if (round.verdict === 'degraded') return addPassed(grey, 1);
  return weigh(grey, -round.votes.filter(({ vote }) => vote === 'up').length);
}

function weigh({ score, on }: Grey, weight: number): Grey {
  const next = Math.min(Math.max(score + weight, 0), THRESHOLD);
  return { score: next, on: next >= THRESHOLD || (on && next > 0) };
}
