/**
 * The same engine over a record's rounds: does the claimed step follow from them?
 *
 * A record states when its rounds opened and closed, and no times of single votes. So each
 * round is given exactly the time that the record states, and its votes arrive together at its
 * close: a round that closed early does so again, whatever the order in which its votes are
 * listed, and one that ran out of time does that.
 */
import { initialState, step } from './step.ts';
import type {
  Effect,
  EngineConfig,
  MonitorState,
  ReplayClaim,
  ReplayRound,
  Replayed,
} from './types.ts';

type IncidentEffect = Extract<Effect, { type: 'incident' }>;

/** Runs the engine over the claim's rounds. Never throws for a claim that fits its type. */
export function replay(claim: ReplayClaim): Replayed {
  let state = standingBefore(claim);
  const rounds: { round: string; verdict: Replayed['rounds'][number]['verdict'] }[] = [];
  const steps: { effect: IncidentEffect; round: string }[] = [];
  const reasons = disorder(claim.rounds);

  for (const round of claim.rounds) {
    const { effects, ...after } = replayRound(state, claim, round);
    state = after.state;
    for (const effect of effects) {
      if (effect.type === 'round.closed')
        rounds.push({ round: round.round, verdict: effect.round.verdict });
      if (effect.type === 'incident') steps.push({ effect, round: round.round });
      if (effect.type === 'vote.refused') {
        reasons.push(`the vote of ${effect.region} in round ${effect.round} is ${effect.reason}`);
      }
    }
  }
  const reason = reasons[0] ?? mismatch(claim, steps);
  return { follows: reason === null, reason, rounds };
}

/** The state that the record's step started from. */
function standingBefore({ policy, standing }: ReplayClaim): MonitorState {
  const state = initialState(0, { policy, mode: 'all', jobMs: 0, settleMs: 0, lingerMs: 0 });
  if (standing === null) return state;
  return {
    ...state,
    verdict: standing,
    standing,
    incident: { id: '', kind: standing, openedAt: 0 },
  };
}

function replayRound(
  before: MonitorState,
  { members }: ReplayClaim,
  { round, openedAt, closedAt, votes }: ReplayRound,
): { state: MonitorState; effects: Effect[] } {
  const config: EngineConfig = { ...before.config, jobMs: Math.max(closedAt - openedAt, 0) };
  let state: MonitorState = { ...before, config };
  const effects: Effect[] = [];
  const feed = (event: Parameters<typeof step>[1]): void => {
    const stepped = step(state, event);
    state = stepped.state;
    effects.push(...stepped.effects);
  };
  feed({ type: 'round.due', at: openedAt, round, members });
  feed({ type: 'votes', at: closedAt, round, votes });
  feed({ type: 'time', at: closedAt });
  return { state, effects };
}

/** Rounds of one monitor follow each other: they neither overlap nor come twice. */
function disorder(rounds: readonly ReplayRound[]): string[] {
  const seen = new Set<string>();
  let before = 0;
  for (const { round, openedAt, closedAt } of rounds) {
    if (seen.has(round)) return [`round ${round} is listed twice`];
    if (openedAt < before) return [`round ${round} opens before the one before it closed`];
    // Negated, so that a time that is not a number is refused too.
    if (!(closedAt >= openedAt)) return [`round ${round} closes before it opens`];
    seen.add(round);
    before = closedAt;
  }
  return [];
}

function mismatch(
  claim: ReplayClaim,
  steps: readonly { effect: IncidentEffect; round: string }[],
): string | null {
  const [first] = steps;
  if (first === undefined) return `the rounds do not confirm the step ${claim.step}`;
  const { effect, round } = first;
  if (round !== claim.rounds.at(-1)?.round) {
    return `the step follows already from round ${round}`;
  }
  if (effect.step !== claim.step) {
    return `the rounds lead to ${effect.step}, not to ${claim.step}`;
  }
  if (effect.verdict !== claim.verdict) {
    return `the rounds lead to ${effect.verdict}, not to ${claim.verdict}`;
  }
  return null;
}
