/** How late this process's timers fire: above a limit, what a probe measured is our own delay. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoopDelay {
  /** Worst lateness of the last one to two seconds, in microseconds. */
  worstUs(): number;
  stop(): void;
}

const RESOLUTION_MS = 10;
const WINDOW_MS = 1_000;

/**
 * Two histograms, cleared in turn, so that the older one always covers the last window whole: one
 * that has just been cleared does not record the stall it was cleared in.
 */
export function watchLoopDelay(): LoopDelay {
  let older = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let newer = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  older.enable();
  newer.enable();
  const turn = setInterval(() => {
    older.reset();
    [older, newer] = [newer, older];
  }, WINDOW_MS);
  turn.unref();
  return {
    worstUs: () => latenessUs(older.max),
    stop() {
      clearInterval(turn);
      older.disable();
      newer.disable();
    },
  };
}

/** The histogram holds nanoseconds between two ticks, so it counts the planned pause as well. */
function latenessUs(maxNs: number): number {
  return Math.max(0, Math.round(maxNs / 1_000) - RESOLUTION_MS * 1_000);
}
