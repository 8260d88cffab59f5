/** The newest votes of all regions, gathered for as long as somebody is signed in. */
import { useSyncExternalStore } from 'react';
import { noted, type Seen, type Votes } from '../model/region-votes.ts';
import { liveFeed } from './live.ts';

/** Many votes at once are one reason to show them. */
const SETTLE_MS = 200;

class RegionVotes {
  readonly #watchers = new Set<() => void>();
  #votes: Votes = new Map();
  /** What is shown of them. */
  #shown: Votes = this.#votes;
  #timer: number | null = null;

  constructor() {
    liveFeed.listen((told) => {
      if (told.type !== 'vote.cast') return;
      const state = told.vote === 'abstain' ? 'unknown' : told.vote;
      this.note(told.region, told.monitor, { state, atMs: Date.parse(told.at) });
    });
  }

  get shown(): Votes {
    return this.#shown;
  }

  note(region: string, monitor: string, seen: Seen): void {
    const before = this.#votes;
    this.#votes = noted(before, region, monitor, seen);
    if (this.#votes !== before) this.#timer ??= window.setTimeout(() => this.#show(), SETTLE_MS);
  }

  clear(): void {
    this.#votes = new Map();
    this.#show();
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  #show(): void {
    if (this.#timer !== null) window.clearTimeout(this.#timer);
    this.#timer = null;
    this.#shown = this.#votes;
    for (const watcher of this.#watchers) watcher();
  }
}

export const regionVotes = new RegionVotes();

export function useRegionVotes(): Votes {
  return useSyncExternalStore(regionVotes.watch, () => regionVotes.shown);
}
