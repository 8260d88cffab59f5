import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 10;

/**
 * Asks `probe` until it gives something other than `undefined`, and returns that. Returns
 * `undefined` once `withinMs` has passed or `giveUp` aborts. For conditions that nothing
 * reports as an event: a file another process writes, a process that is not our child.
 */
export async function until<T>(
  probe: () => Promise<T | undefined>,
  limits: { readonly withinMs: number; readonly giveUp?: AbortSignal | undefined },
): Promise<T | undefined> {
  const deadline = performance.now() + limits.withinMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (limits.giveUp?.aborted === true || performance.now() >= deadline) return undefined;
    await pause(POLL_MS);
  }
}
