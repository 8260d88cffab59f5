/** A closed round -> what it says of those who voted in it. */
import type { TrustMonitorError } from '@trustmonitor/protocol';
import type { ClosedRound } from '@trustmonitor/quorum';
import type { Decisions } from '../decide.ts';
import type { ReceivedBatch } from '../intake.ts';

/** One thing that was seen of an agent, at a time of the coordinator's clock. */
export type Observation =
  | {
      readonly type: 'vote';
      readonly agent: string;
      readonly monitor: string;
      readonly atMs: number;
      readonly stance: 'agrees' | 'disagrees' | 'abstains';
    }
  | {
      /** A batch that was turned away for good. `forged`: not signed by who sent it. */
      readonly type: 'refused';
      readonly agent: string;
      readonly atMs: number;
      readonly forged: boolean;
    }
  | {
      /** A vote that was sent again, or for another round or check than is open. */
      readonly type: 'replayed';
      readonly agent: string;
      readonly atMs: number;
    };

/** What one commit shows of the agents. */
export function observationsOf({ rounds, repeats }: Decisions): Observation[] {
  return [
    ...rounds.flatMap(({ watched, effect }) => judge(watched.definition.id, effect.round)),
    ...repeats.map(({ agent, atMs }): Observation => ({ type: 'replayed', agent, atMs })),
  ];
}

/** A clock that is off is no lie: such a batch is refused as `batch.time`. */
const FORGERIES = new Set<string>(['signature.invalid', 'batch.invalid']);

/** The broker vouches for who sent it. */
export function refusalOf(
  { agent, arrivedAtMs: atMs }: ReceivedBatch,
  { code }: TrustMonitorError,
): Observation {
  return { type: 'refused', agent, atMs, forged: FORGERIES.has(code) };
}

/**
 * Each vote against what k groups said. A round that k groups did not decide judges nobody, save
 * that a lone `up` of the primary region stands as agreement: were it not counted, a rotating
 * monitor would remember of an honest agent only the rounds in which its probe failed.
 */
export function judge(monitor: string, round: ClosedRound): Observation[] {
  const decided = decidedBy(round);
  return round.votes.flatMap(({ agent, vote }): Observation[] => {
    const about = { type: 'vote', agent, monitor, atMs: round.closedAt } as const;
    if (vote === 'abstain') return [{ ...about, stance: 'abstains' }];
    if (decided === null) return [];
    return [{ ...about, stance: vote === decided ? 'agrees' : 'disagrees' }];
  });
}

function decidedBy({
  members,
  votes,
  required,
  phase,
  verdict,
}: ClosedRound): 'up' | 'down' | null {
  if (phase === 'primary' && verdict === 'up') return 'up';
  const groupOf = new Map(members.map(({ region, group }) => [region, group]));
  const groupsOf = (wanted: string): Set<string | undefined> =>
    new Set(votes.filter(({ vote }) => vote === wanted).map(({ region }) => groupOf.get(region)));
  const [ups, downs] = [groupsOf('up'), groupsOf('down')];
  // A group of two minds counts for neither side.
  const isUp = [...ups].filter((group) => !downs.has(group)).length >= required;
  const isDown = [...downs].filter((group) => !ups.has(group)).length >= required;
  if (isUp === isDown) return null;
  return isUp ? 'up' : 'down';
}
