/** Waiting for something to be true, and saying so when it never is. */
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;
/** For what is refused until it is there: the API holds back whoever asks 20 times a second in vain. */
export const IN_VAIN_MS = 250;
const DEFAULT_LIMIT_MS = 15_000;

/** Asks `look` until it returns something other than null, undefined, false or 0 (none of them). */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false | 0> | T | null | undefined | false | 0,
  limitMs = DEFAULT_LIMIT_MS,
  everyMs = POLL_MS,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== null && found !== undefined && found !== false && found !== 0) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= giveUpAt) {
      throw new Error(`waited ${limitMs} ms in vain for: ${what}`, { cause: last });
    }
    await pause(everyMs);
  }
}
