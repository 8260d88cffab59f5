/**
 * Tells people that this coordinator cannot reach the database, which no row in it can: straight to
 * the channels that it named last, past the outbox. Each of them is tried until it takes the message
 * or the database is back; what it was told is then on record, and the end goes the usual way.
 *
 * Whether others can reach it cannot be known from here: so it says who cannot, and nothing of others.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Delivery, Message } from '../notify/channel.ts';
import { unsealChannel } from '../channels.ts';
import { deliver } from '../notify/registry.ts';
import type { SecretBox } from '../secret-box.ts';
import type { StoredChannel } from '../store/channels.ts';
import { failingMessages, type NoticeMessage } from './message.ts';
import { HOLD_MS, type Failing } from './notices.ts';

const SEND_TIMEOUT_MS = 10_000;
const RETRY_MS = 30_000;

export interface StraightParts {
  /** Of this coordinator. */
  readonly name: string;
  readonly apiUrl: string;
  readonly secretBox: SecretBox;
  readonly log: Logger;
}

interface Outage {
  /** The receivers' idempotency key. */
  readonly id: string;
  readonly sinceMs: number;
  readonly told: Set<string>;
  triedAtMs: number;
}

export interface ToldOutage {
  readonly failing: Failing;
  readonly channels: readonly string[];
}

export class StraightTeller {
  readonly #parts: StraightParts;
  #channels: readonly StoredChannel[] = [];
  #outage: Outage | null = null;

  constructor(parts: StraightParts) {
    this.#parts = parts;
  }

  /** As the database named them while it was there. */
  set channels(channels: readonly StoredChannel[]) {
    this.#channels = channels;
  }

  /** Called at each look that found the database away; `sinceMs`: when the first of them began. */
  async away(sinceMs: number, nowMs: number): Promise<void> {
    this.#outage ??= { id: randomUUID(), sinceMs, told: new Set(), triedAtMs: -Infinity };
    const outage = this.#outage;
    if (nowMs - outage.sinceMs < HOLD_MS || nowMs - outage.triedAtMs < RETRY_MS) return;
    outage.triedAtMs = nowMs;
    const [payload] = failingMessages([this.#troubleOf(outage)], nowMs, this.#parts.apiUrl);
    if (payload === undefined) return;
    const untold = this.#channels.filter(({ definition }) => !outage.told.has(definition.id));
    await Promise.all(untold.map((channel) => this.#send(channel, outage, payload)));
  }

  /** What was told of an absence, and to whom; null when nobody was. */
  get told(): ToldOutage | null {
    const outage = this.#outage;
    if (outage === null || outage.told.size === 0) return null;
    return { failing: this.#troubleOf(outage), channels: [...outage.told] };
  }

  /** The database is back, and what was told is on record. */
  back(): void {
    this.#outage = null;
  }

  async #send(channel: StoredChannel, outage: Outage, payload: NoticeMessage): Promise<void> {
    const { log } = this.#parts;
    const { id } = channel.definition;
    const message = { id: outage.id, payload, createdAt: new Date(outage.sinceMs) };
    const delivery = await this.#deliver(channel, message);
    // Where some recipients were refused the others have heard of it, and are not told again.
    if (delivery.ok || delivery.refusedFor !== undefined) outage.told.add(id);
    if (delivery.ok) return;
    log.warn({ channel: id, error: delivery.error }, 'not told: the database is away');
  }

  async #deliver(channel: StoredChannel, message: Message): Promise<Delivery> {
    try {
      const opened = unsealChannel(channel, this.#parts.secretBox);
      return await deliver(opened, message, AbortSignal.timeout(SEND_TIMEOUT_MS));
    } catch (error) {
      return { ok: false, retry: 'soon', retryAfterSeconds: null, error: String(error) };
    }
  }

  #troubleOf({ sinceMs, told }: Outage): Failing {
    const { name } = this.#parts;
    const detail =
      `The coordinator ${name} cannot reach the database, and decides nothing until it can. ` +
      'Others take over if they can reach it';
    const isTold = told.size > 0;
    return { topic: 'database.away', subject: name, detail, blinds: false, sinceMs, told: isTold };
  }
}
