/**
 * The API's defence of itself, before anything costs anything: who is banned, and who asks too
 * much, by address and by token. What callers usually do is learned here, each replica for itself;
 * bans are in the database and hold at every replica.
 */
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import { SYSTEM, insertAudit } from '../../store/audit.ts';
import { insertBan, selectActiveBans } from '../../store/bans.ts';
import type { Database } from '../../store/database.ts';
import {
  failure,
  newCaller,
  request,
  type Allowance,
  type Ban,
  type CallerState,
  type Policy,
} from './reducer.ts';

/** Callers that are remembered; beyond that the one that was quiet for longest is forgotten. */
const MAX_CALLERS = 20_000;
const REFRESH_MS = 2_000;

export interface GuardParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly policy: Policy;
}

export class Guard {
  readonly #parts: GuardParts;
  readonly #callers = new Map<string, CallerState>();
  /** Until when each subject is banned, as the database has it. */
  #bans = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads what is banned now: by other replicas too, and without what was lifted. */
  async refresh(): Promise<void> {
    try {
      const active = await selectActiveBans(this.#parts.database);
      this.#bans = new Map(active.map(({ subject, until }) => [subject, until.getTime()]));
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'bans cannot be read');
    }
  }

  /** Seconds until the subject may ask again; null when it is not banned. */
  bannedFor(subject: string): number | null {
    const left = (this.#bans.get(subject) ?? 0) - this.#parts.clock();
    return left > 0 ? Math.ceil(left / 1_000) : null;
  }

  /** Counts a request. `mayBan` is false for callers that are only ever limited. */
  count(subject: string, mayBan: boolean): Allowance {
    const { clock, policy } = this.#parts;
    const at = clock();
    const { state, allowance } = request(this.#of(subject), at, policy);
    this.#remember(subject, state);
    if (allowance.ban !== null && mayBan) this.#ban(subject, allowance.ban);
    return allowance;
  }

  /** Notes that an answer was an error of the caller's. */
  noteFailure(subject: string, isGuess: boolean, mayBan: boolean): void {
    const { clock, policy } = this.#parts;
    const { state, ban } = failure(this.#of(subject), clock(), isGuess, policy);
    this.#remember(subject, state);
    if (ban !== null && mayBan) this.#ban(subject, ban);
  }

  #of(subject: string): CallerState {
    return this.#callers.get(subject) ?? newCaller(this.#parts.clock());
  }

  #remember(subject: string, state: CallerState): void {
    this.#callers.delete(subject);
    this.#callers.set(subject, state);
    if (this.#callers.size <= MAX_CALLERS) return;
    const [oldest] = this.#callers.keys();
    if (oldest !== undefined) this.#callers.delete(oldest);
  }

  #ban(subject: string, ban: Ban): void {
    const { database, log } = this.#parts;
    this.#bans.set(subject, ban.until);
    log.warn({ subject, ...ban }, 'banned');
    database
      .transaction(async (tx) => {
        const id = await insertBan(tx, { ...ban, subject, until: new Date(ban.until) });
        const detail = { subject, reason: ban.reason, offence: ban.offence };
        await insertAudit(tx, {
          actor: SYSTEM,
          action: 'ban.started',
          subject: id ?? subject,
          detail: { ...detail, until: new Date(ban.until).toISOString() },
        });
      })
      .catch((error: unknown) => log.error({ err: error, subject }, 'a ban was not written'));
  }
}
