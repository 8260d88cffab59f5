/** Kept batches to the coordinator, until each has its receipt. */
import { onReceipt, sendBatch, type Bus } from '@trustmonitor/bus';
import type { Receipt } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { limitLog } from '../log-limit.ts';
import type { NewBatch } from '../spool/file.ts';
import type { KeptBatch, Spool } from '../spool/spool.ts';
import { Lane, type Outgoing, type Sent } from './lane.ts';

export interface ReportOptions {
  readonly bus: Bus;
  readonly agent: string;
  readonly spool: Spool;
  /** Told of each batch with a receipt, before the spool lets go of it; null: nobody asks. */
  readonly onCommitted: ((batch: KeptBatch, message: Uint8Array) => void) | null;
  readonly log: Logger;
}

/**
 * Batches of a shard in flight. With receipts after 100 ms (the p99 that intake is to reach) 8
 * carry 80 batches a second of each of 16 shards, twice what lingering 25 ms can make.
 */
const WINDOW = 8;
const FIRST_PATIENCE_MS = 2_000;
const LAST_PATIENCE_MS = 15_000;
const SWEEP_MS = 250;
/** Agents that lost the coordinator together should not all try again together. */
const PACE = 0.75 + Math.random() / 2;

export class Report {
  readonly #options: ReportOptions;
  readonly #lanes = new Map<number, Lane>();
  readonly #limited: ReturnType<typeof limitLog>;
  readonly #subscription: { unsubscribe(): void };
  readonly #sweep: NodeJS.Timeout;
  readonly #onDrained: (() => void)[] = [];

  /** Starts to listen for receipts, and sends what the last run has left in the spool. */
  constructor(options: ReportOptions) {
    this.#options = options;
    this.#limited = limitLog(options.log);
    this.#subscription = onReceipt(
      options.bus,
      options.agent,
      (receipt) => this.#receipted(receipt),
      (subject, error) =>
        this.#limited('malformed', { subject, reason: error.message }, 'receipt is malformed'),
    );
    this.#sweep = setInterval(() => this.#resendDue(), SWEEP_MS);
    for (const batch of options.spool.unsettled()) this.#push({ batch, message: null });
  }

  /** Batches without a receipt. */
  get waiting(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.size;
    return count;
  }

  /** Whether another batch of the shard would wait for receipts that are overdue. */
  inBacklog(shard: number): boolean {
    return this.#lanes.get(shard)?.isBehind(performance.now()) ?? false;
  }

  /** Age of the oldest batch without a receipt, from the start of this run at most; 0 without one. */
  get lagMs(): number {
    const now = performance.now();
    return [...this.#lanes.values()].reduce((lagMs, lane) => Math.max(lagMs, lane.lagMs(now)), 0);
  }

  /** Takes batches that the spool has kept, in order of the chain. */
  add(batches: readonly NewBatch[]): void {
    for (const batch of batches) this.#push({ batch, message: batch.message });
  }

  /** Sends all that is in flight again: the broker or the coordinator has come back. */
  resend(): void {
    const now = performance.now();
    for (const lane of this.#lanes.values()) lane.resendAll(now);
  }

  /** Resolves when every batch has its receipt, or after `limitMs`. */
  async drained(limitMs: number): Promise<void> {
    if (this.waiting === 0) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, limitMs);
      this.#onDrained.push(() => {
        clearTimeout(limit);
        resolve();
      });
    });
  }

  stop(): void {
    clearInterval(this.#sweep);
    this.#subscription.unsubscribe();
  }

  #push(outgoing: Outgoing): void {
    this.#lane(outgoing.batch.shard).push(outgoing, performance.now());
  }

  #lane(shard: number): Lane {
    const known = this.#lanes.get(shard);
    if (known !== undefined) return known;
    const { bus, agent, spool } = this.#options;
    const lane = new Lane({
      window: WINDOW,
      read: (batch) => spool.read(batch),
      send: (message) => sendBatch(bus, shard, agent, message),
      patienceMs,
    });
    this.#lanes.set(shard, lane);
    return lane;
  }

  #resendDue(): void {
    const now = performance.now();
    for (const lane of this.#lanes.values()) lane.resendDue(now);
    this.#tellIfDrained();
  }

  #receipted({ seq, batch: digest, status, reason }: Receipt): void {
    const sent = this.#takeOut(seq, digest);
    // A second receipt of a batch that was sent twice, or one for a batch not sent yet.
    if (sent === null) return;
    const { spool, onCommitted } = this.#options;
    if (status === 'committed') {
      onCommitted?.(sent.batch, sent.message);
      spool.settle(sent.batch);
    } else {
      this.#limited('refused', { batch: seq, digest, reason }, 'batch was refused and set aside');
      void spool.setAside(sent.batch);
    }
    this.#tellIfDrained();
  }

  #takeOut(seq: number, digest: string): Sent | null {
    const now = performance.now();
    for (const lane of this.#lanes.values()) {
      const sent = lane.receipted(seq, digest, now);
      if (sent !== null) return sent;
    }
    return null;
  }

  #tellIfDrained(): void {
    if (this.waiting === 0) for (const tell of this.#onDrained.splice(0)) tell();
  }
}

/** Doubles up to a limit. */
function patienceMs(sendings: number): number {
  return PACE * Math.min(FIRST_PATIENCE_MS * 2 ** (sendings - 1), LAST_PATIENCE_MS);
}
