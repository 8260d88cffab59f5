/**
 * Tokens for a route that must answer while the database is away, because it is what tells of that.
 * One that was valid within the last hour passes until the database answers again, and what that
 * says holds at once: whoever was revoked is refused by the first answer. Only hashes are kept.
 */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import type { Clock } from '../clock.ts';
import type { Queryable } from '../store/database.ts';
import { useToken, type UsedToken } from '../store/tokens.ts';

const LASTS_MS = 3_600_000;
/** Far more than scrapers; beyond it, the one that was looked up longest ago is forgotten. */
const MAX_TOKENS = 100;
/** A database can also hang; Prometheus gives a scrape ten seconds in all. */
const LOOK_UP_LIMIT_MS = 2_000;

interface Seen {
  readonly token: UsedToken;
  readonly validAtMs: number;
}

export class LastingTokens {
  readonly #db: Queryable;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(db: Queryable, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Null for one that is not valid. Throws `postgres.unavailable` where nothing is known of it. */
  async use(hash: string): Promise<UsedToken | null> {
    const remembered = this.#remembered(hash);
    const lookedUp = this.#lookUp(hash);
    if (remembered === null) return lookedUp;
    let timer: NodeJS.Timeout | undefined;
    const hangs = new Promise<UsedToken>((resolve) => {
      timer = setTimeout(() => resolve(remembered), LOOK_UP_LIMIT_MS);
    });
    try {
      return await Promise.race([lookedUp, hangs]);
    } catch (error) {
      if (isTrustMonitorError(error, 'postgres.unavailable')) return remembered;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #lookUp(hash: string): Promise<UsedToken | null> {
    const token = await useToken(this.#db, hash);
    this.#seen.delete(hash);
    if (token === null) return null;
    this.#seen.set(hash, { token, validAtMs: this.#clock() });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MAX_TOKENS && oldest !== undefined) this.#seen.delete(oldest);
    return token;
  }

  #remembered(hash: string): UsedToken | null {
    const seen = this.#seen.get(hash);
    if (seen === undefined) return null;
    const nowMs = this.#clock();
    const { token, validAtMs } = seen;
    const isExpired = token.expiresAt !== null && token.expiresAt.getTime() <= nowMs;
    return isExpired || nowMs - validAtMs > LASTS_MS ? null : token;
  }
}
