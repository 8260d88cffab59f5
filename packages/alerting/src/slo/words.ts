/** An error budget that burns, in a sentence with the arithmetic in it. */
import { lastsMs, type Budget } from './budget.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * `at 14.4x the 216 minutes of this month's budget last 50 hours; 64.8 minutes are left, enough for
 * 15 hours`
 */
export function burningWords(budget: Budget, windowMs: number, rate: number): string {
  const all = durationWords(lastsMs(budget.totalMs, budget, windowMs, rate));
  const whole = `at ${rateWords(rate)} the ${minutesWords(budget.totalMs)} of ${windowWords(windowMs)} budget last ${all}`;
  return `${whole}; ${leftWords(budget, windowMs, rate)}`;
}

/** `64.8 minutes of the 216 minutes of this month's budget are left` */
export function budgetWords({ totalMs, leftMs }: Budget, windowMs: number): string {
  const whole = `the ${minutesWords(totalMs)} of ${windowWords(windowMs)} budget`;
  if (leftMs < 0) return `${whole} are spent, and ${minutesWords(-leftMs)} more`;
  if (leftMs === 0) return `${whole} are spent`;
  return `${minutesWords(leftMs)} of ${whole} ${leftMs === MINUTE_MS ? 'is' : 'are'} left`;
}

function leftWords(budget: Budget, windowMs: number, rate: number): string {
  const { leftMs, totalMs } = budget;
  if (leftMs === totalMs) return 'all of it is left';
  if (leftMs < 0) return `it is spent, and ${minutesWords(-leftMs)} more`;
  if (leftMs === 0) return 'it is spent';
  const lasts = durationWords(lastsMs(leftMs, budget, windowMs, rate));
  return `${minutesWords(leftMs)} ${leftMs === MINUTE_MS ? 'is' : 'are'} left, enough for ${lasts}`;
}

/** `14.4x` */
export function rateWords(rate: number): string {
  return `${shortNumber(rate)}x`;
}

/** `216 minutes`, `43.2 minutes`, `0.4 minutes` */
function minutesWords(ms: number): string {
  const text = shortNumber(ms / MINUTE_MS);
  return `${text} ${text === '1' ? 'minute' : 'minutes'}`;
}

/** Whose budget it is: `this month's`, `this week's`, `these 14 days'`. */
function windowWords(windowMs: number): string {
  const days = windowMs / DAY_MS;
  if (days >= 28 && days <= 31) return "this month's";
  if (days === 7) return "this week's";
  if (days === 1) return "this day's";
  return Number.isInteger(days) ? `these ${days} days'` : `these ${shortNumber(days * 24)} hours'`;
}

/** In the unit that a person would choose: `40 minutes`, `15 hours`, `10 days`. */
function durationWords(ms: number): string {
  const [width, unit] =
    ms < 100 * MINUTE_MS
      ? [MINUTE_MS, 'minute']
      : ms < 100 * HOUR_MS
        ? [HOUR_MS, 'hour']
        : [DAY_MS, 'day'];
  const text = shortNumber(ms / width);
  return `${text} ${unit}${text === '1' ? '' : 's'}`;
}

/** Whole from a hundred on, else with one decimal that is not 0; small ones with two digits. */
function shortNumber(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value > 0 && value < 0.1) return String(Number(value.toPrecision(2)));
  return String(Number(value.toFixed(1)));
}
