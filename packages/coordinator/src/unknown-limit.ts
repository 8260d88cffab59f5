/**
 * How many monitors are asked at once of which nothing can be said: their last round could not be
 * decided, or they had none. Such a round asks every region, several times the probes of a steady
 * one: agents that had no time for those would get the more of them the less they answer, and stay
 * overloaded for good.
 *
 * A round has its place from its opening to its end, so the rate follows what comes back: rounds
 * that are decided at once make room at once, rounds that time out hold the others up. And as in a
 * network that is congested, there are fewer places for each result that an agent had no time for,
 * and more again for each other one. Who finds no place waits in the order of coming, and what is
 * missed meanwhile is counted as missed.
 */
import type { Result } from '@trustmonitor/protocol';
import type { MonitorState } from '@trustmonitor/quorum';
import type { WatchList } from './watch-list.ts';

/** While no agent is overloaded: a broker's or a database's short absence is made good in seconds. */
const MOST = 100;
const MOST_SHARE = 0.02;
const FEWEST = 5;
/** By what an agent without time lessens the places. Where half of them have none, ten are left. */
const DECREASE = 0.9;
const INCREASE = 1;

interface Turn {
  readonly states: ReadonlyMap<string, unknown>;
  readonly results: readonly { readonly result: Pick<Result, 'final' | 'failure'> }[];
}

export class UnknownLimit {
  readonly #watchList: Pick<WatchList, 'get' | 'size' | 'reschedule'>;
  readonly #open = new Set<string>();
  readonly #waiting = new Set<string>();
  #places = Infinity;

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
      if (state === undefined || !isUnjudged(state) || state.round !== null) return true;
      if (room > 0) this.#waiting.delete(id);
      else this.#waiting.add(id);
      room -= 1;
      return room >= 0;
    });
  }

  /** After a turn: takes note of which monitors have a round open, and of how agents fare. */
  note({ states, results }: Turn): void {
    for (const id of states.keys()) {
      if (this.#hasPlace(id)) this.#open.add(id);
      else this.#open.delete(id);
    }
    for (const { result } of results) {
      if (!result.final) continue;
      const isOverloaded = result.failure?.class === 'agent_overloaded';
      const places = Math.min(this.#places, this.#most);
      this.#places = isOverloaded ? Math.max(FEWEST, places * DECREASE) : places + INCREASE;
    }
  }

  /** Makes as many of those that wait due as there is room for. */
  release(): void {
    if (this.#waiting.size === 0) return;
    const next = [...this.#waiting].slice(0, Math.max(0, this.#room()));
    for (const id of next) this.#waiting.delete(id);
    this.#watchList.reschedule(next);
  }

  get #most(): number {
    return Math.max(MOST, this.#watchList.size * MOST_SHARE);
  }

  #room(): number {
    const limit = Math.floor(Math.min(this.#places, this.#most));
    if (this.#open.size < limit) return limit - this.#open.size;
    // Some may have been given up, changed, or be watched elsewhere.
    for (const id of this.#open) if (!this.#hasPlace(id)) this.#open.delete(id);
    return limit - this.#open.size;
  }

  #hasPlace(id: string): boolean {
    const state = this.#watchList.get(id)?.state;
    return state !== undefined && isUnjudged(state) && state.round !== null;
  }
}

function isUnjudged({ unknown, verdict }: MonitorState): boolean {
  return unknown !== null || verdict === null;
}
