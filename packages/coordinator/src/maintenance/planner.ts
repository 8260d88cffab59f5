/**
 * Announces the occurrences of recurring windows a day ahead: one of the duties that exist once.
 * Should there be two for a moment, they wait for each other at the window.
 */
import type { Signer } from '@trustmonitor/evidence';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { RingSuperseded, type KeyRings } from '../keyrings.ts';
import type { Duty } from '../lease/duties.ts';
import { lockById } from '../store/advisory-locks.ts';
import type { Database } from '../store/database.ts';
import { selectWindow, selectWindowsToPlan } from '../store/maintenance.ts';
import { Repeater } from '../repeater.ts';
import { ANNOUNCE_AHEAD_MS, announceDue, type Announcer } from './announce.ts';

const LOOK_EVERY_MS = 60_000;
/** Looking again is worth it when this much more of the time ahead has come into reach. */
const STEP_MS = 600_000;

export interface AnnouncingParts {
  readonly keyRings: Pick<KeyRings, 'current' | 'refresh'>;
  readonly signer: Signer;
  readonly network: string;
  /** Whether the network keeps a log. */
  readonly isLogged: boolean;
}

export interface PlannerParts extends AnnouncingParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tries again with a newer key ring when there is one. */
export async function announcing<T>(
  database: Database,
  parts: AnnouncingParts,
  work: (announcer: Announcer) => Promise<T>,
): Promise<T> {
  const { keyRings, signer, network, isLogged } = parts;
  for (;;) {
    try {
      return await work({ network, signer, ring: keyRings.current.ring, isLogged });
    } catch (error) {
      if (!(error instanceof RingSuperseded)) throw error;
      await keyRings.refresh(database);
    }
  }
}

export class MaintenancePlanner implements Duty {
  readonly #parts: PlannerParts;
  readonly #repeater = new Repeater(async () => {
    try {
      await this.plan();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'maintenance cannot be announced now');
    }
    return LOOK_EVERY_MS;
  });

  constructor(parts: PlannerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#repeater.start();
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** Each window in a transaction of its own: one that cannot be announced keeps back no other. */
  async plan(): Promise<void> {
    const { database, clock, log } = this.#parts;
    const reachMs = clock() + ANNOUNCE_AHEAD_MS - STEP_MS;
    for (const id of await selectWindowsToPlan(database, reachMs)) {
      try {
        await announcing(database, this.#parts, (announcer) => this.#announce(id, announcer));
      } catch (error) {
        log.error({ err: error, window: id }, 'a window of maintenance cannot be announced');
      }
    }
  }

  #announce(id: string, announcer: Announcer): Promise<void> {
    const { database, clock } = this.#parts;
    return database.transaction(async (tx) => {
      await lockById(tx, 'window', id);
      const window = await selectWindow(tx, id);
      if (window?.definition.schedule.type !== 'cron') return;
      const { definition, plannedUntilMs } = window;
      const nowMs = clock();
      // What should have begun while nobody planned still does.
      const fromMs = Math.max(plannedUntilMs, nowMs - window.definition.schedule.durationMs);
      await announceDue(tx, definition, fromMs, nowMs, announcer);
    });
  }
}
