/** What the loop has counted since it started. */
import type { Verdict, Vote } from '@trustmonitor/protocol';
import type { Decisions } from './decide.ts';
import { Lateness } from './lateness.ts';

export interface CycleStats {
  /** How much later than their ticks rounds were opened. */
  readonly lateness: Lateness;
  /** Closed rounds by what they decided, and counted votes by what they say. */
  readonly rounds: Record<Verdict, number>;
  readonly votes: Record<Vote, number>;
  turns: number;
  batches: number;
  results: number;
  refusedBatches: number;
  turnedAwayBatches: number;
  lateVotes: number;
  foreignVotes: number;
  skewedVotes: number;
  duplicateVotes: number;
  missedRounds: number;
  skippedRounds: number;
  commitRetries: number;
  setAside: number;
  /** Now: monitors that could not be judged and whose next round waits, see `unknown-limit.ts`. */
  waitingUnknown: number;
}

export const emptyStats = (): CycleStats => ({
  lateness: new Lateness(),
  rounds: { up: 0, degraded: 0, partial: 0, down: 0, unknown: 0 },
  votes: { up: 0, down: 0, abstain: 0 },
  turns: 0,
  batches: 0,
  results: 0,
  refusedBatches: 0,
  turnedAwayBatches: 0,
  lateVotes: 0,
  foreignVotes: 0,
  skewedVotes: 0,
  duplicateVotes: 0,
  missedRounds: 0,
  skippedRounds: 0,
  commitRetries: 0,
  setAside: 0,
  waitingUnknown: 0,
});

/** Adds what one turn decided and wrote. */
export function countTurn(
  stats: CycleStats,
  {
    counts,
    results,
    batches,
    rounds,
  }: Pick<Decisions, 'counts' | 'results' | 'batches' | 'rounds'>,
): void {
  stats.turns += 1;
  stats.batches += batches.length;
  stats.results += results.length;
  for (const { effect } of rounds) stats.rounds[effect.round.verdict] += 1;
  for (const { result, counted } of results) {
    if (counted) stats.votes[result.outcome] += 1;
  }
  stats.lateVotes += counts.late;
  stats.foreignVotes += counts.foreign;
  stats.skewedVotes += counts.skewed;
  stats.duplicateVotes += counts.duplicate;
  stats.missedRounds += counts.missedRounds;
  stats.skippedRounds += counts.skippedRounds;
}
