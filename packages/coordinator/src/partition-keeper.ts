/** Makes day partitions ahead of time, at the start and then every hour. */
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { Database } from './store/database.ts';
import { ensurePartitions } from './store/partitions.ts';

const EVERY_MS = 3_600_000;

export class PartitionKeeper {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | null = null;

  constructor(database: Database, clock: Clock, log: Logger) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  /** The first time must succeed; a later failure leaves days to be noticed and mended. */
  async start(): Promise<void> {
    await ensurePartitions(this.#database, this.#clock());
    this.#timer = setInterval(() => {
      ensurePartitions(this.#database, this.#clock()).catch((error: unknown) => {
        this.#log.error({ err: error }, 'partitions cannot be made ahead');
      });
    }, EVERY_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
