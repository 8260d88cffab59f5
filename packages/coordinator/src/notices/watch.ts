/**
 * Looks every few seconds for parts of the monitoring that fail, and tells people of each once. One
 * of the duties that exist once; two for a moment wait for each other at the table of what was told.
 *
 * It goes on while this coordinator cannot reach the database: nobody could take over if nobody can.
 * If it is cut off alone, another takes over, and this one loses the duty when it is back. It owes
 * people the end of what it told them then, and tells that whether it has the duty or not.
 */
import { isTrustMonitorError, type NoticeTopic } from '@trustmonitor/protocol';
import type { Clock } from '../clock.ts';
import type { Duty } from '../lease/duties.ts';
import { Repeater } from '../repeater.ts';
import { enqueue } from '../notify/enqueue.ts';
import { selectChannels, selectSealedChannels } from '../store/channels.ts';
import type { Database, Queryable } from '../store/database.ts';
import { endNotices, lockNotices, selectFailing, upsertNotices } from '../store/notices.ts';
import { selectLastAlert } from '../store/self-alert.ts';
import { failingMessages, recoveredMessages } from './message.ts';
import { look, type Doubtful, type Failing, type Looked, type Trouble } from './notices.ts';
import { StraightTeller, type StraightParts, type ToldOutage } from './straight.ts';
import { findTroubles, type TroubleParts } from './troubles.ts';

const LOOK_EVERY_MS = 5_000;
const OWED_EVERY_MS = 2_000;
/** What was owed is told: it waits for nothing but to be stopped. */
const NOTHING_OWED_MS = 3_600_000;
/** A database that answers later than that is as good as none. */
const LIMIT_MS = 10_000;

export interface NoticeWatchParts extends TroubleParts, StraightParts {
  readonly database: Database;
  readonly clock: Clock;
  /** Called when there is a message to send. */
  readonly onTold: () => void;
}

