/**
 * The API's defence of itself, before anything costs anything: who is banned, and who asks too
 * much, by address and by token. What callers usually do is learned here, each replica for itself;
 * bans are in the database and hold at every replica.
 */
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../store/database.ts';
import { BanList } from './ban-list.ts';
import {
  banned,
  failure,
  forgiven,
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
  readonly #bans: BanList;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#bans = new BanList(parts);
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads what is banned now: by other replicas too, and without what was lifted by any. */
  async refresh(): Promise<void> {
    try {
      for (const subject of await this.#bans.refresh()) {
        const state = this.#callers.get(subject);
        if (state !== undefined) this.#callers.set(subject, forgiven(state));
      }
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'bans cannot be read');
    }
  }

  /** Seconds until the subject may ask again; null when it is not banned. */
  bannedFor(subject: string): number | null {
    const left = this.#bans.until(subject) - this.#parts.clock();
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
    const { log } = this.#parts;
    this.#bans
      .start(subject, ban)
      .then((held) => {
        log.warn({ subject, ...held }, 'banned');
        this.#remember(subject, banned(this.#of(subject), held));
      })
      .catch((error: unknown) =>
        log.error({ err: error, subject, ...ban }, 'a ban was not written'),
      );
  }
}
