/** Agents' own clocks against the record's: claims, but claims that agents signed. */
import { parseTimestamp } from '@trustmonitor/protocol';
import { MAX_CLOCK_SKEW_MS, isFresh } from '../record/fresh.ts';
import { CheckFailed, checked, type Checked } from './report.ts';
import type { ProvenVote } from './votes.ts';

export function checkVoteFreshness(votes: readonly ProvenVote[]): Checked<null> {
  for (const vote of votes) requireFresh(vote);
  return checked(null, `agents' clocks agree to within ${MAX_CLOCK_SKEW_MS / 1_000} s`);
}

function requireFresh({ record, recorded, batch, result }: ProvenVote): void {
  const round = record.predicate.rounds.find((candidate) => candidate.round === recorded.round);
  if (round === undefined) throw new CheckFailed(`round ${recorded.round} is not recorded`);
  const openedAt = parseTimestamp(round.openedAt);
  const closedAt = parseTimestamp(round.closedAt);
  for (const at of [result.startedAt, batch.batch.sealedAt]) {
    if (!isFresh(parseTimestamp(at), openedAt, closedAt)) {
      throw new CheckFailed(
        `${recorded.agent} signed at ${at}; its round was from ${round.openedAt} to ${round.closedAt}`,
      );
    }
  }
}
