/**
 * Carries messages from the outbox to their receivers.
 *
 * Each channel has its own worker, so one that hangs delays no other. A message is claimed by
 * moving its next attempt ahead, sent, then marked; a process that dies in between leaves a
 * claim that runs out, and the message is sent again under the same id: at least once.
 */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Message as Payload } from '../announce.ts';
import { unsealChannel } from '../channels.ts';
import type { SecretBox } from '../secret-box.ts';
import { selectChannel } from '../store/channels.ts';
import type { Database } from '../store/database.ts';
import {
  claimOutbox,
  markDelivered,
  markFailed,
  releaseClaim,
  selectOutboxDue,
  type OutboxRow,
} from '../store/outbox.ts';
import { Wakeup } from '../wakeup.ts';
import type { Delivery } from './channel.ts';
import { deliver } from './registry.ts';

const SEND_TIMEOUT_MS = 10_000;
/** Longer than sending one message can take, so that none is sent twice at once. */
const CLAIM_SECONDS = 20;
/** The outbox is looked at this often even when nobody says that it changed. */
const LOOK_EVERY_MS = 5_000;
/** `timestamptz` is finer than a timer: looking a little late finds the message due. */
const LOOK_LATE_MS = 2;
const FIRST_RETRY_SECONDS = 2;
const LONGEST_RETRY_SECONDS = 600;
/** About three days of trying. */
const MAX_ATTEMPTS = 440;
/** A refusal that a gateway or a deployment is to blame for is over soon; the others are not. */
const QUICK_ATTEMPTS = 3;
const FIRST_SLOW_SECONDS = 60;
const LONGEST_SLOW_SECONDS = 3_600;
/** About three days of trying, too. */
const MAX_SLOW_ATTEMPTS = 100;
/**
 * Where some of a channel's recipients have got a message and others were refused, those others are
 * tried for about a quarter of an hour, which is longer than greylisting takes. What comes next about
 * the same waits, and nobody may wait for days because one address is no more.
 */
const MAX_ATTEMPTS_IN_PART = 10;

interface CourierParts {
  readonly database: Database;
  readonly secretBox: SecretBox;
  readonly log: Logger;
}

export class Courier {
  readonly #database: Database;
  readonly #secretBox: SecretBox;
  readonly #log: Logger;
  readonly #wakeup = new Wakeup();
  readonly #workers = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #givenUp = 0;
  #running: Promise<void> = Promise.resolve();

  constructor({ database, secretBox, log }: CourierParts) {
    this.#database = database;
    this.#secretBox = secretBox;
    this.#log = log;
  }

