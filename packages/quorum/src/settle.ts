/**
 * From closed rounds to what stands, what is seen, and the incident.
 *
 *     standing   null -- one up --------------------------------> up
 *                up, null -- confirmed partial -----------------> partial  incident if partialOpens
 *                up, partial, null -- confirmed down -----------> down     incident opens, or updates
 *                down -- recovered as far as partial -----------> partial  incident updates
 *                down, partial -- recovered --------------------> up       incident resolves
 *                partial, no incident -- no group upholds it ---> up       seen as degraded
 *
 *     seen       unknown    once two rounds in a row could not be decided, until a round agrees
 *                           with what stands or another standing is confirmed
 *                degraded   while up stands and failures come and go (`grey.ts`)
 *                else       what stands
 *
 * An incident is open exactly while `down` stands, or a `partial` that opened one or that one
 * came down to. Rounds that decide nothing move neither; they only start the unknown episode.
 */
import type { Verdict } from '@trustmonitor/protocol';
import { change, emit, type Draft } from './draft.ts';
import { FULL_GREY, NO_GREY, addHealthy, addPassed, extraRounds } from './grey.ts';
import {
  agreeingRounds,
  decidingRounds,
  extendStreak,
  failingThroughout,
  isConfirmed,
  levelOf,
  roundsFor,
} from './streak.ts';
import { failingGroups, silentGroups } from './tally.ts';
import type { ClosedRound, MonitorState, Standing, Streak } from './types.ts';

/** An alert about the monitoring itself waits for a second round, as any other does. */
const UNKNOWN_ROUNDS = 2;

/** When a first undecided round is tried again: soon, and never in a tight loop. */
const UNKNOWN_RETRY_MS = 1_000;

export function settle(draft: Draft, round: ClosedRound): void {
  if (round.verdict === 'unknown') {
    noteUndecided(draft, round);
    return;
  }
  noteDecided(draft, round);
  const level = levelOf(round.verdict);
  if (level === stands(draft.state)) agree(draft, round, level);
  else differ(draft, round);
}

/** Before anything was settled, trouble is confirmed and health believed, as if `up` stood. */
function stands({ standing }: MonitorState): Standing {
  return standing ?? 'up';
}

function noteUndecided(draft: Draft, round: ClosedRound): void {
  const before = draft.state.unknown ?? { since: round.openedAt, rounds: 0, alerted: false };
  const rounds = before.rounds + 1;
  const alerts = rounds >= UNKNOWN_ROUNDS && !before.alerted;
  const at = round.closedAt;
  change(draft, {
    unknown: { ...before, rounds, alerted: before.alerted || alerts },
    wantsRoundAt: rounds < UNKNOWN_ROUNDS ? at + UNKNOWN_RETRY_MS : null,
  });
  if (!alerts) return;
  emit(draft, { type: 'monitoring.unknown', since: before.since, at });
  show(draft, 'unknown', round);
}

function noteDecided(draft: Draft, round: ClosedRound): void {
  if (draft.state.unknown?.alerted === true) {
    emit(draft, { type: 'monitoring.restored', at: round.closedAt });
  }
  change(draft, { unknown: null });
}

/** The round says what stands: whatever was pending has passed. */
function agree(draft: Draft, round: ClosedRound, level: Standing): void {
  const { streak, grey, upheldBy, incident } = draft.state;
  change(draft, { standing: level, streak: null });
  if (level === 'up') {
    change(draft, { grey: addHealthy(addPassed(grey, streak?.rounds.length ?? 0), round) });
  }
  if (level === 'partial' && incident === null) {
    const { members, votes } = round;
    // Silence does not clear a group: it may well still see the failure.
    const suspects = [...failingGroups(members, votes), ...silentGroups(members, votes)];
    const upholding = upheldBy.filter((group) => suspects.includes(group));
    change(draft, { upheldBy: upholding });
    if (upholding.length === 0) change(draft, { standing: 'up', grey: FULL_GREY });
  }
  show(draft, visible(draft.state), round);
}

