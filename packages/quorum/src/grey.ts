/**
 * Grey failure: requests fail here and there, now and then, and never for long enough to be
 * confirmed as `down` or in one place for long enough to be `partial`.
 *
 * A score counts failures that passed. A round with a counted `down` (or one slow for most)
 * that ended without confirmation adds 10; a clean round takes off 1 for each `up` vote. At
 * the threshold the monitor is `degraded`, and it stays so until the score is back at nothing
 * (hysteresis). A confirmed `down` or `partial` explains its failures and clears the score.
 *
 * FIGURES
 */
import type { ClosedRound, Grey } from './types.ts';

const PASSED_FAILURE = 10;
const THRESHOLD = 30;

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
