/** Batches that wait for the cycle: in order of arrival, bounded in number and in bytes. */
/** What of a batch counts here; `message` is its bytes. */
export interface Waiting {
  readonly agent: string;
  readonly message: { readonly length: number };
  readonly arrivedAtMs: number;
}

interface Bound {
  readonly batches: number;
  readonly bytes: number;
}

const MOST: Bound = { batches: 2_000, bytes: 64 * 1024 * 1024 };
/** Eight under way in each of 16 shards are an agent's most: one that floods leaves the others their room. */
const MOST_OF_AGENT: Bound = { batches: 256, bytes: 16 * 1024 * 1024 };
const NOTHING: Bound = { batches: 0, bytes: 0 };

export class Backlog<Batch extends Waiting> {
  readonly #batches: Batch[] = [];
  readonly #ofAgents = new Map<string, Bound>();
  #bytes = 0;

  get size(): number {
    return this.#batches.length;
  }

  /** When the batch arrived that has waited longest; null when none waits. */
  get oldestAtMs(): number | null {
    return this.#batches[0]?.arrivedAtMs ?? null;
  }

  /** False when too much waits already: the batch stays in its agent's spool, and comes again. */
  add(batch: Batch): boolean {
    const ofAgent = this.#ofAgents.get(batch.agent) ?? NOTHING;
    if (!hasRoom({ batches: this.size, bytes: this.#bytes }, MOST)) return false;
    if (!hasRoom(ofAgent, MOST_OF_AGENT)) return false;
    this.#batches.push(batch);
    this.#note(batch, 1);
    return true;
  }

  /** The oldest, as many as there may be and as fit; at least one. */
  take(limit: number, maxBytes: number): Batch[] {
    let count = 0;
    let bytes = 0;
    for (const { message } of this.#batches) {
      if (count >= limit || (count > 0 && bytes + message.length > maxBytes)) break;
      count += 1;
      bytes += message.length;
    }
    const taken = this.#batches.splice(0, count);
    for (const batch of taken) this.#note(batch, -1);
    return taken;
  }

  #note({ agent, message }: Batch, sign: 1 | -1): void {
    const { batches, bytes } = this.#ofAgents.get(agent) ?? NOTHING;
    const now = { batches: batches + sign, bytes: bytes + sign * message.length };
    this.#bytes += sign * message.length;
    if (now.batches === 0) this.#ofAgents.delete(agent);
    else this.#ofAgents.set(agent, now);
  }
}

function hasRoom(now: Bound, most: Bound): boolean {
  return now.batches < most.batches && now.bytes < most.bytes;
}
