/**
 * How many monitors are asked at once of which the last round could not be decided. Such a round
 * asks every region, several times the probes of a steady one: agents that had no time for those
 * would get the more of them the less they answer, and stay overloaded for good.
 *
 * A round has its place from its opening to its end, so the rate follows what comes back: rounds
 * that are decided at once make room at once, rounds that time out hold the others up. Who finds
 * no place waits in the order of coming, and what is missed meanwhile is counted as missed.
 */
import type { WatchList } from './watch-list.ts';

/** Of so many, a broker's or a database's short absence is made good without anybody waiting. */
const LEAST = 100;
const SHARE = 0.02;

export class UnknownLimit {
  readonly #watchList: Pick<WatchList, 'get' | 'size' | 'reschedule'>;
  readonly #open = new Set<string>();
  readonly #waiting = new Set<string>();

  constructor(watchList: Pick<WatchList, 'get' | 'size' | 'reschedule'>) {
    this.#watchList = watchList;
  }

  /** Monitors whose next round is due and has no place. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Those of the due that may go on; the others wait until they are released. */
  admit(due: readonly string[]): string[] {
    let room = this.#room();
    return due.filter((id) => {
      const state = this.#watchList.get(id)?.state;
      if (state === undefined || state.unknown === null || state.round !== null) return true;
      if (room > 0) this.#waiting.delete(id);
      else this.#waiting.add(id);
      room -= 1;
      return room >= 0;
    });
  }

  /** After monitors were decided about: takes note of which have a round open. */
  note(ids: Iterable<string>): void {
    for (const id of ids) {
      if (this.#hasPlace(id)) this.#open.add(id);
      else this.#open.delete(id);
    }
  }

  /** Makes as many of those that wait due as there is room for. */
  release(): void {
    if (this.#waiting.size === 0) return;
    const next = [...this.#waiting].slice(0, Math.max(0, this.#room()));
    for (const id of next) this.#waiting.delete(id);
    this.#watchList.reschedule(next);
  }

  #room(): number {
    const limit = Math.max(LEAST, Math.floor(this.#watchList.size * SHARE));
    if (this.#open.size < limit) return limit - this.#open.size;
    // Some may have been given up, changed, or be watched elsewhere.
    for (const id of this.#open) if (!this.#hasPlace(id)) this.#open.delete(id);
    return limit - this.#open.size;
  }

  #hasPlace(id: string): boolean {
    const state = this.#watchList.get(id)?.state;
    return state !== undefined && state.unknown !== null && state.round !== null;
  }
}
