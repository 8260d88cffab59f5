/**
 * What can be judged without whom. Pure.
 *
 * A drained region stays a member of every round, so that k stays: it abstains. So it can be done
 * without where as many voting groups as k are left that have a vote.
 */
import { isPush, matchRegions, requiredVotes, type Member } from '@trustmonitor/protocol';

/** Monitors that agents check, and that are judged by the same regions and the same quorum. */
export interface Jury {
  readonly regions: readonly string[];
  readonly quorum: string;
  readonly monitors: number;
  /** The id of one of them. */
  readonly example: string;
}

export interface Undecided extends Jury {
  readonly required: number;
  /** Voting groups that are left. */
  readonly left: number;
}

/**
 * The juries that could not judge any more without `region`. `enrolled`: all regions with their
 * groups; `silent`: those that have no vote as it is.
 */
export function undecidedWithout(
  region: string,
  juries: readonly Jury[],
  enrolled: readonly Member[],
  silent: ReadonlySet<string>,
): Undecided[] {
  const probing = enrolled.filter((member) => !isPush(member));
  return juries.flatMap((jury): Undecided[] => {
    const members = matchRegions(jury.regions, probing);
    if (members.every((member) => member.region !== region)) return [];
    const required = requiredOf(jury, groupsOf(members));
    const others = members.filter((one) => one.region !== region && !silent.has(one.region));
    const left = groupsOf(others);
    return left < required ? [{ ...jury, required, left }] : [];
  });
}

/** A quorum that could never be reached is no reason to keep anybody. */
function requiredOf({ quorum }: Jury, groups: number): number {
  try {
    return requiredVotes(quorum, groups);
  } catch {
    return 0;
  }
}

function groupsOf(members: readonly Member[]): number {
  return new Set(members.map(({ group }) => group)).size;
}
