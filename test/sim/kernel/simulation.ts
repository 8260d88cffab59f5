/**
 * Virtual time. Everything that happens is an event on one heap, and the only clock is the time
 * of the event under way.
 *
 * An event belongs to a party (a process), or to the world. A party's events wait while it is
 * paused, as what was sent to a stopped process waits in its sockets, and are gone when it dies:
 * they belong to one life of it.
 */
import { EventHeap } from './event-heap.ts';
import { Journal } from './journal.ts';

/** Wall time at which every run begins: 2026-01-05T00:00:00Z. */
export const EPOCH_MS = 1_767_571_200_000;

export class Party {
  readonly name: string;
  isUp = true;
  pausedUntil = 0;
  /** Counts lives: an event of an earlier one finds nobody. */
  life = 0;

  constructor(name: string) {
    this.name = name;
  }
}

interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly party: Party | null;
  readonly life: number;
  readonly what: string;
  readonly run: () => void;
}

export class Simulation {
  readonly journal = new Journal();
  readonly #heap = new EventHeap<Scheduled>();
  #now = EPOCH_MS;
  #order = 0;
  #events = 0;

  /** Milliseconds since the Unix epoch: the true time, which no party knows. */
  get now(): number {
    return this.#now;
  }

  /** Events that have happened. */
  get events(): number {
    return this.#events;
  }

  /** Schedules an event of this life of the party, or of the world. */
  after(delayMs: number, party: Party | null, what: string, run: () => void): void {
    const at = this.#now + Math.max(0, Math.ceil(delayMs));
    this.#heap.push({ at, order: this.#order++, party, life: party?.life ?? 0, what, run });
  }

  /** Adds to the event under way. */
  note(party: Party | null, text: string): void {
    this.journal.note(`${this.#now - EPOCH_MS} ${party?.name ?? 'world'}: ${text}`);
  }

  /** Runs until `untilMs` of true time, and asks `afterEach` after every event. */
  run(untilMs: number, afterEach: () => void): void {
    for (let next = this.#heap.first; next !== undefined; next = this.#heap.first) {
      if (next.at > untilMs) break;
      this.#heap.pop();
      this.#now = next.at;
      if (this.#postponed(next)) continue;
      this.#events += 1;
      this.note(next.party, next.what);
      next.run();
      afterEach();
    }
    this.#now = untilMs;
  }

  /** True when the party cannot act on it now: it waits for the party, or is dropped. */
  #postponed(event: Scheduled): boolean {
    const { party } = event;
    if (party === null) return false;
    if (!party.isUp || party.life !== event.life) return true;
    if (party.pausedUntil <= event.at) return false;
    this.#heap.push({ ...event, at: party.pausedUntil, order: this.#order++ });
    return true;
  }
}
