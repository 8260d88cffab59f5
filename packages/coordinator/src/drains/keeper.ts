/**
 * Knows which regions and agents are drained. The table is where that comes together: what an operator
 * has told one coordinator, all of them do within seconds.
 */
import type { Logger } from 'pino';
import { Repeater } from '../repeater.ts';
import type { Database } from '../store/database.ts';
import { selectDrains } from '../store/drains.ts';

const LOOK_EVERY_MS = 2_000;

export interface DrainKeeperParts {
  readonly database: Database;
  readonly log: Logger;
}

export class DrainKeeper {
  readonly #parts: DrainKeeperParts;
  readonly #repeater = new Repeater(async () => {
    await this.look();
    return LOOK_EVERY_MS;
  });
  #regions: ReadonlySet<string> = new Set();
  #agents: ReadonlySet<string> = new Set();

  constructor(parts: DrainKeeperParts) {
    this.#parts = parts;
  }

  get regions(): ReadonlySet<string> {
    return this.#regions;
  }

  get agents(): ReadonlySet<string> {
    return this.#agents;
  }

  /** Resolves when it is known who is drained, if the database says so. */
  async start(): Promise<void> {
    await this.look();
    this.#repeater.start(LOOK_EVERY_MS);
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** Never rejects. While the database is away, what was known last goes on. */
  async look(): Promise<void> {
    const { database, log } = this.#parts;
    try {
      const { region, agent } = await selectDrains(database);
      this.#regions = new Set(region.keys());
      this.#agents = new Set(agent.keys());
    } catch (error) {
      log.warn({ err: error }, 'cannot tell now which regions and agents are drained');
    }
  }
}
