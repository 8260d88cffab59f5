/**
 * When regions agree that a monitor does not answer as usual, and have done so for long enough. What
 * is unusual about an answer is for others to say (`latency.ts`, `shape.ts`).
 *
 *     normal    -- enough rounds of outliers, for half a minute, and most regions agree --> anomalous
 *     anomalous -- as many rounds in which most regions do not agree any more -----------> normal
 *
 * A region agrees while its last answer in this run of rounds was an outlier. Enough regions are more
 * than half of those that have a baseline and were heard lately, and two wherever there are two. A
 * rotating round asks one region, so a run goes on over rounds of different regions: it ends as soon as
 * enough regions have answered as usual that the others are too few, or when more than one round in
 * three was usual; and each such round asks for one more of outliers.
 *
 * Enough rounds are those that the monitor asks for, or more where outliers are usual: a service whose
 * cache misses one time in six has three of them in a row every few hours. So many are asked for that
 * chance alone, at the share of outliers that was seen lately, makes such a run less than once a year.
 *
 * One that has begun ends with hysteresis (`raised`), or when a state has lasted for so long that
 * regions take it for the usual one: regions that learn agree to nothing.
 */

/** `raised` is too much for the end of an anomaly, and too little for its beginning. */
export type Level = 'usual' | 'raised' | 'outlier';

/** One region, by its newest answer. */
export interface Voter {
  /** Whether it knows what is usual. */
  readonly hasBaseline: boolean;
  /** Null where that answer could not be judged. */
  readonly level: Level | null;
  /** The round that the answer is of. */
  readonly lastRound: number;
}

export interface Agreement {
  readonly isAnomalous: boolean;
  /** While normal: the rounds of outliers that may be the beginning. While anomalous: of its end. */
  readonly run: Run | null;
  /** Rounds with an answer so far. */
  readonly rounds: number;
  /** Share of the recent rounds that were outliers while nothing was anomalous. */
  readonly outlierShare: number;
}

interface Run {
  readonly sinceMs: number;
  /** Number of its first round: answers before it are none of its own. */
  readonly sinceRound: number;
  readonly hits: number;
  readonly misses: number;
  /** Hits that it takes. */
  readonly needed: number;
}

export interface AgreementRules {
  /** Rounds that an anomaly must be seen in. */
  readonly rounds: number;
}

export interface AgreementStep<S extends Agreement> {
  readonly state: S;
  /** What this round changed; null: nothing. */
  readonly change: 'began' | 'ended' | null;
}

export const NO_AGREEMENT: Agreement = {
  isAnomalous: false,
  run: null,
  rounds: 0,
  outlierShare: 0,
};

/** However short the interval, an anomaly lasts at least so long before it is one. */
const HELD_MS = 30_000;
/** A region that was not heard in so many rounds is not asked any more. */
const FORGOTTEN_AFTER = 1_000;
/** Rounds that the share of outliers is remembered for. */
const SHARE_ROUNDS = 300;
/** How likely a run may be by chance; a year has a million rounds of 30 s. */
const CHANCE = 1e-7;
const MOST_ROUNDS = 20;

/** Regions of which something was heard lately enough to remember them in this round. */
export function remembered<R extends { readonly lastRound: number }>(
  regions: ReadonlyMap<string, R>,
  round: number,
): Map<string, R> {
  return new Map([...regions].filter(([, { lastRound }]) => round - lastRound < FORGOTTEN_AFTER));
}

/**
 * Of an anomaly that goes on after a restart: where its end may have begun already. None of these regions
 * was heard since `sinceRound`, and each has its say before it can be over.
 */
export function reopenedRun(
  sinceMs: number,
  sinceRound: number,
  regions: number,
  { rounds }: AgreementRules,
): Run {
  return { sinceMs, sinceRound, hits: 0, misses: 0, needed: rounds + regions };
}

/** `state.rounds` counts the round just heard; `all`: every region that is remembered. */
export function agree<S extends Agreement>(
  state: S,
  all: readonly Voter[],
  atMs: number,
  rules: AgreementRules,
): AgreementStep<S> {
  const council = new Council(state.rounds, all, rules);
  return state.isAnomalous
    ? ending(state, council, atMs, rules)
    : beginning(state, council, atMs, rules);
}

