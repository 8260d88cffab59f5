/** Rules of the product broken on purpose: tests see the checker find what follows. */
import type { OpenedBatch } from '@trustmonitor/evidence';

/** Counts a vote in whatever round is open, as peers do with each region's last known state. */
export function withRoundsOf(
  opened: OpenedBatch,
  openRoundOf: (monitor: string) => string | undefined,
): OpenedBatch {
  const leaves = opened.leaves.map((leaf) => {
    const { result } = leaf;
    return { ...leaf, result: { ...result, round: openRoundOf(result.monitor) ?? result.round } };
  });
  return { ...opened, leaves };
}
