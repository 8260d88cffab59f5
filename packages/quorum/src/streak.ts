/**
 * Streaks: how many rounds in a row agree that what stands is no longer so.
 *
 * Verdicts have an order, `up` < `partial` < `down` (`degraded` is an `up`), and a round that
 * differs from what stands points to one side of it. A streak is a run of consecutive decided
 * rounds that point to the same side; a round at what stands, or on the other side, ends it.
 * `unknown` rounds are passed over. Membership is the same in all rounds of a streak: with
 * another one the count starts anew, so that one record can state one membership.
 *
 * The latest round says what the streak is towards, and the rounds that agree are those, back
 * from it, that are *at least as far* from what stands:
 *
 *     up stands     down, partial             two agree on partial: down is partial and more
 *                   partial, down             one agrees on down: one more will tell
 *                   partial, down, down       two agree on down
 *     down stands   up, partial               two agree that it is no longer down, but partial
 *                   partial, up               one agrees on up
 *
 * So trouble of changing severity is never taken for health, and is called no worse than all
 * agreeing rounds bear out. Towards `partial` the rounds must also share a group that fails in
 * each of them: a minority of failures is partial only if it persists somewhere. Failures that
 * move about are not; `grey.ts` accounts for those.
 */
import type { DecisionPolicy, Verdict } from '@trustmonitor/protocol';
import { failingGroups } from './tally.ts';
import type { ClosedRound, Standing, Streak } from './types.ts';

const SEVERITY = { up: 0, partial: 1, down: 2 } as const satisfies Record<Standing, number>;

/**
 * A streak can grow without end only while `confirmAfterMs` spans many intervals. Its first
 * rounds and its latest are then all that matters.
 */
const MAX_ROUNDS = 64;

/** What a decided verdict says about the standing. */
export function levelOf(verdict: Exclude<Verdict, 'unknown'>): Standing {
  return verdict === 'degraded' ? 'up' : verdict;
}

/**
 * The streak with one more round, which differs from what stands (`from`).
 *
 * `passed` counts rounds whose failures did not persist and agree with nothing any more.
 */
export function extendStreak(
  streak: Streak | null,
  round: ClosedRound,
  from: Standing,
): { streak: Streak; passed: number } {
  const towards = levelOfRound(round);
  const earlier = streak?.rounds ?? [];
  const last = earlier.at(-1);
  const all = last !== undefined && sameMembers(last, round) ? [...earlier, round] : [round];
  // A later partial may build on rounds that the present direction does not count.
  const since = agreeingSince(all, towards, from);
  const kept = all.slice(Math.min(since, agreeingSince(all, 'partial', from)));
  const rounds = bounded(kept, agreeingSince(kept, towards, from));
  const firstAt = all[since]?.closedAt ?? round.closedAt;
  return { streak: { towards, rounds, firstAt }, passed: all.length - kept.length };
}

/** The rounds of the streak that agree with its direction, oldest first. */
export function agreeingRounds(streak: Streak, from: Standing): readonly ClosedRound[] {
  return streak.rounds.slice(agreeingSince(streak.rounds, streak.towards, from));
}

/**
 * Whether the rounds are enough in number and span `afterMs`.
 *
 * The span is from the close of the first to the close of the last: a record states these two
 * instants and no others, so the verifier can apply the same rule to the millisecond. A first
 * failure was seen no later than its round's close, so this is never the laxer reading.
 */
export function isConfirmed(
  agreeing: readonly ClosedRound[],
  needed: number,
  afterMs: number,
): boolean {
  const first = agreeing[0];
  const last = agreeing.at(-1);
  if (first === undefined || last === undefined) return false;
  return agreeing.length >= needed && last.closedAt - first.closedAt >= afterMs;
}

/**
 * The fewest of the agreeing rounds that bear out the policy: the first, for the span, and the
 * latest, for the number. Taking any one away leaves too few.
 */
export function decidingRounds(
  agreeing: readonly ClosedRound[],
  policyRounds: number,
  afterMs: number,
): readonly ClosedRound[] {
  // One round spans no time.
  const count = Math.max(policyRounds, afterMs > 0 ? 2 : 1);
  if (count === 1) return agreeing.slice(-1);
  return [...agreeing.slice(0, 1), ...agreeing.slice(1).slice(1 - count)];
}

/** Groups that fail in each of the rounds. */
export function failingThroughout(rounds: readonly ClosedRound[]): string[] {
  const [first, ...rest] = rounds.map((round) => failingGroups(round.members, round.votes));
  return (first ?? []).filter((group) => rest.every((groups) => groups.includes(group)));
}

/** How many agreeing rounds the policy asks for on the way from one standing to another. */
export function roundsFor(policy: DecisionPolicy, from: Standing, towards: Standing): number {
  return SEVERITY[towards] > SEVERITY[from] ? policy.confirmRounds : policy.recoverRounds;
}

function levelOfRound({ verdict }: ClosedRound): Standing {
  return verdict === 'unknown' ? 'up' : levelOf(verdict);
}

function sameMembers(a: ClosedRound, b: ClosedRound): boolean {
  const names = ({ members }: ClosedRound): string =>
    members.map(({ region, group }) => `${region}:${group}`).join();
  return names(a) === names(b);
}

/** The index from which all rounds agree with `towards`; the number of rounds if none does. */
function agreeingSince(rounds: readonly ClosedRound[], towards: Standing, from: Standing): number {
  const worse = SEVERITY[towards] > SEVERITY[from];
  const agrees = (round: ClosedRound): boolean => {
    const beyond = SEVERITY[levelOfRound(round)] - SEVERITY[towards];
    return worse ? beyond >= 0 : beyond <= 0;
  };
  let since = rounds.length;
  while (since > 0) {
    const candidate = rounds.slice(since - 1);
    if (candidate[0] === undefined || !agrees(candidate[0])) break;
    if (worse && towards === 'partial' && failingThroughout(candidate).length === 0) break;
    since -= 1;
  }
  return since;
}

/** Drops the oldest round that is neither the first of the streak nor of those that agree. */
function bounded(rounds: readonly ClosedRound[], since: number): readonly ClosedRound[] {
  if (rounds.length <= MAX_ROUNDS) return rounds;
  return rounds.toSpliced(since + 1 < rounds.length / 2 ? since + 1 : 1, 1);
}
