/** Durations as people write them (`30s`, `1m30s`, `500ms`) and as code holds them (ms). */
import { TrustMonitorError } from './errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/y;

/**
 * Parses a duration into milliseconds.
 *
 * A string is one or more number-and-unit pairs without spaces; a bare number is seconds, as
 * in the `timeout: 5` of other tools. Throws `duration.invalid`.
 */
export function parseDuration(input: string | number, where?: string): number {
  const ms = typeof input === 'number' ? input * 1_000 : parseText(input);
  if (ms === null || !Number.isFinite(ms) || ms < 0 || ms > Number.MAX_SAFE_INTEGER) {
    throw new TrustMonitorError('duration.invalid', `"${input}" is not a duration`, {
      where,
      hint: 'Write a number and a unit: 500ms, 30s, 1m30s, 2h, 7d. A bare number is seconds.',
    });
  }
  return Math.round(ms);
}

function parseText(text: string): number | null {
  if (text === '') return null;
  let total = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const match = PART.exec(text);
    if (match === null) return null;
    total += Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
  }
  return total;
}

/** Writes milliseconds in the shortest exact form that `parseDuration` reads back. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = ms;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = UNIT_MS[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
