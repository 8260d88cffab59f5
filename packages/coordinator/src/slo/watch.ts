/**
 * Looks every minute at how fast error budgets burn, and raises alerts: one of the duties that exist
 * once; two for a moment wait for each other at the table of what was told. What is worth telling is
 * decided in `alerting/src/slo/alert.ts`, and who hears of it, and when, by the router (`alerts/`).
 *
 * Most budgets do not burn, and are not looked at: only those of monitors with bad time in the last
 * hours, or with an answer that was slow just now, can begin to. Those that burn are looked at until
 * they do no more.
 */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Duty } from '../lease/duties.ts';
import { Repeater } from '../repeater.ts';
import type { Database } from '../store/database.ts';
import { lockBurns, replaceBurns, selectBurns, type StoredBurn } from '../store/slo-alerts.ts';
import { selectSlowMonitors, selectSuspects } from '../store/slo-sums.ts';
import { burnChanges, storedAfter } from './burns.ts';
import { limitsOf, measure, settledMs, slisOf, type Measurable, type Sli } from './measurement.ts';
import { loadObjectives, type Objective } from './objectives.ts';
import { tellOfBurns } from './tell.ts';

const LOOK_EVERY_MS = 60_000;
/** The longest short window, from the hour that it begins in: bad time before it begins nothing. */
const SUSPECT_MS = 7 * 3_600_000;
/** Results come within seconds, but may be late. A look that failed is made up for by the next. */
const LATE_MS = 10 * 60_000;

export interface SloWatchParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly apiUrl: string;
  readonly log: Logger;
}

export class SloWatch implements Duty {
  readonly #parts: SloWatchParts;
  readonly #repeater = new Repeater(async () => {
    try {
      await this.look();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'cannot tell now how fast error budgets burn');
    }
    return LOOK_EVERY_MS;
  });
  /** Up to when slow answers were looked for; before that, as far as they matter. */
  #lookedMs = -Infinity;

  constructor(parts: SloWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#lookedMs = -Infinity;
    this.#repeater.start();
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** One look. */
  async look(): Promise<void> {
    const { database, clock, apiUrl, log } = this.#parts;
    const nowMs = clock();
    const objectives = await loadObjectives(database, {});
    const stored = await selectBurns(database);
    const suspects = await this.#suspectsOf(objectives, stored, nowMs);
    const measurement = await measure(database, suspects, { nowMs, withBudgets: false });
    const looked = suspects.map(({ objective }) => objective);
    if (burnChanges(looked, stored, measurement).length > 0) {
      const ids = new Set([...looked.map(({ id }) => id), ...stored.map(({ slo }) => slo)]);
      const told = await database.transaction(async (tx) => {
        // What another has begun meanwhile is for the next look.
        const locked = (await lockBurns(tx)).filter(({ slo }) => ids.has(slo));
        const changes = burnChanges(looked, locked, measurement);
        const burns = changes.map((change) => storedAfter(change, nowMs));
        await replaceBurns(tx, burns);
        return tellOfBurns(tx, changes, { nowMs, apiUrl });
      });
      if (told > 0) log.info({ told }, 'alerts of error budgets');
    }
    this.#lookedMs = settledMs(nowMs);
  }

  /** Budgets that may begin to burn, and those that do. */
  async #suspectsOf(
    objectives: readonly Objective[],
    stored: readonly StoredBurn[],
    nowMs: number,
  ): Promise<Measurable[]> {
    const { database } = this.#parts;
    const toMs = settledMs(nowMs);
    const since = Math.max(toMs - SUSPECT_MS, this.#lookedMs - LATE_MS);
    const limits = objectives.flatMap(limitsOf);
    const found: Readonly<Record<Sli, ReadonlySet<string>>> = {
      availability: await selectSuspects(database, toMs - SUSPECT_MS, toMs),
      latency: await selectSlowMonitors(database, limits, since, toMs),
    };
    const burning = new Set(stored.map(({ slo, sli }) => `${sli} ${slo}`));
    const isSuspect = ({ id, members }: Objective, sli: Sli): boolean =>
      burning.has(`${sli} ${id}`) || members.some((member) => found[sli].has(member.id));
    return objectives
      .map((objective): Measurable => {
        const slis = slisOf(objective.level).filter((sli) => isSuspect(objective, sli));
        return { objective, slis };
      })
      .filter(({ slis }) => slis.length > 0);
  }
}
