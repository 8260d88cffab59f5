/**
 * Each coordinator's time, as this agent can tell it: their clocks may differ from each other.
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
  /**
   * Takes one exchange in: monotonic readings around it, and what a coordinator answered. Those
   * that do not say who they are count as one.
   */
  measured(sentAt: number, receivedAt: number, coordinatorMs: number, coordinator?: string): void;
  /** That coordinator's time now, since the epoch; null before the first exchange with it. */
  coordinatorNow(coordinator?: string): number | null;
  /** Our wall clock minus that of the coordinator that answered last; null before the first. */
  skewMs(): number | null;
}

/** 16 s of heartbeats: three bad exchanges in a row do not move the median. */
const EXCHANGES_KEPT = 8;

/** More than there ever are at once; whoever is gone makes room. */
const COORDINATORS_KEPT = 16;
const NAMELESS = '';

export function createNetworkClock(clocks: LocalClocks = systemClocks): NetworkClock {
  /** Offsets by coordinator; who answered last is last. */
  const known = new Map<string, number[]>();
  let last = NAMELESS;

  const coordinatorNow = (coordinator = NAMELESS): number | null => {
    const offsets = known.get(coordinator);
    return offsets === undefined ? null : clocks.monotonic() + median(offsets);
  };

  return {
    measured(sentAt, receivedAt, coordinatorMs, coordinator = NAMELESS) {
      if (!Number.isFinite(coordinatorMs)) return;
      const offsets = known.get(coordinator) ?? [];
      // NTP (RFC 5905 section 8) with one remote reading: both ways are taken as equally long.
      offsets.push(coordinatorMs - (sentAt + receivedAt) / 2);
      if (offsets.length > EXCHANGES_KEPT) offsets.shift();
      known.delete(coordinator);
      known.set(coordinator, offsets);
      const [oldest] = known.keys();
      if (known.size > COORDINATORS_KEPT && oldest !== undefined) known.delete(oldest);
      last = coordinator;
    },
    coordinatorNow,
    skewMs() {
      const now = coordinatorNow(last);
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
