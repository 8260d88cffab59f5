/**
 * When people hear that an error budget burns. Pure.
 *
 * Each pair of windows stands for itself:
 *
 *     quiet  -- both windows burn above the factor, and it is no single round --> firing
 *     firing -- the short window was measured, and burns below the factor ------> quiet
 *
 * A window in which nothing was measured says nothing: it neither begins nor ends anything.
 *
 * Of the pairs that fire people hear of the most severe one only:
 *
 *     silent -- a pair fires -----------------------------------> told     "burning"
 *     told   -- a pair above the one that was told fires -------> told     "burning", worse
 *     told   -- no pair of that severity or above fires --------> silent   "recovered"
 *
 * The slow pairs go on for hours after an outage of minutes, as they should: they say how much of
 * the budget went. So a page ends with the fast pairs, and what is left of the same outage is known
 * already: while silent, a pair is news only above those that were firing when the end was told.
 */
import { BURN_PAIRS, burnRateOf, type BurnPair, type BurnPairName } from './burn.ts';
import type { Measured } from './measured.ts';

export interface BurnAlertState {
  readonly firing: readonly BurnPairName[];
  /** The pair that people were told of; null while there is nothing to end. */
  readonly told: BurnPairName | null;
  /** What was still firing when the end was told, and is: no news. */
  readonly known: BurnPairName | null;
}

export const NOT_BURNING: BurnAlertState = { firing: [], told: null, known: null };

/** The windows of one pair; `null` rates: nothing was measured. */
export interface BurnRates {
  readonly pair: BurnPair;
  readonly long: number | null;
  readonly short: number | null;
  /** Whether more than one bad round is behind it: see `isConfirmed`. */
  readonly isConfirmed: boolean;
}

export interface BurnInput {
  readonly targetPercent: number;
  /** Of the monitors that it is about, the longest. */
  readonly slowestIntervalMs: number;
  /** Pairs that look back further than the objective itself are left out. */
  readonly windowMs: number;
  /** What was measured in the window of this many milliseconds that ends now. */
  readonly measured: (spanMs: number) => Measured;
}

export interface BurnNews {
  readonly type: 'burning' | 'recovered';
  /** The pair that burns; of an end, the one that was told. */
  readonly pair: BurnPairName;
}

export interface BurnStep {
  readonly state: BurnAlertState;
  readonly news: BurnNews | null;
}

/** As many rounds are in a window of at least so many intervals, wherever it begins. */
const ENOUGH_INTERVALS = 3;

export function burnRatesOf(input: BurnInput): BurnRates[] {
  const { targetPercent, windowMs, measured } = input;
  return BURN_PAIRS.filter(({ longMs }) => longMs <= windowMs).map((pair) => {
    const long = measured(pair.longMs);
    const short = measured(pair.shortMs);
    return {
      pair,
      long: burnRateOf(long, targetPercent),
      short: burnRateOf(short, targetPercent),
      isConfirmed: isConfirmed(pair, long, short, input),
    };
  });
}

/**
 * One bad round is no reason to wake anybody, however much time it stands for: two are asked for in
 * the short window, and in the long one where the rounds are too far apart for the short to hold two.
 */
function isConfirmed(
  { shortMs }: BurnPair,
  long: Measured,
  short: Measured,
  { slowestIntervalMs }: BurnInput,
): boolean {
  const holdsTwo = shortMs >= ENOUGH_INTERVALS * slowestIntervalMs;
  return (holdsTwo ? short : long).badRounds >= 2;
}

export function stepBurnAlert(before: BurnAlertState, rates: readonly BurnRates[]): BurnStep {
  const firing = rates.filter((rate) => fires(rate, before)).map(({ pair }) => pair.name);
  const [highest = null] = firing;
  if (before.told === null) return whileSilent(before, firing, highest);
  if (highest !== null && isAbove(highest, before.told)) return tell(firing, highest);
  const told = before.told;
  const goesOn = firing.some(
    (name) => isAbove(name, told) || severityOf(name) === severityOf(told),
  );
  if (goesOn) return { state: { firing, told, known: null }, news: null };
  return {
    state: { firing, told: null, known: highest },
    news: { type: 'recovered', pair: told },
  };
}

/** What there is nothing to say about any more: it was deleted, or is not watched. */
export function endBurnAlert({ told }: BurnAlertState): BurnStep {
  return { state: NOT_BURNING, news: told === null ? null : { type: 'recovered', pair: told } };
}

function whileSilent(
  { known }: BurnAlertState,
  firing: BurnPairName[],
  highest: BurnPairName | null,
): BurnStep {
  if (highest === null) return { state: NOT_BURNING, news: null };
  const isNews = known === null || isAbove(highest, known);
  if (isNews) return tell(firing, highest);
  return { state: { firing, told: null, known: highest }, news: null };
}

function tell(firing: BurnPairName[], pair: BurnPairName): BurnStep {
  return { state: { firing, told: pair, known: null }, news: { type: 'burning', pair } };
}

function fires(
  { pair, long, short, isConfirmed: isSure }: BurnRates,
  before: BurnAlertState,
): boolean {
  if (before.firing.includes(pair.name)) return short === null || short >= pair.factor;
  if (long === null || short === null) return false;
  return long > pair.factor && short > pair.factor && isSure;
}

const rankOf = (name: BurnPairName): number => BURN_PAIRS.findIndex((pair) => pair.name === name);

const isAbove = (a: BurnPairName, b: BurnPairName): boolean => rankOf(a) < rankOf(b);

export function burnPairOf(name: BurnPairName): BurnPair {
  const found = BURN_PAIRS.find((pair) => pair.name === name);
  if (found === undefined) throw new RangeError(`there is no pair ${name}`);
  return found;
}

const severityOf = (name: BurnPairName): BurnPair['severity'] => burnPairOf(name).severity;
