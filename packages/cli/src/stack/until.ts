/** Waiting for what nothing reports as an event. */
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 100;

export interface Patience {
  readonly withinMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks `probe` again and again until it gives something, and returns that; null once the time is
 * over. Rejects with the signal's reason when that aborts, and with what `probe` throws.
 */
export async function until<T>(
  probe: () => Promise<T | null>,
  { withinMs, signal }: Patience,
): Promise<T | null> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = await probe();
    if (found !== null) return found;
    if (performance.now() >= deadline) return null;
    await pause(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {
      signal?.throwIfAborted();
    });
  }
}
