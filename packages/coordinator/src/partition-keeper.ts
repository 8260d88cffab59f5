/** Makes partitions ahead of time and drops those whose time is over: at the start, then hourly. */
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { applyRetention, type Retention } from './retention.ts';
import type { Database } from './store/database.ts';
import { ensurePartitions } from './store/partitions.ts';

const EVERY_MS = 3_600_000;

export interface PartitionKeeperParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly retention: Retention;
}

export class PartitionKeeper {
  readonly #parts: PartitionKeeperParts;
  #timer: NodeJS.Timeout | null = null;
  #dropping: Promise<void> = Promise.resolve();

  constructor(parts: PartitionKeeperParts) {
    this.#parts = parts;
  }

  /** Partitions must be there; a later failure leaves days to be noticed and mended. */
  async start(): Promise<void> {
    const { database, clock, log } = this.#parts;
    await ensurePartitions(database, clock());
    this.#dropping = this.#drop();
    this.#timer = setInterval(() => {
      ensurePartitions(database, clock()).catch((error: unknown) => {
        log.error({ err: error }, 'partitions cannot be made ahead');
      });
      this.#dropping = this.#dropping.then(() => this.#drop());
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#dropping;
  }

  /** What cannot be dropped now, because it is in use, can be in an hour. */
  async #drop(): Promise<void> {
    const { database, clock, log, retention } = this.#parts;
    try {
      const partitions = await applyRetention(database, retention, clock());
      if (partitions > 0) log.info({ partitions }, 'dropped what was kept for its time');
    } catch (error) {
      log.warn({ err: error }, 'nothing old could be dropped; it is tried again in an hour');
    }
  }
}
