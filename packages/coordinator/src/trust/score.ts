/**
 * How far an agent can be believed, worked out from what was seen of it. A pure reducer.
 *
 * Two memories, for two questions. `agreed`, `disagreed`, `abstained` and `forged` are counts that
 * halve every hour: how an agent does on the whole. `doubts` is its agreement on single monitors,
 * weighted exponentially by vote: it finds who lies about one monitor among thousands.
 *
 *     trusted -- its agreement on a monitor falls below FLAG_BELOW, ----> flagged
 *                or it forges FLAG_FORGED batches within about an hour
 *     flagged -- none of its doubts is below CLEAR_ABOVE, ------------> trusted
 *                and its forgeries are forgotten
 *
 * From full agreement, 14 votes in a row against the quorum flag. Failures that are independent
 * with p = 1 % would need 14 or more in about 20 votes: less than one in 10^20.
 *
 * A flag says that the agent sees something else than the quorum does, not why. That can be a
 * lie, a broken agent, or a target that is really down for one region only.
 */
import type { Observation } from './judge.ts';

const HALF_LIFE_MS = 3_600_000;
/** The weight of one vote in the agreement on its monitor. */
const WEIGHT = 0.1;
const FLAG_BELOW = 0.25;
const CLEAR_ABOVE = 0.75;
const FLAG_FORGED = 3;
/** A doubt this small is forgotten. */
const FORGET_ABOVE = 0.95;
/** So is one of which nothing was heard for as long as this: its monitor is gone. */
const FORGET_AFTER_MS = 86_400_000;
/** The largest doubts of an agent that are kept. */
const MAX_DOUBTS = 2_000;
/** So many of them are named to people. */
const MAX_NAMED = 20;

export interface Doubt {
  /** Agreement on one monitor, from 0 to 1. */
  readonly agreement: number;
  readonly atMs: number;
}

export interface TrustScore {
  /** As of when the counts that halve are given. */
  readonly atMs: number;
  readonly agreed: number;
  readonly disagreed: number;
  readonly abstained: number;
  readonly forged: number;
  /** Since the agent was first seen. */
  readonly totals: {
    readonly refused: number;
    readonly forged: number;
    readonly replayed: number;
  };
  /** By monitor; one that is not named has full agreement. */
  readonly doubts: Readonly<Record<string, Doubt>>;
  readonly flaggedAtMs: number | null;
}

export function unknownScore(atMs: number): TrustScore {
  return {
    ...{ atMs, agreed: 0, disagreed: 0, abstained: 0, forged: 0 },
    totals: { refused: 0, forged: 0, replayed: 0 },
    doubts: {},
    flaggedAtMs: null,
  };
}

/** Share of votes that agreed with the quorum, from 0 to 1; null before the first. */
export function agreementOf({ agreed, disagreed }: TrustScore): number | null {
  const votes = agreed + disagreed;
  return votes === 0 ? null : agreed / votes;
}

/** Share of answers that were no vote, from 0 to 1; null before the first. */
export function abstentionOf({ agreed, disagreed, abstained }: TrustScore): number | null {
  const answers = agreed + disagreed + abstained;
  return answers === 0 ? null : abstained / answers;
}

/** The first monitors on which the agent is against the quorum, worst first. */
export function doubtfulMonitors({ doubts }: TrustScore): string[] {
  return Object.entries(doubts)
    .filter(([, { agreement }]) => agreement < CLEAR_ABOVE)
    .toSorted(([, a], [, b]) => a.agreement - b.agreement)
    .slice(0, MAX_NAMED)
    .map(([monitor]) => monitor);
}

/** What was seen of one agent, in the order of time; `nowMs` is not before the last of it. */
export function rescore(
  before: TrustScore,
  seen: readonly Observation[],
  nowMs: number,
): TrustScore {
  const draft = draftOf(before, nowMs);
  for (const observation of seen) take(draft, observation, nowMs);
  const doubts = keepDoubts(draft.doubts, nowMs);
  const score: TrustScore = { ...draft, totals: draft.totals, doubts, flaggedAtMs: null };
  const isFlagged = mustFlag(score, before.flaggedAtMs !== null);
  return { ...score, flaggedAtMs: isFlagged ? (before.flaggedAtMs ?? score.atMs) : null };
}

function mustFlag({ doubts, forged }: TrustScore, isFlagged: boolean): boolean {
  const limit = isFlagged ? CLEAR_ABOVE : FLAG_BELOW;
  if (Object.values(doubts).some(({ agreement }) => agreement < limit)) return true;
  return forged >= (isFlagged ? 1 : FLAG_FORGED - 0.5);
}

interface Draft {
  atMs: number;
  agreed: number;
  disagreed: number;
  abstained: number;
  forged: number;
  totals: { refused: number; forged: number; replayed: number };
  doubts: Map<string, Doubt>;
}

/** Everything that halves, as of now. A clock that was set back halves nothing. */
function draftOf(before: TrustScore, nowMs: number): Draft {
  const atMs = Math.max(before.atMs, nowMs);
  const rest = 2 ** -((atMs - before.atMs) / HALF_LIFE_MS);
  return {
    atMs,
    agreed: before.agreed * rest,
    disagreed: before.disagreed * rest,
    abstained: before.abstained * rest,
    forged: before.forged * rest,
    totals: { ...before.totals },
    doubts: new Map(Object.entries(before.doubts)),
  };
}

function take(draft: Draft, seen: Observation, nowMs: number): void {
  if (seen.type === 'replayed') draft.totals.replayed += 1;
  else if (seen.type === 'refused') {
    draft.totals.refused += 1;
    if (!seen.forged) return;
    draft.totals.forged += 1;
    draft.forged += 1;
  } else if (seen.stance === 'abstains') draft.abstained += 1;
  else {
    const agrees = seen.stance === 'agrees';
    draft[agrees ? 'agreed' : 'disagreed'] += 1;
    const known = draft.doubts.get(seen.monitor);
    if (known === undefined && agrees) return;
    const agreement = (known?.agreement ?? 1) * (1 - WEIGHT) + (agrees ? WEIGHT : 0);
    draft.doubts.set(seen.monitor, { agreement, atMs: nowMs });
  }
}

function keepDoubts(doubts: ReadonlyMap<string, Doubt>, nowMs: number): Record<string, Doubt> {
  const kept = [...doubts].filter(
    ([, { agreement, atMs }]) => agreement <= FORGET_ABOVE && nowMs - atMs < FORGET_AFTER_MS,
  );
  const worst =
    kept.length <= MAX_DOUBTS
      ? kept
      : kept.toSorted(([, a], [, b]) => a.agreement - b.agreement).slice(0, MAX_DOUBTS);
  return Object.fromEntries(worst);
}
