/** Looks for new versions of the key ring that others have stored: another replica, or the API. */
import type { Logger } from 'pino';
import type { KeyRings } from './keyrings.ts';
import type { Database } from './store/database.ts';

/** How long a revoked agent's votes may go on to be counted by a replica that did not revoke it. */
const EVERY_MS = 1_000;

export class KeyRingKeeper {
  readonly #keyRings: KeyRings;
  readonly #database: Database;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | null = null;

  constructor(keyRings: KeyRings, database: Database, log: Logger) {
    this.#keyRings = keyRings;
    this.#database = database;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), EVERY_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      if (!(await this.#keyRings.refresh(this.#database))) return;
      const { version } = this.#keyRings.ring;
      this.#log.info({ version }, 'a new key ring version is in force');
    } catch (error) {
      this.#log.warn({ err: error }, 'new key ring versions cannot be read');
    }
  }
}
