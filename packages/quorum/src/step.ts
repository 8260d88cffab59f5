/**
 * The decision engine of one monitor: a pure function from state and event to state and
 * effects. It has no clock, no randomness and no I/O; time is an event. The coordinator runs
 * it live, and the offline verifier runs the same code over recorded rounds (`replay.ts`).
 *
 * Read on by subject: `round.ts` (who is asked, when a round closes), `tally.ts` (what its
 * votes decide), `streak.ts` (when rounds agree), `settle.ts` (verdict and incident),
 * `grey.ts` (failures that come and go).
 */
import { change, type Draft } from './draft.ts';
import { NO_GREY } from './grey.ts';
import { castVotes, endOverduePhase, openRound, resendWhenDue, withPastRound } from './round.ts';
import type { CountedVote, EngineConfig, EngineEvent, MonitorState, Stepped } from './types.ts';

/** A monitor that nothing is known of. */
export function initialState(revision: number, config: EngineConfig): MonitorState {
  return {
    revision,
    config,
    clock: 0,
    verdict: null,
    standing: null,
    round: null,
    streak: null,
    incident: null,
    upheldBy: [],
    grey: NO_GREY,
    unknown: null,
    rotation: 0,
    wantsRoundAt: null,
    pastRounds: [],
  };
}

/**
 * Applies one event. Neither argument is changed. An event from before the latest one is taken
 * to happen at the latest: clocks that jump back delay decisions and do nothing worse.
 *
 * While `heldSince` (milliseconds) is not null, an incident opens only after one agreeing round
 * more than else, and the last of them must have opened after that time. A record lists no more
 * than the rounds that the policy asks for, so a verifier need not know of it.
 */
export function step(
  state: MonitorState,
  event: EngineEvent,
  heldSince: number | null = null,
): Stepped {
  const draft: Draft = {
    state: { ...state, clock: Math.max(state.clock, event.at) },
    effects: [],
    heldSince,
  };
  switch (event.type) {
    case 'round.due':
      endOverduePhase(draft, { inclusive: true });
      openRound(draft, event);
      break;
    case 'vote':
      endOverduePhase(draft, { inclusive: false });
      castVotes(draft, event.round, [castOf(event)]);
      break;
    case 'votes':
      endOverduePhase(draft, { inclusive: false });
      castVotes(draft, event.round, event.votes.map(castOf));
      break;
    case 'time':
      endOverduePhase(draft, { inclusive: true });
      resendWhenDue(draft);
      break;
    case 'revised':
      revise(draft, event.revision, event.config);
      break;
  }
  return { state: draft.state, effects: draft.effects };
}

/** When the engine next needs a `time` event; null when only other events can move it. */
export function nextWake({ round }: MonitorState): number | null {
  return round === null ? null : Math.min(round.deadlineAt, round.resendAt ?? Infinity);
}

/**
 * The state as a coordinator takes it up after a restart. The open round is dropped, because
 * its votes may have gone elsewhere, and wanted again at once; everything else stays.
 */
export function suspend(state: MonitorState): MonitorState {
  const { round } = state;
  if (round === null) return state;
  const pastRounds = withPastRound(state, round.id);
  return { ...state, round: null, pastRounds, wantsRoundAt: round.openedAt };
}

/** Only what a vote consists of: the state holds nothing that the contract does not name. */
function castOf({ agent, region, vote, slow }: CountedVote): CountedVote {
  return { agent, region, vote, slow };
}

/**
 * Another definition: what the old one's rounds said is no evidence about it. An open incident
 * is about the same monitor and stays, and with it what stood when it was last moved.
 */
function revise(draft: Draft, revision: number, config: EngineConfig): void {
  const { incident, unknown, clock } = draft.state;
  const standing = incident?.kind ?? null;
  change(draft, {
    ...suspend(draft.state),
    revision,
    config,
    standing,
    verdict: unknown?.alerted === true ? 'unknown' : standing,
    streak: null,
    upheldBy: [],
    grey: NO_GREY,
    wantsRoundAt: clock,
  });
}
