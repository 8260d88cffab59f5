/**
 * The batches of one shard on their way to its coordinator, in order of the chain.
 *
 *     waiting    on disk only
 *       | fewer than `window` in flight
 *     in flight  published, perhaps into the void: sent again, with growing pauses, and at once
 *       |        when the broker or the coordinator is back
 *       | receipt
 *     done
 *
 * The window is the whole flow control: a coordinator that commits slowly receipts slowly, and is
 * sent no more than it can hold (PERFORMANCE: without one, intake collapses). Each shard has its
 * own, because each may have its own coordinator, and one that is gone must not hold up others.
 */
import type { KeptBatch } from '../spool/spool.ts';

/** A batch and, if it is still in memory, its message. */
export interface Outgoing {
  readonly batch: KeptBatch;
  readonly message: Uint8Array | null;
}

export interface LaneOptions {
  readonly window: number;
  /** The message of a batch from disk; null when it is lost. */
  readonly read: (batch: KeptBatch) => Promise<Uint8Array | null>;
  /** False, and nothing sent, while the broker is away. */
  readonly send: (message: Uint8Array) => boolean;
  /** Milliseconds to wait for a receipt after sending for the nth time. */
  readonly patienceMs: (sendings: number) => number;
}

/** A batch and its message, as it was sent. */
export type Sent = Readonly<Pick<InFlight, 'batch' | 'message'>>;

interface InFlight {
  readonly batch: KeptBatch;
  readonly message: Uint8Array;
  sendings: number;
  resendAt: number;
}

export class Lane {
  readonly #options: LaneOptions;
  readonly #waiting: Outgoing[] = [];
  readonly #inFlight = new Map<number, InFlight>();
  /** When each batch without a receipt came here, the oldest first. */
  readonly #since = new Map<number, number>();
  #filling = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Batches without a receipt. */
  get size(): number {
    return this.#since.size;
  }

  /** Age of the oldest of them; 0 without one. */
  lagMs(now: number): number {
    const [oldest] = this.#since.values();
    return oldest === undefined ? 0 : now - oldest;
  }

  /**
   * Whether another batch would wait for receipts that are overdue. A full window alone says nothing: a
   * burst fills it within the time that one receipt takes.
   */
  isBehind(now: number): boolean {
    const { window, patienceMs } = this.#options;
    return this.size >= window && this.lagMs(now) >= patienceMs(1);
  }

  /** Takes a batch that follows all earlier ones. */
  push({ batch, message }: Outgoing, now: number): void {
    // A backlog stays on disk: memory holds a window's worth of messages, whatever the outage.
    const keepInMemory = this.size < this.#options.window;
    this.#since.set(batch.seq, now);
    this.#waiting.push({ batch, message: keepInMemory ? message : null });
    this.fill(now);
  }

  /** The batch in flight with this number, if its digest fits; it is in flight no more. */
  receipted(seq: number, digest: string, now: number): Sent | null {
    const entry = this.#inFlight.get(seq);
    if (entry?.batch.digest !== digest) return null;
    this.#inFlight.delete(seq);
    this.#since.delete(seq);
    this.fill(now);
    return entry;
  }

  /** Sends again what has waited long enough for its receipt, oldest first. */
  resendDue(now: number): void {
    for (const entry of this.#inFlight.values()) {
      if (entry.resendAt <= now && !this.#send(entry, now)) return;
    }
  }

  /** Sends again all that is in flight: what listens now did not listen before. */
  resendAll(now: number): void {
    for (const entry of this.#inFlight.values()) entry.sendings = 0;
    for (const entry of this.#inFlight.values()) {
      if (!this.#send(entry, now)) return;
    }
  }

  /** Brings waiting batches in flight; one at a time, since a read must not overtake another. */
  fill(now: number): void {
    if (this.#filling) return;
    while (this.#inFlight.size < this.#options.window) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next.message === null) {
        this.#filling = true;
        void this.#fillFromDisk(next.batch, now);
        return;
      }
      this.#launch(next.batch, next.message, now);
    }
  }

  async #fillFromDisk(batch: KeptBatch, now: number): Promise<void> {
    const message = await this.#options.read(batch);
    this.#filling = false;
    if (message === null) this.#since.delete(batch.seq);
    else this.#launch(batch, message, now);
    this.fill(now);
  }

  #launch(batch: KeptBatch, message: Uint8Array, now: number): void {
    const entry: InFlight = { batch, message, sendings: 0, resendAt: now };
    this.#inFlight.set(batch.seq, entry);
    this.#send(entry, now);
  }

  #send(entry: InFlight, now: number): boolean {
    if (!this.#options.send(entry.message)) return false;
    entry.sendings += 1;
    entry.resendAt = now + this.#options.patienceMs(entry.sendings);
    return true;
  }
}
