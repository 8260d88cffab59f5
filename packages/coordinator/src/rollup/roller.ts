/** Rolls up every few seconds, for as long as the coordinator runs. */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Duty } from '../lease/duties.ts';
import { Repeater } from '../repeater.ts';
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

export class Roller implements Duty {
  readonly #parts: RollerParts;
  readonly #repeater = new Repeater(async () => {
    await this.#roll();
    return EVERY_MS;
  });

  constructor(parts: RollerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#repeater.start(EVERY_MS);
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** What fails stays noted: the next pass makes up for it. */
  async #roll(): Promise<void> {
    const { database, clock, log, retention } = this.#parts;
    try {
      await rollUp(database, retention, clock());
    } catch (error) {
      log.warn({ err: error }, 'history cannot be rolled up now; it is tried again');
    }
  }
}
