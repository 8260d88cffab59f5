/** One stream of events for the whole console, and who listens to it. */
import { LIVE_EVENT_TYPES, type LiveEvent } from '@trustmonitor/protocol';
import { useEffect, useRef, useSyncExternalStore } from 'react';

/** `reset`: events were missed, so what is shown must be read again. */
export type Told = LiveEvent | { readonly type: 'reset' };
type Listener = (told: Told) => void;
export type LiveState = 'connecting' | 'live' | 'lost';

class LiveFeed {
  readonly #listeners = new Set<Listener>();
  readonly #watchers = new Set<() => void>();
  #source: EventSource | null = null;
  #state: LiveState = 'connecting';
  #wasLost = false;

  get state(): LiveState {
    return this.#state;
  }

  open(): void {
    if (this.#source !== null) return;
    const source = new EventSource('/v1/events');
    this.#source = source;
    source.addEventListener('open', () => {
      this.#become('live');
      // The browser goes on from the last event it saw; one that saw none has nothing to go on from.
      if (this.#wasLost) this.#tell({ type: 'reset' });
      this.#wasLost = false;
    });
    source.addEventListener('error', () => {
      this.#wasLost = true;
      this.#become(source.readyState === EventSource.CLOSED ? 'lost' : 'connecting');
    });
    source.addEventListener('stream.reset', () => this.#tell({ type: 'reset' }));
    for (const type of LIVE_EVENT_TYPES) {
      source.addEventListener(type, (event: MessageEvent<string>) => {
        this.#tell(JSON.parse(event.data) as LiveEvent);
      });
    }
  }

  close(): void {
    this.#source?.close();
    this.#source = null;
    this.#become('connecting');
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  #tell(told: Told): void {
    for (const listener of this.#listeners) listener(told);
  }

  #become(state: LiveState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

export const liveFeed = new LiveFeed();

export function useLiveState(): LiveState {
  return useSyncExternalStore(liveFeed.watch, () => liveFeed.state);
}

/** Calls the newest `listener` with everything that happens while the component is shown. */
export function useLive(listener: Listener): void {
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => liveFeed.listen((told) => newest.current(told)), []);
}
