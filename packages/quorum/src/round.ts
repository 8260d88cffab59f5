/**
 * One round, from due to closed.
 *
 *     none     -- due, all is plainly up, mode rotate --> primary   ask one region
 *     none     -- due, otherwise ----------------------> verify    ask every region
 *     primary  -- a plain up --------------------------> closed    `up`
 *     primary  -- what was cast decides ---------------> closed    the rotating region is all there is
 *     primary  -- the first of them abstains ----------> primary   ask the next one in turn
 *     primary  -- any other vote, or the deadline -----> verify    ask all others; votes stay
 *     verify   -- half time, some silent --------------> verify    ask those once more
 *     verify   -- nothing outstanding can change it ---> closed    early, or after `lingerMs` if some are silent
 *     verify   -- the deadline ------------------------> closed    the silent abstain
 *
 * A region in quarantine, or drained, is a member that is never asked: it abstains, and nobody waits
 * for it.
 *
 * A phase has `jobMs + settleMs`, from when it asks. A vote at the very deadline still counts.
 * A slow `up` is not a plain one: whether the target is slow is for a majority to say. One that
 * abstains says nothing of the target: agents that have no time for their jobs would otherwise have
 * all the more of them.
 */
import type { Member, Uuid7, Verdict } from '@trustmonitor/protocol';
import { change, emit, type Draft } from './draft.ts';
import { settle } from './settle.ts';
import { decideRound, requiredOf } from './tally.ts';
import type {
  ClosedRound,
  CountedVote,
  EngineEvent,
  MonitorState,
  OpenRound,
  Phase,
  RefusalReason,
} from './types.ts';

type RoundDue = Extract<EngineEvent, { type: 'round.due' }>;

/** Enough to name a round whose jobs may still be running: a job never outlives a few rounds. */
const PAST_ROUNDS = 8;

/** Opens a round, unless one is open. The membership and k are fixed here. */
export function openRound(draft: Draft, due: RoundDue): void {
  const { state } = draft;
  const at = state.clock;
  if (state.round !== null) {
    emit(draft, { type: 'round.skipped', round: due.round, open: state.round.id, at });
    return;
  }
  const members = inOrder(due.members);
  const required = requiredOf(state.config.policy.quorum, due.members);
  const unasked = unaskedOf(members, due, required);
  const primary = rotates(state) ? nextPrimary(members, unasked, state.rotation) : undefined;
  const round: OpenRound = {
    id: due.round,
    openedAt: at,
    members,
    required,
    phase: 'verify',
    unasked,
    asked: [],
    votes: [],
    resendAt: null,
    deadlineAt: at,
  };
  change(draft, { round, wantsRoundAt: null });
  // Without members, or with fewer groups than k, there is nothing to ask for.
  if (closeIfDecided(draft, round)) return;
  if (primary === undefined) {
    ask(draft, round, 'verify');
    return;
  }
  change(draft, { rotation: (members.indexOf(primary) + 1) % members.length });
  ask(draft, round, 'primary', [primary.region]);
}

/** Counts each vote, or refuses it and leaves everything as it is; then decides, if it can. */
export function castVotes(draft: Draft, round: Uuid7, votes: readonly CountedVote[]): void {
  const counted = votes.filter((vote) => countVote(draft, round, vote));
  const { round: open } = draft.state;
  if (open === null || counted.length === 0) return;
  if (open.phase === 'primary' && counted.some(isPlainUp)) close(draft, open, 'up');
  else if (!closeIfDecided(draft, open) && open.phase === 'primary') askOn(draft, open);
}

/** Whom to ask when the primary region's word is not enough. */
function askOn(draft: Draft, round: OpenRound): void {
  const { members, unasked, asked, votes } = round;
  const next = nextPrimary(members, [...unasked, ...asked], draft.state.rotation);
  const saysNothing = asked.length === 1 && votes.every(({ vote }) => vote === 'abstain');
  if (saysNothing && next !== undefined) ask(draft, round, 'primary', [next.region]);
  else ask(draft, round, 'verify');
}

/** Ends the phase whose deadline lies before `at`; with `inclusive`, also one that is at it. */
export function endOverduePhase(draft: Draft, { inclusive }: { inclusive: boolean }): void {
  const { round, clock: at } = draft.state;
  if (round === null || at < round.deadlineAt || (at === round.deadlineAt && !inclusive)) return;
  const everyoneAsked = round.asked.length + round.unasked.length === round.members.length;
  if (everyoneAsked) closeIfDecided(draft, round, { final: true });
  else ask(draft, round, 'verify');
}

/** Asks the silent regions once more, at half time, if a job sent now could still be done. */
export function resendWhenDue(draft: Draft): void {
  const { round, clock: at } = draft.state;
  if (round === null || round.resendAt === null || at < round.resendAt) return;
  const answered = new Set(round.votes.map(({ region }) => region));
  const regions = round.asked.filter((region) => !answered.has(region));
  const expiresInMs = round.deadlineAt - draft.state.config.settleMs - at;
  change(draft, { round: { ...round, resendAt: null } });
  if (expiresInMs <= 0) return;
  emit(draft, { type: 'ask', round: round.id, phase: 'verify', regions, at, expiresInMs });
}