export class NoticeWatch implements Duty {
  readonly #parts: NoticeWatchParts;
  readonly #straight: StraightTeller;
  readonly #repeater = new Repeater(async () => {
    await this.look();
    return LOOK_EVERY_MS;
  });
  /** Without the duty, where anything is owed: until it is told. */
  readonly #debtor = new Repeater(async () => {
    await this.#tellOwed();
    return this.#straight.told === null ? NOTHING_OWED_MS : OWED_EVERY_MS;
  });
  #doubtful: readonly Doubtful[] = [];
  #awaySinceMs: number | null = null;
  /** What the database was asked and has not answered. */
  #asking: Promise<void> | null = null;

  constructor(parts: NoticeWatchParts) {
    this.#parts = parts;
    this.#straight = new StraightTeller(parts);
  }

  /** Looks anew: what failed before another coordinator had this duty is seen again. */
  async start(): Promise<void> {
    await this.#debtor.stop();
    this.#doubtful = [];
    this.#repeater.start();
  }

  async stop(): Promise<void> {
    await this.#repeater.stop();
    this.#awaySinceMs = null;
    if (this.#straight.told === null) this.#straight.back();
    else this.#debtor.start();
  }

  /** For good, and after `stop`: what is owed is tried once more. */
  async close(): Promise<void> {
    await this.#debtor.stop();
    await this.#tellOwed();
  }

  /** That the database can be reached again, after it was told that it could not; never rejects. */
  async #tellOwed(): Promise<void> {
    const { database, clock, onTold, log } = this.#parts;
    const { told } = this.#straight;
    if (told === null) return;
    try {
      await this.#ask(async () => {
        await database.transaction((tx) => this.#recordOutage(tx, told, clock()));
        this.#straight.back();
        onTold();
      });
    } catch (error) {
      log.warn({ err: error }, 'people are not told yet that the database can be reached again');
    }
  }

  /** One thing at a time. What is late is waited for, and nothing else is begun. */
  #ask(work: () => Promise<void>): Promise<void> {
    this.#asking ??= work().finally(() => {
      this.#asking = null;
    });
    return inTime(this.#asking);
  }

  /** One look; never rejects. */
  async look(): Promise<void> {
    const { clock, log } = this.#parts;
    const nowMs = clock();
    try {
      await this.#ask(() => this.#attempt(nowMs));
      this.#awaySinceMs = null;
    } catch (error) {
      if (!isTrustMonitorError(error, 'postgres.unavailable') && !(error instanceof TooLate)) {
        log.error({ err: error }, 'cannot tell now whether the monitoring fails');
        return;
      }
      this.#awaySinceMs ??= nowMs;
      await this.#straight.away(this.#awaySinceMs, clock());
    }
  }

  async #attempt(nowMs: number): Promise<void> {
    const { database, onTold, log } = this.#parts;
    this.#straight.channels = await selectSealedChannels(database);
    const stored = await selectFailing(database);
    const troubles = await findTroubles(this.#parts, stored, nowMs);
    const seen = await this.#compare(database, troubles, stored, nowMs);
    this.#doubtful = seen.doubtful;
    const { told } = this.#straight;
    if (told === null) this.#straight.back();
    if (told === null && !isNews(seen, stored)) return;
    const { tell, ended } = await database.transaction(async (tx) => {
      if (told !== null) await this.#recordOutage(tx, told, nowMs);
      return this.#write(tx, troubles, nowMs);
    });
    this.#straight.back();
    if (told !== null || tell.length + ended.length > 0) onTold();
    if (tell.length > 0) log.warn({ failing: namesOf(tell) }, 'the monitoring fails in parts');
    if (ended.length > 0) log.info({ ended: namesOf(ended) }, 'the monitoring works again');
  }

  async #compare(
    db: Queryable,
    troubles: readonly Trouble[],
    failing: readonly Failing[],
    nowMs: number,
  ): Promise<Looked> {
    const isBlindTold = (await selectLastAlert(db)).unknown > 0;
    return look(troubles, { doubtful: this.#doubtful, failing, isBlindTold }, nowMs);
  }

  async #write(tx: Queryable, troubles: readonly Trouble[], nowMs: number): Promise<Looked> {
    const { apiUrl } = this.#parts;
    const seen = await this.#compare(tx, troubles, await lockNotices(tx), nowMs);
    const channels = (await selectChannels(tx)).map(({ id }) => id);
    const messages = [
      ...failingMessages(seen.tell, nowMs, apiUrl),
      ...recoveredMessages(
        seen.ended.filter(({ told }) => told),
        nowMs,
        apiUrl,
      ),
    ];
    for (const message of messages) await enqueue(tx, channels, message);
    await endNotices(tx, seen.ended, new Date(nowMs));
    await upsertNotices(tx, seen.failing);
    return seen;
  }

  /** Of the database's own absence, told past the outbox, only the end is told through it. */
  async #recordOutage(
    tx: Queryable,
    { failing, channels }: ToldOutage,
    nowMs: number,
  ): Promise<void> {
    await lockNotices(tx);
    await upsertNotices(tx, [failing]);
    await endNotices(tx, [failing], new Date(nowMs));
    for (const message of recoveredMessages([failing], nowMs, this.#parts.apiUrl)) {
      await enqueue(tx, channels, message);
    }
  }
}

/** Whether anything is to be written. */
function isNews({ failing, tell, ended }: Looked, stored: readonly Failing[]): boolean {
  const isStored = (one: Failing): boolean =>
    stored.some(
      (other) =>
        other.topic === one.topic &&
        other.subject === one.subject &&
        other.detail === one.detail &&
        other.blinds === one.blinds,
    );
  return tell.length + ended.length > 0 || !failing.every(isStored);
}

const namesOf = (some: readonly Failing[]): { topic: NoticeTopic; subject: string }[] =>
  some.map(({ topic, subject }) => ({ topic, subject }));

class TooLate extends Error {}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TooLate('the database does not answer')), LIMIT_MS);
  });
  // What is late is not waited for, and may still fail.
  work.catch(() => undefined);
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
