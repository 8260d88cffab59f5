/** What the loop has counted since it started. */
import { Lateness } from './lateness.ts';

export interface CycleStats {
  /** How much later than their ticks rounds were opened. */
  readonly lateness: Lateness;
  turns: number;
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
}

export const emptyStats = (): CycleStats => ({
  lateness: new Lateness(),
  turns: 0,
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
});
