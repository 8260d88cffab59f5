/**
 * Times at which no report could be stored: the coordinator was stopped, or the database away.
 * Silence in such a time is ours and not the job's.
 *
 *     listening -- nothing noted for a while ------> deaf
 *     deaf      -- noted again after a short gap --> listening; what is due is due later by the gap
 *     deaf      -- noted again after a long gap ---> listening; a whole window begins anew
 *
 * A job that repeats its ping (`curl --retry 8` does for about four minutes) gets it through a
 * short gap, so that a restart delays an alarm by no more than it lasted. In a longer one the
 * ping of a daily job may have been lost for good, and the next comes in a day.
 */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { forgiveSilence, noteListening } from '../store/heartbeats.ts';

const NOTE_EVERY_MS = 5_000;
/** Three notes missed: a slow statement alone is no gap. */
const GAP_MS = 15_000;
const LONG_GAP_MS = 240_000;

export interface ListeningParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Listening {
  readonly #parts: ListeningParts;
  #timer: NodeJS.Timeout | null = null;
  #noting: Promise<void> = Promise.resolve();

  constructor(parts: ListeningParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    await this.note();
    this.#timer = setInterval(() => {
      // While the database is away there is nothing to say: the gap is found afterwards.
      this.#noting = this.note().catch(() => undefined);
    }, NOTE_EVERY_MS);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#noting;
  }

  /** Called before each judgement too, so that none is made in ignorance of a gap. */
  async note(): Promise<void> {
    const { database, clock, log } = this.#parts;
    const toMs = clock();
    const gapMs = await database.transaction(async (tx) => {
      const fromMs = await noteListening(tx, toMs);
      if (toMs - fromMs >= GAP_MS) {
        await forgiveSilence(tx, { fromMs, toMs, anew: toMs - fromMs >= LONG_GAP_MS });
      }
      return toMs - fromMs;
    });
    if (gapMs >= GAP_MS) log.warn({ gapMs }, 'pings could not be stored; jobs get that time');
  }
}
