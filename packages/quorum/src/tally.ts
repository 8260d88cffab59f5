/**
 * A round's votes, counted by voting group.
 *
 * One group has one vote, however many regions it has: `up` or `down` when its regions that
 * cast a vote are of one mind, otherwise `mixed`, which counts for neither side. Regions that
 * abstain or say nothing cast no vote.
 */
import {
  isTrustMonitorError,
  requiredVotes,
  type Member,
  type QuorumRule,
  type Verdict,
} from '@trustmonitor/protocol';
import type { CountedVote } from './types.ts';

interface GroupTally {
  ups: number;
  downs: number;
  slow: number;
  /** Regions that may still vote. */
  open: number;
}

/**
 * What the votes, at most one per region, decide; or `pending` while an outstanding vote could still change it. `final`
 * says that nobody may vote any more: those who have not are taken to abstain. So are regions that
 * are `unasked`, from the beginning.
 *
 * The rows, in order: k groups say down; fewer than k groups cast a vote; any vote says down;
 * else all who voted say up, and they are at least k. Each row is decided early when all
 * completions of the outstanding votes fall on the same side of it.
 */
export function decideRound(
  members: readonly Member[],
  votes: readonly CountedVote[],
  required: number,
  { final, unasked = [] }: { readonly final: boolean; readonly unasked?: readonly string[] },
): Verdict | 'pending' {
  const mayVote = ({ region }: Member): boolean => !final && !unasked.includes(region);
  const groups = [...tally(members, votes, mayVote).values()];
  const count = (test: (group: GroupTally) => boolean): number => groups.filter(test).length;

  const isDown = (group: GroupTally): boolean => group.downs > 0 && group.ups === 0;
  if (count((group) => isDown(group) && group.open === 0) >= required) return 'down';
  if (count((group) => isDown(group) || (group.ups === 0 && group.open > 0)) >= required) {
    return 'pending';
  }

  const hasCast = (group: GroupTally): boolean => group.ups + group.downs > 0;
  if (count((group) => hasCast(group) || group.open > 0) < required) return 'unknown';
  if (count(hasCast) < required) return 'pending';

  if (count((group) => group.downs > 0) > 0) return 'partial';
  if (count((group) => group.open > 0) > 0) return 'pending';
  const slow = count((group) => group.slow > 0 && group.slow === group.ups);
  return slow * 2 > count(hasCast) ? 'degraded' : 'up';
}

/** The groups that have a `down` vote: those that are down, and those that are mixed. */
export function failingGroups(members: readonly Member[], votes: readonly CountedVote[]): string[] {
  return [...tally(members, votes)].filter(([, { downs }]) => downs > 0).map(([name]) => name);
}

/** The groups of which no region cast a vote. */
export function silentGroups(members: readonly Member[], votes: readonly CountedVote[]): string[] {
  return [...tally(members, votes)]
    .filter(([, { ups, downs }]) => ups + downs === 0)
    .map(([name]) => name);
}

/**
 * k of the full membership, at least one. A quorum that the groups cannot reach, or that is
 * none, gives more than there are groups, so that such a round can only be `unknown`.
 */
export function requiredOf(rule: QuorumRule, members: readonly Member[]): number {
  const groups = new Set(members.map(({ group }) => group)).size;
  try {
    return Math.max(1, requiredVotes(rule, groups));
  } catch (error) {
    if (isTrustMonitorError(error)) return groups + 1;
    throw error;
  }
}

function tally(
  members: readonly Member[],
  votes: readonly CountedVote[],
  mayVote: (member: Member) => boolean = () => false,
): Map<string, GroupTally> {
  const voteOf = new Map(votes.map((vote) => [vote.region, vote]));
  const groups = new Map<string, GroupTally>();
  for (const member of members) {
    const { region, group } = member;
    const sum = groups.get(group) ?? { ups: 0, downs: 0, slow: 0, open: 0 };
    groups.set(group, sum);
    const cast = voteOf.get(region);
    if (cast === undefined) sum.open += mayVote(member) ? 1 : 0;
    else if (cast.vote === 'down') sum.downs += 1;
    else if (cast.vote === 'up') {
      sum.ups += 1;
      if (cast.slow) sum.slow += 1;
    }
  }
  return groups;
}
