/** What people are told of an anomaly of latency. */
import type { Reading } from './judge.ts';
import { inMicros } from './summary.ts';

export interface SeenOutlier {
  readonly region: string;
  readonly reading: Reading;
}

/**
 * `820 ms in eu-west, us-east; usually 95 ms (±12) at this hour; 14 deviations`, of the region in the
 * middle; empty of nothing. `seen`: worst first.
 */
export function latencyWords(seen: readonly SeenOutlier[]): string {
  const reading = middleOf(seen);
  if (reading === null) return '';
  const { medianUs, deviationUs } = inMicros(reading.usual);
  const regions = seen.map(({ region }) => region).toSorted();
  const when = reading.isHourly ? 'at this hour' : 'in the last half hour';
  const rule =
    reading.rule === 'times'
      ? `${rounded(reading.times)} times the mean`
      : `${rounded(reading.z)} deviations`;
  return (
    `${millis(reading.latencyUs)} ms in ${regions.join(', ')}; ` +
    `usually ${millis(medianUs)} ms (±${millis(deviationUs)}) ${when}; ${rule}`
  );
}

/** The reading of the region in the middle; null of nothing. */
export function middleOf(seen: readonly SeenOutlier[]): Reading | null {
  return seen[Math.floor(seen.length / 2)]?.reading ?? null;
}

function millis(us: number): string {
  return us < 10_000 ? (us / 1_000).toFixed(1) : String(Math.round(us / 1_000));
}

function rounded(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
