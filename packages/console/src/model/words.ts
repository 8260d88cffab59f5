/** Times, spans and figures as people read them. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The two largest units of a span: `2 h 05 min`, `4 d 3 h`, `1.25 s`, `84 ms`. */
export function duration(ms: number): string {
  const size = Math.abs(ms);
  if (size < SECOND) return `${Math.round(ms)} ms`;
  if (size < 10 * SECOND) return `${trimmed(ms / SECOND, 2)} s`;
  if (size < MINUTE) return `${trimmed(ms / SECOND, 1)} s`;
  const seconds = Math.round(ms / SECOND);
  if (size < HOUR) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(ms / MINUTE);
  if (size < DAY) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(ms / HOUR);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;

const trimmed = (value: number, digits: number): string =>
  value.toFixed(digits).replace(/\.?0+$/, '');

/** One unit: `12 s`, `5 min`, `3 h`, `2 d`. */
export function roughly(ms: number): string {
  const size = Math.max(0, ms);
  if (size < MINUTE) return `${Math.floor(size / SECOND)} s`;
  if (size < HOUR) return `${Math.floor(size / MINUTE)} min`;
  if (size < DAY) return `${Math.floor(size / HOUR)} h`;
  return `${Math.floor(size / DAY)} d`;
}

export const ago = (at: string, nowMs: number): string => `${roughly(nowMs - Date.parse(at))} ago`;

/** From microseconds: `0.42 ms`, `84 ms`, `1.25 s`. */
export function latency(us: number | null): string {
  if (us === null) return '–';
  if (us < 10_000) return `${trimmed(us / 1_000, us < 1_000 ? 2 : 1)} ms`;
  return duration(us / 1_000);
}

/** Never rounded up to 100 %: one failure shows. */
export function percent(ratio: number | null): string {
  if (ratio === null) return '–';
  if (ratio >= 1) return '100 %';
  const digits = ratio >= 0.9999 ? 4 : ratio >= 0.99 ? 3 : 2;
  const scale = 10 ** digits;
  // The product may be a hair below what was meant: 0.29 is no 28.99 %.
  const scaled = Math.min(Math.floor(ratio * 100 * scale + 1e-6), 100 * scale - 1);
  return `${(scaled / scale).toFixed(digits)} %`;
}

export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  return count < 1_000_000 ? `${trimmed(count / 1_000, 1)} kB` : `${trimmed(count / 1e6, 1)} MB`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** A digest that can be told from others, and is not mistaken for the whole. */
export const shortDigest = (hex: string): string => `${hex.slice(0, 12)}…`;
