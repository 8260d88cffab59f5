/**
 * Looks for new versions of the key ring that others have stored (another replica, or the API),
 * and keeps the file beside the process equal to what is in force, where it may be written.
 */
import { rename, writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { KeyRings } from './keyrings.ts';
import type { Database } from './store/database.ts';

/** How long a revoked agent's votes may go on to be counted by a replica that did not revoke it. */
const EVERY_MS = 1_000;

export class KeyRingKeeper {
  readonly #keyRings: KeyRings;
  readonly #database: Database;
  readonly #log: Logger;
  readonly #file: string;
  #timer: NodeJS.Timeout | null = null;
  /** The version that the file holds, as far as we know. */
  #written = 0;

  constructor(keyRings: KeyRings, file: string, database: Database, log: Logger) {
    this.#keyRings = keyRings;
    this.#file = file;
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
      await this.#keyRings.refresh(this.#database);
      const { ring, envelopes } = this.#keyRings.current;
      if (ring.version === this.#written) return;
      this.#written = ring.version;
      this.#log.info({ version: ring.version }, 'key ring in force');
      await this.#write(JSON.stringify(envelopes));
    } catch (error) {
      this.#log.warn({ err: error }, 'new key ring versions cannot be read');
    }
  }

  /** A folder that may only be read is no fault: the database has the versions, too. */
  async #write(text: string): Promise<void> {
    const draft = `${this.#file}.${process.pid}.tmp`;
    try {
      await writeFile(draft, `${text}\n`, { mode: 0o644 });
      await rename(draft, this.#file);
    } catch (error) {
      this.#log.warn({ err: error, file: this.#file }, 'the key ring file stays as it was');
    }
  }
}
