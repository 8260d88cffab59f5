/**
 * How much one caller may ask: pure, with time as an argument.
 *
 * Requests are counted in windows. From the windows that have passed a caller's baseline is
 * learned: a rolling mean and deviation. What a window allows is
 *
 *     learning    `ceiling`, until enough windows have been seen
 *     learned     mean + 3 deviations, or 5 means, whichever is less, between `floor` and `ceiling`
 *     surging     while most answers are errors, learning or not: mean + 2 deviations, or 3 means,
 *                 between `surgeFloor` and `ceiling`
 *
 * What is beyond it is refused. A caller who goes on as if nothing had been said, or who guesses
 * tokens, commits an offence and is banned; each offence within a day of the last ban lasts twice
 * as long. A window with refusals, or that surges, teaches nothing: an attacker cannot raise their
 * own baseline.
 */
export interface Policy {
  readonly windowMs: number;
  /** Requests in a window that are always allowed while most are answered well. */
  readonly floor: number;
  /** Those that are allowed while most are not. */
  readonly surgeFloor: number;
  /** Never exceeded. */
  readonly ceiling: number;
  /** Windows to be seen before the baseline counts. */
  readonly learnWindows: number;
  /** Requests refused in a window that make an offence. */
  readonly refusalsToBan: number;
  /** Tokens refused in a window that make an offence. */
  readonly guessesToBan: number;
  readonly firstBanMs: number;
  readonly longestBanMs: number;
  /** Without an offence for so long after a ban, the next is a first one again. */
  readonly forgiveMs: number;
}

export interface CallerState {
  readonly windowStart: number;
  readonly count: number;
  readonly refused: number;
  readonly errors: number;
  readonly guesses: number;
  /** Requests per window. */
  readonly mean: number;
  readonly variance: number;
  readonly windows: number;
  readonly offence: number;
  readonly bannedUntil: number;
}

export interface Ban {
  readonly offence: number;
  readonly until: number;
  readonly reason: string;
}

export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until the next window. */
  readonly resetMs: number;
  /** Set once, by the request that made the offence. */
  readonly ban: Ban | null;
}

/** Weight of the newest window. */
const ALPHA = 0.1;
const NORMAL = { deviations: 3, means: 5 };
const SURGING = { deviations: 2, means: 3 };
/** Fewer errors than this are no surge, whatever their share. */
const MIN_ERRORS = 20;
const SURGE_SHARE = 0.5;

export function newCaller(at: number): CallerState {
  return {
    windowStart: at,
    count: 0,
    refused: 0,
    errors: 0,
    guesses: 0,
    mean: 0,
    variance: 0,
    windows: 0,
    offence: 0,
    bannedUntil: 0,
  };
}

/** A request comes in. */
export function request(
  before: CallerState,
  at: number,
  policy: Policy,
): { readonly state: CallerState; readonly allowance: Allowance } {
  const state = roll(before, at, policy);
  const limit = limitOf(state, policy);
  const allowed = state.count < limit;
  const next = allowed
    ? { ...state, count: state.count + 1 }
    : { ...state, refused: state.refused + 1 };
  const resetMs = Math.max(0, next.windowStart + policy.windowMs - at);
  const remaining = Math.max(0, limit - next.count);
  const judged = judge(next, at, policy);
  return {
    state: judged.state,
    allowance: { allowed, limit, remaining, resetMs, ban: judged.ban },
  };
}

/** Its answer was an error of the caller's; `isGuess` when the token was not valid. */
export function failure(
  before: CallerState,
  at: number,
  isGuess: boolean,
  policy: Policy,
): { readonly state: CallerState; readonly ban: Ban | null } {
  const state = roll(before, at, policy);
  const guesses = state.guesses + (isGuess ? 1 : 0);
  return judge({ ...state, errors: state.errors + 1, guesses }, at, policy);
}

/** What a window allows; see the top of this file. */
export function limitOf(state: CallerState, policy: Policy): number {
  const surges = isSurging(state);
  if (!surges && state.windows < policy.learnWindows) return policy.ceiling;
  const { deviations, means } = surges ? SURGING : NORMAL;
  const learned = Math.min(state.mean + deviations * Math.sqrt(state.variance), means * state.mean);
  const least = surges ? policy.surgeFloor : policy.floor;
  return Math.floor(Math.min(policy.ceiling, Math.max(least, learned)));
}

function isSurging({ errors, count }: CallerState): boolean {
  return errors >= MIN_ERRORS && errors > count * SURGE_SHARE;
}

/** What is known of the last ban; null where there was none, or it was lifted. */
export type LastBan = Pick<Ban, 'offence' | 'until'> | null;

/** The ban for an offence now. */
export function banAfter(last: LastBan, at: number, reason: string, policy: Policy): Ban {
  const isFirst = last === null || at > last.until + policy.forgiveMs;
  const offence = isFirst ? 1 : last.offence + 1;
  const lengthMs = Math.min(policy.longestBanMs, policy.firstBanMs * 2 ** (offence - 1));
  return { offence, until: at + lengthMs, reason };
}

/** A ban holds, whoever began it. */
export function banned(state: CallerState, { offence, until }: Ban): CallerState {
  return { ...state, offence, bannedUntil: until, refused: 0, guesses: 0 };
}

/** Their ban was lifted: the next is a first one, and can begin at once. */
export function forgiven(state: CallerState): CallerState {
  return { ...state, offence: 0, bannedUntil: 0 };
}

function judge(
  state: CallerState,
  at: number,
  policy: Policy,
): { readonly state: CallerState; readonly ban: Ban | null } {
  if (at < state.bannedUntil) return { state, ban: null };
  const reason =
    state.guesses >= policy.guessesToBan
      ? `${state.guesses} tokens that are not valid`
      : state.refused >= policy.refusalsToBan
        ? `${state.refused} requests beyond the limit`
        : null;
  if (reason === null) return { state, ban: null };
  const { offence, bannedUntil } = state;
  const last = offence === 0 ? null : { offence, until: bannedUntil };
  const ban = banAfter(last, at, reason, policy);
  return { state: banned(state, ban), ban };
}

/** Ends the windows that have passed; those in which nothing came count as empty. */
function roll(state: CallerState, at: number, policy: Policy): CallerState {
  const passed = Math.floor((at - state.windowStart) / policy.windowMs);
  // A clock that was set back: the window goes on.
  if (passed <= 0) return state;
  const isTelling = state.refused === 0 && !isSurging(state);
  const learned = isTelling ? learn(state, state.count) : state;
  const empty = decay(learned, passed - 1);
  return {
    ...empty,
    windowStart: state.windowStart + passed * policy.windowMs,
    count: 0,
    refused: 0,
    errors: 0,
    guesses: 0,
  };
}

/** Exponentially weighted mean and variance (West 1979). */
function learn(state: CallerState, count: number): CallerState {
  if (state.windows === 0) return { ...state, mean: count, variance: 0, windows: 1 };
  const difference = count - state.mean;
  return {
    ...state,
    mean: state.mean + ALPHA * difference,
    variance: (1 - ALPHA) * (state.variance + ALPHA * difference * difference),
    windows: state.windows + 1,
  };
}

/** `learn` with a count of nothing, `windows` times; beyond some hundred nothing changes. */
function decay(state: CallerState, windows: number): CallerState {
  let next = state;
  for (let i = 0; i < Math.min(windows, 200); i++) next = learn(next, 0);
  return next;
}
