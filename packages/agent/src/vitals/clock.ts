/**
 * The coordinator's time, as this agent can tell it.
 *
 * Jobs carry deadlines by the coordinator's clock, and this machine's may be minutes off or be
 * set while we run (RELIABILITY row 13). So the offset is measured between the coordinator's
 * clock and our *monotonic* one, which nobody sets; the wall clock is only read to report how far
 * off it is.
 */

/** Readings of this machine's clocks, in milliseconds. */
export interface LocalClocks {
  /** Never set, starts anywhere. */
  monotonic(): number;
  /** Since the epoch; may be wrong and may jump. */
  wall(): number;
}

const systemClocks: LocalClocks = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
};

export interface NetworkClock {
  /** Takes one exchange in: monotonic readings around it, and the coordinator's answer. */
  measured(sentAt: number, receivedAt: number, coordinatorMs: number): void;
  /** The coordinator's time now, since the epoch; null before the first exchange. */
  coordinatorNow(): number | null;
  /** Our wall clock minus the coordinator's; null before the first exchange. */
  skewMs(): number | null;
}

/** 16 s of heartbeats: three bad exchanges in a row do not move the median. */
const EXCHANGES_KEPT = 8;

export function createNetworkClock(clocks: LocalClocks = systemClocks): NetworkClock {
  const offsets: number[] = [];

  const coordinatorNow = (): number | null =>
    offsets.length === 0 ? null : clocks.monotonic() + median(offsets);

  return {
    measured(sentAt, receivedAt, coordinatorMs) {
      if (!Number.isFinite(coordinatorMs)) return;
      // NTP (RFC 5905 section 8) with one remote reading: both ways are taken as equally long.
      offsets.push(coordinatorMs - (sentAt + receivedAt) / 2);
      if (offsets.length > EXCHANGES_KEPT) offsets.shift();
    },
    coordinatorNow,
    skewMs() {
      const now = coordinatorNow();
      return now === null ? null : Math.round(clocks.wall() - now);
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
