/**
 * How objectives stand, kept for a minute: scrapes come more often than figures change. While they cannot
 * be read, the last are shown for five minutes, and it is tried ever more seldom.
 */
import type { SloResource } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { loadObjectives } from '../slo/objectives.ts';
import { statusesOf } from '../slo/status.ts';
import type { Database } from '../store/database.ts';

const KEPT_MS = 60_000;
/** Older figures would look like current ones. */
const SHOWN_MS = 300_000;
const LONGEST_WAIT_MS = 600_000;

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
  #nextAtMs = -Infinity;
  #failures = 0;
  #reading: Promise<void> | null = null;

  constructor(parts: SloGaugesParts) {
    this.#parts = parts;
  }

  /** What was read last; nothing where that is too old. */
  get known(): readonly SloResource[] {
    return this.#parts.clock() - this.#readAtMs < SHOWN_MS ? this.#known : [];
  }

  /** Reads anew where it is time to; never rejects. */
  refresh(): Promise<void> {
    if (this.#parts.clock() < this.#nextAtMs) return Promise.resolve();
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
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      log.warn({ err: error }, 'metrics lack how objectives stand');
    }
    // Counted from the end: a database that answers slowly is not asked without a pause.
    const waitMs = Math.min(LONGEST_WAIT_MS, KEPT_MS * 2 ** this.#failures);
    this.#nextAtMs = (this.#failures === 0 ? nowMs : clock()) + waitMs;
  }
}