/** Remembers that a round is over, so that its votes are known to be late. */
export function withPastRound(state: MonitorState, id: string): readonly string[] {
  return [id, ...state.pastRounds].slice(0, PAST_ROUNDS);
}

/** By region, and each region once: listed under two groups, it would vote for both. */
function inOrder(members: readonly Member[]): Member[] {
  return members
    .filter(({ region }, i) => members.findIndex((other) => other.region === region) === i)
    .toSorted((a, b) => (a.region < b.region ? -1 : 1));
}

/**
 * Those that are drained, as somebody has said so; and those in quarantine, unless the rest would be
 * fewer than k: better to hear them than nobody.
 */
function unaskedOf(
  members: readonly Member[],
  { quarantined = [], drained = [] }: RoundDue,
  required: number,
): string[] {
  const out = new Set([...quarantined, ...drained]);
  const left = members.filter(({ region }) => !out.has(region));
  const canSpare = new Set(left.map(({ group }) => group)).size >= required;
  const regions = members.map(({ region }) => region);
  return regions.filter((region) => (canSpare ? out.has(region) : drained.includes(region)));
}

/** The first in turn that may be asked. */
function nextPrimary(
  members: readonly Member[],
  unasked: readonly string[],
  rotation: number,
): Member | undefined {
  const first = rotation % members.length;
  const inTurn = [...members.slice(first), ...members.slice(0, first)];
  return inTurn.find(({ region }) => !unasked.includes(region));
}

/** Only where nothing at all is wrong is one region's word enough. */
function rotates({ config, verdict, streak, unknown, grey }: MonitorState): boolean {
  const steady = verdict === 'up' && streak === null && unknown === null && grey.score === 0;
  return config.mode === 'rotate' && steady;
}

/** Starts a phase: `regions`, or all that were not asked yet, get a job. */
function ask(draft: Draft, round: OpenRound, phase: Phase, regions?: readonly string[]): void {
  const { jobMs, settleMs } = draft.state.config;
  const at = draft.state.clock;
  const isLeft = (region: string): boolean =>
    !round.asked.includes(region) && !round.unasked.includes(region);
  const rest = round.members.map(({ region }) => region).filter(isLeft);
  const asking = regions ?? rest;
  const next: OpenRound = {
    ...round,
    phase,
    asked: [...round.asked, ...asking],
    resendAt: phase === 'verify' ? at + Math.ceil((jobMs + settleMs) / 2) : null,
    deadlineAt: at + jobMs + settleMs,
  };
  change(draft, { round: next });
  emit(draft, { type: 'ask', round: round.id, phase, regions: asking, at, expiresInMs: jobMs });
}

function countVote(draft: Draft, round: Uuid7, vote: CountedVote): boolean {
  const { round: open, clock: at } = draft.state;
  const seen = { round, agent: vote.agent, region: vote.region, vote: vote.vote, at };
  const reason = refusal(draft.state, round, vote.region);
  if (open === null || reason !== null) {
    emit(draft, { type: 'vote.refused', ...seen, reason: reason ?? 'foreign' });
    return false;
  }
  change(draft, { round: { ...open, votes: [...open.votes, vote] } });
  emit(draft, { type: 'vote.counted', ...seen });
  return true;
}

function refusal(
  { round: open, pastRounds }: MonitorState,
  round: Uuid7,
  region: string,
): RefusalReason | null {
  if (round !== open?.id) return pastRounds.includes(round) ? 'late' : 'foreign';
  if (!open.asked.includes(region)) return 'not_a_member';
  return open.votes.some((vote) => vote.region === region) ? 'duplicate' : null;
}

function isPlainUp({ vote, slow }: CountedVote): boolean {
  return vote === 'up' && !slow;
}

function closeIfDecided(draft: Draft, round: OpenRound, { final } = { final: false }): boolean {
  const { members, votes, required, unasked } = round;
  const verdict = decideRound(members, votes, required, { final, unasked });
  if (verdict === 'pending') return false;
  const { lingerMs } = draft.state.config;
  if (!final && lingerMs > 0 && hasSilent(round)) linger(draft, round, lingerMs);
  else close(draft, round, verdict);
  return true;
}

/**
 * The verdict stands, but votes are still under way. They cannot change it; they can say who
 * dissents, and a record that left out whoever is a little slower would look unanimous.
 */
function linger(draft: Draft, round: OpenRound, lingerMs: number): void {
  const deadlineAt = Math.min(round.deadlineAt, draft.state.clock + lingerMs);
  change(draft, { round: { ...round, resendAt: null, deadlineAt } });
}

function hasSilent({ asked, votes }: OpenRound): boolean {
  return asked.some((region) => !votes.some((vote) => vote.region === region));
}

function close(draft: Draft, round: OpenRound, verdict: Verdict): void {
  const { id, openedAt, required, members, votes, phase } = round;
  const closedAt = draft.state.clock;
  const closed: ClosedRound = {
    id,
    openedAt,
    closedAt,
    verdict,
    required,
    members,
    votes,
    phase,
  };
  change(draft, { round: null, pastRounds: withPastRound(draft.state, id) });
  emit(draft, { type: 'round.closed', round: closed });
  settle(draft, closed);
}
