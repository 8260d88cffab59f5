/** Looks every second whether the brake is to be let go, and notes in the database that it holds. */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { deleteHeldFleets, upsertHeldFleet } from '../store/brake.ts';
import type { Registration } from '../store/coordinators.ts';
import type { Queryable } from '../store/database.ts';
import { Repeater } from '../repeater.ts';
import type { FleetBrake } from './brake.ts';

const LOOK_EVERY_MS = 1_000;
/** Others take it for dead when it did not say so for 30 s. */
const NOTE_EVERY_MS = 10_000;
const FORGET_AFTER_MS = 3_600_000;

export interface BrakeKeeperParts {
  readonly brake: Pick<FleetBrake, 'hold' | 'look'>;
  readonly database: Queryable;
  readonly clock: Clock;
  readonly me: Pick<Registration, 'id'>;
  readonly log: Logger;
}

export class BrakeKeeper {
  readonly #parts: BrakeKeeperParts;
  readonly #repeater = new Repeater(async () => {
    this.#parts.brake.look();
    await this.#attempt(() => this.#note());
    return LOOK_EVERY_MS;
  });
  /** Which hold the database knows of, and when that was noted. */
  #noted: { readonly sinceMs: number; readonly atMs: number } | null = null;

  constructor(parts: BrakeKeeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#repeater.start(LOOK_EVERY_MS);
  }

  /** What it held is for those to hold who take over its monitors. */
  async stop(): Promise<void> {
    await this.#repeater.stop();
    if (this.#noted !== null) await this.#attempt(() => this.#forget());
  }

  async #note(): Promise<void> {
    const { brake, database, clock, me } = this.#parts;
    const { hold } = brake;
    const nowMs = clock();
    if (hold === null) {
      if (this.#noted !== null) await this.#forget();
      return;
    }
    const { sinceMs } = hold;
    if (this.#noted?.sinceMs === sinceMs && nowMs - this.#noted.atMs < NOTE_EVERY_MS) return;
    await upsertHeldFleet(database, me.id, hold, new Date(nowMs));
    this.#noted = { sinceMs, atMs: nowMs };
  }

  async #forget(): Promise<void> {
    const { database, clock, me } = this.#parts;
    await deleteHeldFleets(database, me.id, new Date(clock() - FORGET_AFTER_MS));
    this.#noted = null;
  }

  /** The brake holds all the same; only people hear of it later. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'cannot note now whether incidents are held back');
    }
  }
}
