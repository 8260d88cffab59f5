/**
 * The stream of events, opened again whenever it ends.
 *
 * Connecting: a source is open and has not answered, or the browser connects it again by itself. Live: it
 * has. Lost: the browser has given the source up, as it does upon any answer but 200 (a proxy while the
 * server starts again, too many listeners); another is opened a while later. `close` ends all of it.
 */
import { LIVE_EVENT_TYPES, type LiveEvent } from '@trustmonitor/protocol';

/** `reset`: events were missed, so what is shown must be read again. */
export type Told = LiveEvent | { readonly type: 'reset' };
type Listener = (told: Told) => void;
export type LiveState = 'connecting' | 'live' | 'lost';

/** What is used of an `EventSource`. */
export interface Source {
  addEventListener(type: string, listener: (event: { readonly data: string }) => void): void;
  close(): void;
  /** The browser does not connect it again. */
  isClosed(): boolean;
}

/** Spread, so that not all consoles come back in one moment. */
const AGAIN_MS = 5_000;
const SPREAD_MS = 2_500;

export class LiveFeed {
  readonly #connect: () => Source;
  readonly #listeners = new Set<Listener>();
  readonly #watchers = new Set<() => void>();
  #source: Source | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #state: LiveState = 'connecting';
  #wasLost = false;

  constructor(connect: () => Source) {
    this.#connect = connect;
  }

  get state(): LiveState {
    return this.#state;
  }

  open(): void {
    if (this.#source !== null || this.#timer !== null) return;
    const source = this.#connect();
    this.#source = source;
    source.addEventListener('open', () => {
      this.#become('live');
      // The browser goes on from the last event it saw; one that saw none has nothing to go on from.
      if (this.#wasLost) this.#tell({ type: 'reset' });
      this.#wasLost = false;
    });
    source.addEventListener('error', () => {
      this.#wasLost = true;
      if (!source.isClosed()) this.#become('connecting');
      else if (source === this.#source) this.#openLater();
    });
    source.addEventListener('stream.reset', () => this.#tell({ type: 'reset' }));
    for (const type of LIVE_EVENT_TYPES) {
      source.addEventListener(type, ({ data }) => this.#tell(JSON.parse(data) as LiveEvent));
    }
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#source?.close();
    this.#source = null;
    this.#wasLost = false;
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

  #openLater(): void {
    this.#source?.close();
    this.#source = null;
    this.#become('lost');
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.open();
      },
      AGAIN_MS + Math.random() * SPREAD_MS,
    );
  }

  #tell(told: Told): void {
    for (const listener of this.#listeners) listener(told);
  }

  #become(state: LiveState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}
