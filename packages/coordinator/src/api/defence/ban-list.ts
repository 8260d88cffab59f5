/**
 * Who is banned: the bans of every replica as the database has them, and at once, without waiting
 * for it, those that this process begins.
 */
import type { Clock } from '../../clock.ts';
import { lockById } from '../../store/advisory-locks.ts';
import { SYSTEM, insertAudit } from '../../store/audit.ts';
import { insertBan, selectActiveBans, selectLastBan } from '../../store/bans.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { banAfter, type Ban, type Policy } from './reducer.ts';

export interface BanListParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly policy: Policy;
}

interface OwnBan {
  until: number;
  /**
   * Whether it is known to be written: what is read from then on is right about it. One that could not be
   * holds to its end all the same, here.
   */
  isWritten: boolean;
}

export class BanList {
  readonly #parts: BanListParts;
  /** Until when, by subject, as it was read last. */
  #read = new Map<string, number>();
  readonly #own = new Map<string, OwnBan>();

  constructor(parts: BanListParts) {
    this.#parts = parts;
  }

  /** Milliseconds since 1970; 0 for who is not banned. */
  until(subject: string): number {
    return Math.max(this.#read.get(subject) ?? 0, this.#own.get(subject)?.until ?? 0);
  }

  /** Reads the bans in force. Returns those who would still be banned, had nobody lifted it. */
  async refresh(): Promise<string[]> {
    const written = [...this.#own].filter(([, { isWritten }]) => isWritten);
    const active = await selectActiveBans(this.#parts.database);
    const before = new Map(this.#read);
    for (const [subject, ban] of written) {
      before.set(subject, ban.until);
      // Not one that began meanwhile.
      if (this.#own.get(subject) === ban) this.#own.delete(subject);
    }
    this.#read = new Map(active.map(({ subject, until }) => [subject, until.getTime()]));
    const nowMs = this.#parts.clock();
    this.#settle(nowMs);
    const wereBanned = [...before].filter(([, until]) => until > nowMs);
    return wereBanned.map(([subject]) => subject).filter((subject) => this.until(subject) <= nowMs);
  }

  /**
   * Bans at once, for as long as this process knows how to; resolves to the ban as it is written,
   * which is longer after offences that other replicas, or this one before it restarted, have seen.
   */
  async start(subject: string, ban: Ban): Promise<Ban> {
    const own: OwnBan = { until: ban.until, isWritten: false };
    this.#own.set(subject, own);
    const held = await this.#parts.database.transaction((tx) => this.#write(tx, subject, ban));
    own.until = held.until;
    own.isWritten = true;
    return held;
  }

  /** Of its own that nobody said were written: those that are over go, and one that is read was. */
  #settle(nowMs: number): void {
    for (const [subject, own] of this.#own) {
      if (own.until <= nowMs) this.#own.delete(subject);
      else if (this.#read.has(subject)) own.isWritten = true;
    }
  }

  async #write(tx: Queryable, subject: string, ban: Ban): Promise<Ban> {
    const { clock, policy } = this.#parts;
    await lockById(tx, 'ban', subject);
    const newest = await selectLastBan(tx, subject);
    const last =
      newest === null || newest.liftedAt !== null
        ? null
        : { offence: newest.offence, until: newest.until.getTime(), reason: newest.reason };
    const atMs = clock();
    // Another replica saw the same offence.
    if (last !== null && last.until > atMs) return last;
    const next = banAfter(last, atMs, ban.reason, policy);
    // This process can know of an offence that was not written.
    const held = next.offence >= ban.offence ? next : ban;
    const { offence, reason } = held;
    const until = new Date(held.until);
    const id = await insertBan(tx, { subject, reason, offence, until });
    await insertAudit(tx, {
      actor: SYSTEM,
      action: 'ban.started',
      subject: id ?? subject,
      detail: { subject, reason, offence, until: until.toISOString() },
    });
    return held;
  }
}