  /** Messages that nobody gets any more, since this process began. */
  get givenUp(): number {
    return this.#givenUp;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Something was written to the outbox. */
  wake(): void {
    this.#wakeup.wake();
  }

  /** Breaks off deliveries under way; they are tried again after the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wakeup.wake();
    await this.#running;
    await Promise.all(this.#workers.values());
  }

  async #run(): Promise<void> {
    let waitMs = 0;
    while (!this.#stop.signal.aborted) {
      await this.#wakeup.wait(waitMs);
      waitMs = await this.#startWorkers();
    }
  }

  /** Starts a worker for each channel with something due; returns when to look again. */
  async #startWorkers(): Promise<number> {
    try {
      const due = await selectOutboxDue(this.#database);
      for (const { channel, dueInMs } of due) {
        if (dueInMs > 0 || this.#workers.has(channel) || this.#stop.signal.aborted) continue;
        this.#workers.set(channel, this.#work(channel));
      }
      const idle = due.filter(({ channel }) => !this.#workers.has(channel));
      return Math.min(LOOK_EVERY_MS, ...idle.map(({ dueInMs }) => dueInMs + LOOK_LATE_MS));
    } catch (error) {
      this.#log.error({ err: error }, 'the outbox cannot be read');
      return LOOK_EVERY_MS;
    }
  }

  /** Delivers what is due for a channel, one message after the other. */
  async #work(channel: string): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) {
        const row = await claimOutbox(this.#database, channel, CLAIM_SECONDS);
        if (row === null) break;
        await this.#deliver(row);
      }
      this.#wakeup.wake();
    } catch (error) {
      // Looked at again after `LOOK_EVERY_MS`: a database that is away is not asked in a loop.
      this.#log.error({ err: error, channel }, 'messages of a channel cannot be worked on');
    } finally {
      this.#workers.delete(channel);
    }
  }

  async #deliver(row: OutboxRow): Promise<void> {
    const delivery = await this.#attempt(row);
    if (delivery.ok) {
      await markDelivered(this.#database, row.id);
      this.#log.info(namesOf(row), 'message delivered');
      return;
    }
    if (this.#stop.signal.aborted) {
      await releaseClaim(this.#database, row.id);
      return;
    }
    const { error, refusedFor = null } = delivery;
    const retryIn = nextTryOf(row, delivery);
    await markFailed(this.#database, row.id, { error, retryInSeconds: retryIn, refusedFor });
    if (retryIn === null) this.#givenUp += 1;
    this.#log.warn(
      { ...namesOf(row), error, retryIn },
      retryIn === null ? 'message given up' : 'message not delivered',
    );
  }

  async #attempt(row: OutboxRow): Promise<Delivery> {
    const stored = await selectChannel(this.#database, row.channel);
    if (stored === null) return failed('never', 'the channel is gone');
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
    const { id, createdAt, recipients } = row;
    const message = {
      ...{ id, createdAt, payload: row.payload as Payload },
      ...(recipients === null ? {} : { recipients }),
    };
    try {
      return await deliver(unsealChannel(stored, this.#secretBox), message, signal);
    } catch (error) {
      // One message that cannot be sent must not keep the channel's others waiting.
      this.#log.error({ err: error, ...namesOf(row) }, 'message not sent');
      const isKey = isTrustMonitorError(error, 'key.invalid');
      return failed('slowly', isKey ? error.message : 'internal error, see the log');
    }
  }
}

interface Names {
  readonly channel: string;
  readonly message: string;
  readonly traceId?: string;
  readonly traceIds?: readonly string[];
}

/** Of a message in the log, with the traces of the rounds that it is about. */
function namesOf({ id, channel, payload }: OutboxRow): Names {
  const [traceId, ...others] = traceIdsOf(payload as Payload);
  if (traceId === undefined) return { channel, message: id };
  if (others.length === 0) return { channel, message: id, traceId };
  return { channel, message: id, traceIds: [traceId, ...others] };
}

/** Each once; a group has those of its alerts. */
function traceIdsOf(payload: Payload): string[] {
  const all = payload.type === 'alerts.grouped' ? payload.alerts : [payload];
  return [...new Set(all.flatMap((one) => ('trace' in one ? (one.trace?.id ?? []) : [])))];
}

/** In seconds; null for no more. */
function nextTryOf(
  { recipients, attempts }: OutboxRow,
  delivery: Delivery & { ok: false },
): number | null {
  if (delivery.refusedFor === undefined) return retryInSeconds(attempts, delivery);
  // Who is refused for the first time is tried once more, however often all were before.
  if (recipients !== null && attempts >= MAX_ATTEMPTS_IN_PART) return null;
  return retryInSeconds(attempts, { ...delivery, retry: 'soon' });
}

function failed(retry: (Delivery & { ok: false })['retry'], error: string): Delivery {
  return { ok: false, retry, retryAfterSeconds: null, error };
}

/**
 * Exponential with a ceiling and half of it at random, and never before the receiver said; null
 * when trying has an end. A receiver can ask for an hour at most.
 */
export function retryInSeconds(
  attempts: number,
  delivery: Delivery & { ok: false },
): number | null {
  const { retry, retryAfterSeconds } = delivery;
  const isSlow = retry === 'slowly' && attempts > QUICK_ATTEMPTS;
  if (retry === 'never' || attempts >= (isSlow ? MAX_SLOW_ATTEMPTS : MAX_ATTEMPTS)) return null;
  const full = isSlow
    ? Math.min(LONGEST_SLOW_SECONDS, FIRST_SLOW_SECONDS * 2 ** (attempts - QUICK_ATTEMPTS - 1))
    : Math.min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (attempts - 1));
  const jittered = full / 2 + (Math.random() * full) / 2;
  return Math.max(jittered, Math.min(retryAfterSeconds ?? 0, LONGEST_RETRY_SECONDS * 6));
}
