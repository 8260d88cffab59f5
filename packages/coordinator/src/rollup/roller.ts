/** Rolls up every few seconds, for as long as the coordinator runs. */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Retention } from '../retention.ts';
import type { Database } from '../store/database.ts';
import { rollUp } from './roll-up.ts';

const EVERY_MS = 20_000;

interface RollerParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly retention: Retention;
}

/** Begins, and returns what ends it, after the pass under way. */
export function startRolling(parts: RollerParts): () => Promise<void> {
  let rolling: Promise<void> | null = null;
  const timer = setInterval(() => {
    rolling ??= roll(parts).finally(() => {
      rolling = null;
    });
  }, EVERY_MS);
  return async () => {
    clearInterval(timer);
    await rolling;
  };
}

/** What fails stays noted: the next pass makes up for it. */
async function roll({ database, clock, log, retention }: RollerParts): Promise<void> {
  try {
    await rollUp(database, retention, clock());
  } catch (error) {
    log.warn({ err: error }, 'history cannot be rolled up now; it is tried again');
  }
}
