/** How objectives stand, kept for a minute: scrapes come more often than figures change. */
import type { SloResource } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { loadObjectives } from '../slo/objectives.ts';
import { statusesOf } from '../slo/status.ts';
import type { Database } from '../store/database.ts';

const KEPT_MS = 60_000;

export interface SloGaugesParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many objectives have series of their own. */
  readonly limit: number;
}

export class SloGauges {
  readonly #parts: SloGaugesParts;
  #known: readonly SloResource[] = [];
  #readAtMs = -Infinity;
  #reading: Promise<void> | null = null;

  constructor(parts: SloGaugesParts) {
    this.#parts = parts;
  }

  /** What was read last. */
  get known(): readonly SloResource[] {
    return this.#known;
  }

  /** Reads anew where that is a minute ago; never rejects. */
  refresh(): Promise<void> {
    if (this.#parts.clock() - this.#readAtMs < KEPT_MS) return Promise.resolve();
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { database, clock, limit, log } = this.#parts;
    const nowMs = clock();
    try {
      const objectives = await loadObjectives(database, {});
      this.#known = await statusesOf(database, objectives.slice(0, limit), nowMs);
      this.#readAtMs = nowMs;
    } catch (error) {
      log.warn({ err: error }, 'metrics lack how objectives stand');
    }
  }
}