/** The round says something else: confirm it, or ask for the next round in good time. */
function differ(draft: Draft, round: ClosedRound): void {
  const { state } = draft;
  const from = stands(state);
  const { streak, passed } = extendStreak(state.streak, round, from);
  change(draft, { streak, grey: from === 'up' ? addPassed(state.grey, passed) : state.grey });

  const { policy } = state.config;
  const policyRounds = roundsFor(policy, from, streak.towards);
  // The score is nothing unless `up` stands, so recovery takes no more than its policy says.
  const isHeld = draft.heldSince !== null && wouldOpen(draft.state);
  const needed = policyRounds + extraRounds(state.grey) + (isHeld ? 1 : 0);
  const agreeing = agreeingRounds(streak, from);
  const isAfresh = !isHeld || round.openedAt > draft.heldSince;
  if (isAfresh && isConfirmed(agreeing, needed, policy.confirmAfterMs)) {
    confirm(draft, streak.towards, agreeing, policyRounds);
  } else {
    // A score that just reached the threshold shows at once.
    if (state.verdict === 'up') show(draft, visible(draft.state), round);
    change(draft, { wantsRoundAt: nextRoundAt(draft.state, streak, needed - agreeing.length) });
  }
}

/** Whether what the streak points to, once it is confirmed, opens an incident. */
export function wouldOpen({ streak, incident, config }: MonitorState): boolean {
  if (streak === null || incident !== null) return false;
  return streak.towards === 'down' || (streak.towards === 'partial' && config.policy.partialOpens);
}

/**
 * Spaces the missing rounds evenly, so that the last opens when `confirmAfterMs` is over. While
 * grey, partial waits for the schedule: failures that move about would ask without end.
 */
function nextRoundAt(state: MonitorState, streak: Streak, missing: number): number | null {
  if (state.grey.on && streak.towards === 'partial') return null;
  const dueAt = streak.firstAt + state.config.policy.confirmAfterMs;
  const left = Math.max(dueAt - state.clock, 0);
  return state.clock + Math.ceil(left / Math.max(missing, 1));
}

function confirm(
  draft: Draft,
  standing: Standing,
  agreeing: readonly ClosedRound[],
  policyRounds: number,
): void {
  const { confirmAfterMs } = draft.state.config.policy;
  const rounds = decidingRounds(agreeing, policyRounds, confirmAfterMs);
  const last = rounds.at(-1);
  if (last === undefined) throw new RangeError('a standing is confirmed by at least one round');
  change(draft, {
    standing,
    streak: null,
    grey: NO_GREY,
    upheldBy: standing === 'partial' ? failingThroughout(agreeing) : [],
  });
  show(draft, standing, last);
  moveIncident(draft, standing, rounds, last);
}

function moveIncident(
  draft: Draft,
  verdict: Standing,
  rounds: readonly ClosedRound[],
  last: ClosedRound,
): void {
  const { incident: before, config } = draft.state;
  const at = last.closedAt;
  if (verdict === 'up') {
    if (before === null) return;
    change(draft, { incident: null });
    emit(draft, { type: 'incident', step: 'resolve', incident: before, verdict, rounds, at });
  } else if (before !== null) {
    const incident = { ...before, kind: verdict };
    change(draft, { incident });
    emit(draft, { type: 'incident', step: 'update', incident, verdict, rounds, at });
  } else if (verdict === 'down' || config.policy.partialOpens) {
    const incident = { id: last.id, kind: verdict, openedAt: at };
    change(draft, { incident });
    emit(draft, { type: 'incident', step: 'open', incident, verdict, rounds, at });
  }
}

function visible({ standing, grey }: MonitorState): Verdict {
  const level = standing ?? 'up';
  return level === 'up' && grey.on ? 'degraded' : level;
}

function show(draft: Draft, verdict: Verdict, round: ClosedRound): void {
  const from = draft.state.verdict;
  if (from === verdict) return;
  change(draft, { verdict });
  emit(draft, { type: 'verdict.changed', from, to: verdict, at: round.closedAt, round: round.id });
}