function beginning<S extends Agreement>(
  before: S,
  council: Council,
  atMs: number,
  rules: AgreementRules,
): AgreementStep<S> {
  const isHit = council.isOutlierRound();
  if (isHit === null) return { state: before, change: null };
  const run = extended(before, atMs, isHit, rules);
  const outlierShare = before.outlierShare + (Number(isHit) - before.outlierShare) / SHARE_ROUNDS;
  const state = { ...before, outlierShare, run };
  if (run === null || isBroken(run, council)) {
    return { state: { ...state, run: null }, change: null };
  }
  const isLong = run.hits >= run.needed + run.misses && atMs - run.sinceMs >= HELD_MS;
  if (!isLong || council.agreeing(run.sinceRound, 'outlier') < council.needed) {
    return { state, change: null };
  }
  return { state: { ...state, isAnomalous: true, run: null }, change: 'began' };
}

function extended(
  { run, rounds, outlierShare }: Agreement,
  atMs: number,
  isHit: boolean,
  rules: AgreementRules,
): Run | null {
  if (run !== null) {
    return isHit ? { ...run, hits: run.hits + 1 } : { ...run, misses: run.misses + 1 };
  }
  if (!isHit) return null;
  const needed = Math.max(rules.rounds, roundsAgainstChance(outlierShare));
  return { sinceMs: atMs, sinceRound: rounds, hits: 1, misses: 0, needed };
}

function roundsAgainstChance(share: number): number {
  if (share <= 0) return 0;
  return Math.min(MOST_ROUNDS, Math.ceil(Math.log(CHANCE) / Math.log(Math.min(share, 0.9))));
}

function isBroken(run: Run, council: Council): boolean {
  const against = council.heardSince(run.sinceRound).filter((level) => level !== 'outlier');
  return against.length > council.voters.length - council.needed || run.misses * 2 > run.hits;
}

function ending<S extends Agreement>(
  state: S,
  council: Council,
  atMs: number,
  rules: AgreementRules,
): AgreementStep<S> {
  if (council.agreeing(0, 'raised') >= council.needed) {
    return { state: { ...state, run: null }, change: null };
  }
  const run = state.run ?? {
    ...{ sinceMs: atMs, sinceRound: state.rounds, hits: 0, misses: 0, needed: rules.rounds },
  };
  const longer = { ...run, hits: run.hits + 1 };
  if (longer.hits < longer.needed || atMs - longer.sinceMs < HELD_MS) {
    return { state: { ...state, run: longer }, change: null };
  }
  return { state: { ...state, isAnomalous: false, run: null }, change: 'ended' };
}

/** The regions, in one round. */
class Council {
  /** With a baseline; one that is not heard any more is not waited for. */
  readonly voters: readonly Voter[];
  readonly #round: number;
  readonly #all: readonly Voter[];

  constructor(round: number, all: readonly Voter[], { rounds }: AgreementRules) {
    const lately = 2 * all.length + rounds;
    this.#round = round;
    this.#all = all;
    this.voters = all.filter((one) => one.hasBaseline && round - one.lastRound <= lately);
  }

  /** How many have to agree. */
  get needed(): number {
    const { length } = this.voters;
    return length < 2 ? 1 : Math.max(2, Math.floor(length / 2) + 1);
  }

  /** How many say at least this, in their newest answer since a round. */
  agreeing(sinceRound: number, least: 'raised' | 'outlier'): number {
    return this.heardSince(sinceRound).filter((level) => level === 'outlier' || level === least)
      .length;
  }

  heardSince(sinceRound: number): Level[] {
    return this.voters.flatMap(({ level, lastRound }) =>
      level !== null && lastRound >= sinceRound ? [level] : [],
    );
  }

  /** Null where nobody who answered has a baseline. */
  isOutlierRound(): boolean | null {
    const judged = this.#all.flatMap(({ level, lastRound }) =>
      level !== null && lastRound === this.#round ? [level] : [],
    );
    if (judged.length === 0) return null;
    return judged.filter((level) => level === 'outlier').length * 2 > judged.length;
  }
}
