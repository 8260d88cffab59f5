/** Batches that wait for the cycle: in order of arrival, bounded in number and in bytes. */
import type { ReceivedBatch } from './intake.ts';

const MAX_BATCHES = 2_000;
const MAX_BYTES = 64 * 1024 * 1024;

export class Backlog {
  readonly #batches: ReceivedBatch[] = [];
  #bytes = 0;

  get size(): number {
    return this.#batches.length;
  }

  /** When the batch arrived that has waited longest; null when none waits. */
  get oldestAtMs(): number | null {
    return this.#batches[0]?.arrivedAtMs ?? null;
  }

  /** False when too much waits already: the batch stays in its agent's spool, and comes again. */
  add(batch: ReceivedBatch): boolean {
    if (this.#batches.length >= MAX_BATCHES || this.#bytes >= MAX_BYTES) return false;
    this.#batches.push(batch);
    this.#bytes += batch.message.length;
    return true;
  }

  /** The oldest, as many as there may be and as fit; at least one. */
  take(limit: number, maxBytes: number): ReceivedBatch[] {
    let count = 0;
    let bytes = 0;
    for (const { message } of this.#batches) {
      if (count >= limit || (count > 0 && bytes + message.length > maxBytes)) break;
      count += 1;
      bytes += message.length;
    }
    this.#bytes -= bytes;
    return this.#batches.splice(0, count);
  }
}
