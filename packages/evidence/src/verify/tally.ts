/** Who voted, for which group, and what that decides. */
import {
  parseTimestamp,
  type CheckDefinition,
  type IncidentPredicate,
} from '@trustmonitor/protocol';
import { replay, type CountedVote, type ReplayClaim } from '@trustmonitor/quorum';
import { isSlow } from '../record/slow.ts';
import { CheckFailed, checked, type Checked } from './report.ts';
import { countOf, type VerifiedRecord, type VerifiedRecords } from './records.ts';
import { requireSubject, type Subjects } from './subject.ts';
import type { ProvenVote } from './votes.ts';

export function checkVotesDistinct(
  records: VerifiedRecords,
  votes: readonly ProvenVote[],
): Checked<null> {
  for (const record of records) {
    const seen = new Set<string>();
    for (const { recorded, batch } of votesOf(record, votes)) {
      for (const voter of [
        `key ${batch.key.kid}`,
        `agent ${recorded.agent}`,
        `region ${recorded.region}`,
      ]) {
        const name = `${recorded.round} ${voter}`;
        if (seen.has(name))
          throw new CheckFailed(`${voter} votes twice in round ${recorded.round}`);
        seen.add(name);
      }
    }
    requireDistinctRounds(record.predicate);
  }
  const agents = new Set(votes.map(({ recorded }) => recorded.agent));
  return checked(null, `${countOf(agents.size, 'agent')}, one vote each in a round`);
}

function requireDistinctRounds({ rounds }: IncidentPredicate): void {
  const seen = new Set<string>();
  for (const { round } of rounds) {
    if (seen.has(round)) throw new CheckFailed(`round ${round} is counted twice`);
    seen.add(round);
  }
}

export function checkMembers(
  records: VerifiedRecords,
  votes: readonly ProvenVote[],
): Checked<null> {
  const groups = new Set<string>();
  for (const record of records) {
    // It decides nothing, and repeats members under a key ring that may have moved them.
    if (record.predicate.step === 'amend') continue;
    // Of revoked keys too: that they no longer count is for a check of its own.
    const groupOf = new Map(
      record.ring.keysOf('agent-vote').map(({ region, group }) => [region, group]),
    );
    const regions = new Set<string>();
    for (const { region, group } of record.predicate.members) {
      if (regions.has(region)) throw new CheckFailed(`region ${region} is a member twice`);
      regions.add(region);
      if (groupOf.get(region) !== group) {
        throw new CheckFailed(
          `region ${region} is recorded in group ${group}; the key ring says ` +
            (groupOf.get(region) ?? 'that there is no such region'),
        );
      }
      groups.add(group);
    }
    requireVotersAreMembers(votesOf(record, votes), regions);
  }
  return checked(null, `voting groups ${[...groups].toSorted().join(', ')}`);
}

function requireVotersAreMembers(votes: readonly ProvenVote[], regions: ReadonlySet<string>): void {
  for (const { batch } of votes) {
    if (batch.key.region === null || !regions.has(batch.key.region)) {
      throw new CheckFailed(`region ${batch.key.region ?? '-'} voted and is not a member`);
    }
  }
}

export function checkVerdicts(
  records: VerifiedRecords,
  votes: readonly ProvenVote[],
  subjects: Subjects,
): Checked<null> {
  const found: string[] = [];
  let standing: ReplayClaim['standing'] = null;
  for (const record of records) {
    const { predicate } = record;
    if (predicate.step === 'amend') {
      requireNoDecision(predicate, standing);
      found.push('amend decides nothing');
      continue;
    }
    const { definition } = requireSubject(subjects, record);
    requireDecision(record, votesOf(record, votes), definition, standing);
    standing = standingAfter(predicate);
    found.push(`${predicate.step}: ${predicate.verdict} under ${predicate.policy.quorum}`);
  }
  return checked(null, found.join('; '));
}

/** An amendment is a note by hand: it holds no votes and changes no verdict. */
function requireNoDecision(
  { rounds, votes, verdict }: IncidentPredicate,
  standing: ReplayClaim['standing'],
): void {
  if (rounds.length > 0 || votes.length > 0 || verdict !== (standing ?? 'up')) {
    throw new CheckFailed('an amend record may not decide anything');
  }
}

function requireDecision(
  { predicate }: VerifiedRecord,
  votes: readonly ProvenVote[],
  definition: CheckDefinition,
  standing: ReplayClaim['standing'],
): void {
  const { step, verdict, policy, members, rounds } = predicate;
  if (step === 'amend') return;
  const replayed = replay({
    policy,
    members,
    step,
    verdict,
    standing,
    rounds: rounds.map(({ round, openedAt, closedAt }) => ({
      round,
      openedAt: parseTimestamp(openedAt),
      closedAt: parseTimestamp(closedAt),
      votes: votes
        .filter(({ recorded }) => recorded.round === round)
        .map((vote) => countedVote(vote, definition)),
    })),
  });
  for (const [at, { round, verdict: recorded }] of rounds.entries()) {
    const decided = replayed.rounds[at];
    if (decided?.round !== round || decided.verdict !== recorded) {
      throw new CheckFailed(
        `round ${round} is recorded as ${recorded}; its votes say ${decided?.verdict ?? 'nothing'}`,
      );
    }
  }
  if (!replayed.follows) {
    throw new CheckFailed(`${step} does not follow: ${replayed.reason ?? 'no reason given'}`);
  }
}

function countedVote(
  { batch, recorded, result }: ProvenVote,
  definition: CheckDefinition,
): CountedVote {
  return {
    agent: recorded.agent,
    region: batch.key.region ?? recorded.region,
    vote: result.outcome,
    slow: isSlow(result, definition),
  };
}

function standingAfter({ step, verdict }: IncidentPredicate): ReplayClaim['standing'] {
  if (step === 'resolve') return null;
  return verdict === 'down' || verdict === 'partial' ? verdict : null;
}

const votesOf = (record: VerifiedRecord, votes: readonly ProvenVote[]): ProvenVote[] =>
  votes.filter((vote) => vote.record === record);
