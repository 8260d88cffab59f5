/** Waiting for something to be true, and saying what was there instead when it never is. */
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;
/** For what is refused until it is there: the API holds back whoever asks 20 times a second in vain. */
export const IN_VAIN_MS = 250;
const DEFAULT_LIMIT_MS = 30_000;

/**
 * Asks `look` again and again until it returns something other than null or undefined.
 *
 * Throws after `limitMs` with `what` and the last error met on the way.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined> | T | null | undefined,
  limitMs = DEFAULT_LIMIT_MS,
  everyMs = POLL_MS,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== null && found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= giveUpAt) {
      throw new Error(`waited ${limitMs} ms in vain for: ${what}`, { cause: last });
    }
    await pause(everyMs);
  }
}
