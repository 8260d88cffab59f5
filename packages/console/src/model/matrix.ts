/** Who voted what in which round: regions by rounds, oldest round first. */
import type { RoundResource, Verdict, Vote } from '@trustmonitor/protocol';
import type { ReadRecord } from './statement.ts';

export interface MatrixRound {
  readonly id: string;
  readonly openedAt: string;
  readonly verdict: Verdict;
  /** Whether a signed record rests on it. */
  readonly isRecorded: boolean;
}

export interface MatrixRow {
  readonly region: string;
  readonly group: string;
  /** By round; null where the region did not answer, undefined where it was not asked. */
  readonly votes: readonly (Vote | null | undefined)[];
}

export interface Matrix {
  readonly rounds: readonly MatrixRound[];
  readonly rows: readonly MatrixRow[];
}

interface Known extends MatrixRound {
  readonly members: readonly { readonly region: string; readonly group: string }[];
  readonly votes: ReadonlyMap<string, Vote>;
}

/** From what the records say, and from the rounds that are listed beside them. */
export function matrixOf(
  records: readonly ReadRecord[],
  listed: readonly RoundResource[],
  most: number,
): Matrix {
  const known = new Map<string, Known>();
  for (const round of listed) known.set(round.id, fromList(round));
  for (const record of records) {
    for (const round of fromRecord(record)) known.set(round.id, round);
  }
  const rounds = newest([...known.values()], most);
  const groups = new Map(rounds.flatMap(({ members }) => members.map((m) => [m.region, m.group])));
  const rows = [...groups]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([region, group]) => ({
      region,
      group,
      votes: rounds.map(({ members, votes }) =>
        members.some((member) => member.region === region)
          ? (votes.get(region) ?? null)
          : undefined,
      ),
    }));
  return {
    rounds: rounds.map(({ id, openedAt, verdict, isRecorded }) => ({
      ...{ id, openedAt, verdict, isRecorded },
    })),
    rows,
  };
}

/** Those that records rest on are never left out; of the others the newest are shown. */
function newest(rounds: readonly Known[], most: number): Known[] {
  const recorded = rounds.filter(({ isRecorded }) => isRecorded);
  const others = rounds
    .filter(({ isRecorded }) => !isRecorded)
    .toSorted((a, b) => b.openedAt.localeCompare(a.openedAt))
    .slice(0, Math.max(0, most - recorded.length));
  return [...recorded, ...others].toSorted((a, b) => a.openedAt.localeCompare(b.openedAt));
}

function fromList({ id, openedAt, verdict, members, votes }: RoundResource): Known {
  return {
    ...{ id, openedAt, verdict, members, isRecorded: false },
    votes: new Map(votes.map(({ region, vote }) => [region, vote])),
  };
}

function fromRecord({ predicate }: ReadRecord): Known[] {
  return predicate.rounds.map(({ round, openedAt, verdict }) => ({
    ...{ id: round, openedAt, verdict, members: predicate.members, isRecorded: true },
    votes: new Map(
      predicate.votes
        .filter((vote) => vote.round === round)
        .map(({ region, vote }) => [region, vote]),
    ),
  }));
}
