/**
 * The same faults under two ways that others decide by, both with the same confirmation (two
 * agreeing evaluations, 5 s apart at least). Each counts incidents opened.
 */
import { CONFIRM_AFTER_MS, INTERVAL_MS } from './engine-run.ts';
import type { VoteSource } from './sources.ts';

/** One region decides. A failure is tried again after 5 s, and then it is down. */
export function singleVantage(source: VoteSource, rounds: number, region = 0): number {
  let opened = 0;
  let isOpen = false;
  for (let round = 0; round < rounds; round++) {
    const at = round * INTERVAL_MS;
    const first = source.vote(region, at);
    if (first === 'up') isOpen = false;
    if (first !== 'down' || isOpen) continue;
    isOpen = source.vote(region, at + CONFIRM_AFTER_MS) === 'down';
    if (isOpen) opened += 1;
  }
  return opened;
}

/**
 * Each region probes once an interval, at its own time, and its last result stands until the
 * next. After every result the last ones are counted: `down` from `required` on. Nothing binds
 * results to one occasion, so that two evaluations mostly count the same results twice.
 */
export function lastKnownState(
  source: VoteSource,
  regions: number,
  rounds: number,
  required = Math.floor(regions / 2) + 1,
): number {
  const last = Array.from({ length: regions }, () => 0);
  let down = 0;
  let since = Infinity;
  let opened = 0;
  let isOpen = false;
  const apart = INTERVAL_MS / regions;
  for (let round = 0; round < rounds; round++) {
    for (let region = 0; region < regions; region++) {
      const at = round * INTERVAL_MS + region * apart;
      const vote = source.vote(region, at);
      // Who abstains sends nothing, and what it said last stands.
      const now = vote === 'abstain' ? last[region]! : Number(vote === 'down');
      down += now - last[region]!;
      last[region] = now;
      if (down < required) {
        since = Infinity;
        isOpen = false;
        continue;
      }
      since = Math.min(since, at);
      if (isOpen || at - since < CONFIRM_AFTER_MS) continue;
      isOpen = true;
      opened += 1;
    }
  }
  return opened;
}
