/**
 * Tells people when the monitoring itself fails: by what all coordinators have stored, so that a
 * gap is one message whoever has the monitors. One of the duties that exist once; should there be
 * two for a moment, they wait for each other at the row that says what was told last.
 */
import type { Logger } from 'pino';
import { monitoringMessageOf } from './announce.ts';
import type { Clock } from './clock.ts';
import type { Duty } from './lease/duties.ts';
import { newsOf, type SelfAlert } from './self-alert.ts';
import { enqueue } from './notify/enqueue.ts';
import { selectChannels } from './store/channels.ts';
import type { Database, Queryable } from './store/database.ts';
import { hasBlindingNotice } from './store/notices.ts';
import {
  lockLastAlert,
  selectLastAlert,
  selectUnknown,
  selectUnknownDetail,
  updateLastAlert,
} from './store/self-alert.ts';
import { Repeater } from './repeater.ts';

const LOOK_EVERY_MS = 1_000;
/** Looking takes longer the more monitors are unknown; it may take this part of the time. */
const MAX_SHARE = 0.05;
/** As many as are looked at for regions that did not answer. */
const MAX_NAMED = 200;

export interface SelfWatchParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly apiUrl: string;
  /** Called when there is a message to send. */
  readonly onTold: () => void;
  readonly log: Logger;
}

export class SelfWatch implements Duty {
  readonly #parts: SelfWatchParts;
  readonly #repeater = new Repeater(async () => {
    const began = performance.now();
    try {
      await this.#look();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'cannot tell now which monitors are unknown');
    }
    return Math.max(LOOK_EVERY_MS, (performance.now() - began) / MAX_SHARE);
  });

  constructor(parts: SelfWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#repeater.start(LOOK_EVERY_MS);
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  async #look(): Promise<void> {
    const { database, clock, onTold, log } = this.#parts;
    const now = await selectUnknown(database);
    if (newsOf(now, await selectLastAlert(database), clock()) === null) return;
    const told = await database.transaction((tx) => this.#tell(tx));
    if (told === null) return;
    onTold();
    const { news, unknown, silentRegions } = told;
    log.warn({ unknown, silentRegions }, `monitoring ${news}`);
  }

  async #tell(tx: Queryable): Promise<SelfAlert | null> {
    const { clock, apiUrl } = this.#parts;
    const atMs = clock();
    const last = await lockLastAlert(tx);
    const now = await selectUnknown(tx);
    const news = newsOf(now, last, atMs);
    if (news === null) return null;
    // Why nothing can be judged is known to everybody: what it comes to is no news.
    if (news === 'unknown' && (await hasBlindingNotice(tx))) return null;
    const alert: SelfAlert = {
      news,
      at: atMs,
      since: now.sinceMs ?? atMs,
      unknown: now.count,
      ...(await selectUnknownDetail(tx, MAX_NAMED)),
    };
    const channels = (await selectChannels(tx)).map(({ id }) => id);
    await enqueue(tx, channels, monitoringMessageOf(alert, apiUrl));
    await updateLastAlert(tx, { unknown: now.count, atMs });
    return alert;
  }
}
