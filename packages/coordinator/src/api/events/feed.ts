/**
 * What happened, from the table of events to those who listen at this replica. One reader for all
 * of them, and only while there are any: every replica sees what any coordinator committed.
 */
import type { LiveEvent } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Database } from '../../store/database.ts';
import { selectEvents, selectNewestEvent } from '../../store/events.ts';

const LOOK_EVERY_MS = 200;
const ROWS_PER_LOOK = 200;

export interface NumberedEvent {
  /** `<row>-<place in it>`: what `Last-Event-ID` names. */
  readonly id: string;
  readonly event: LiveEvent;
}

export type Listener = (events: readonly NumberedEvent[]) => void;

export class EventFeed {
  readonly #database: Database;
  readonly #log: Logger;
  /** With the next row that each is to be told of. */
  readonly #listeners = new Map<Listener, number>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  /**
   * Tells `listener` everything from row `from` on; returns how to stop. Who is far behind holds
   * up the others, so they catch up by `readFrom` before they come here.
   */
  listen(from: number, listener: Listener): () => void {
    this.#listeners.set(listener, from);
    this.#schedule(LOOK_EVERY_MS);
    return () => this.#listeners.delete(listener);
  }

  /** The row that is not written yet. */
  async position(): Promise<number> {
    return (await selectNewestEvent(this.#database)) + 1;
  }

  /** Events from row `from` up to, and without, row `to`; at most one look's worth. */
  async readFrom(from: number, to: number): Promise<{ events: NumberedEvent[]; next: number }> {
    const rows = await selectEvents(this.#database, from, ROWS_PER_LOOK);
    const missed = rows.filter(({ seq }) => seq < to);
    const isAll = missed.length < rows.length || rows.length < ROWS_PER_LOOK;
    return { events: missed.flatMap(number), next: isAll ? to : (missed.at(-1)?.seq ?? to) + 1 };
  }

  /** Whether this row is still kept, so that what follows it is known to be whole. */
  async keeps(seq: number): Promise<boolean> {
    const [row] = await selectEvents(this.#database, seq, 1);
    return row?.seq === seq;
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #schedule(waitMs: number): void {
    if (this.#timer !== null || this.#closed) return;
    this.#timer = setTimeout(() => {
      // The last listener may have gone since.
      if (this.#listeners.size > 0) void this.#look();
      else this.#timer = null;
    }, waitMs);
  }

  async #look(): Promise<void> {
    let isMore = false;
    try {
      const from = Math.min(...this.#listeners.values());
      const rows = await selectEvents(this.#database, from, ROWS_PER_LOOK);
      isMore = rows.length === ROWS_PER_LOOK;
      const after = (rows.at(-1)?.seq ?? 0) + 1;
      for (const [tell, next] of this.#listeners) {
        if (after <= next) continue;
        this.#listeners.set(tell, after);
        tell(rows.filter(({ seq }) => seq >= next).flatMap(number));
      }
    } catch (error) {
      this.#log.warn({ err: error }, 'events cannot be read');
    }
    this.#timer = null;
    if (this.#listeners.size > 0) this.#schedule(isMore ? 0 : LOOK_EVERY_MS);
  }
}

function number({ seq, events }: { seq: number; events: readonly LiveEvent[] }): NumberedEvent[] {
  return events.map((event, index) => ({ id: `${seq}-${index}`, event }));
}
