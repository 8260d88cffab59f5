/** Figures as the rows of a table in Markdown. */
import { poissonInterval } from './closed-form.ts';
import type { Figure } from './experiments.ts';

export const HEADER = [
  '| run | of | count | 95 % interval of the rate | theory: count |',
  '| --- | ---: | ---: | --- | ---: |',
] as const;

export function row({ what, of, count, theory }: Figure): string {
  const [low, high] = poissonInterval(count).map((bound) => short(Math.min(bound / of, 1)));
  const expected = theory === null ? '' : short(theory);
  return `| ${what} | ${of.toLocaleString('en')} | ${count} | ${low} to ${high} | ${expected} |`;
}

function short(value: number): string {
  if (value === 0) return '0';
  return value >= 0.01 && value < 1e6
    ? String(Number(value.toPrecision(3)))
    : value.toExponential(1);
}
