/**
 * Reads one thing, again and again, one read at a time.
 *
 * Idle: `again` begins a read. Reading: `again` notes that what comes may be stale; the read goes on to
 * its end and is told, and then there is one more, however often it was asked for. So a long read ends
 * although things happen all the time. Stopped: the read is broken off, and nothing is told any more.
 */
export type Read<T> = (signal: AbortSignal) => Promise<T>;

interface Listener<T> {
  readonly onData: (data: T) => void;
  readonly onError: (error: unknown) => void;
}

export class Reader<T> {
  readonly #read: Read<T>;
  readonly #listener: Listener<T>;
  readonly #stop = new AbortController();
  #isReading = false;
  #isStale = false;

  constructor(read: Read<T>, listener: Listener<T>) {
    this.#read = read;
    this.#listener = listener;
  }

  again(): void {
    this.#isStale = true;
    if (!this.#isReading) void this.#readOn();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #readOn(): Promise<void> {
    const { signal } = this.#stop;
    const { onData, onError } = this.#listener;
    const unlessStopped = (tell: () => void): void => {
      if (!signal.aborted) tell();
    };
    this.#isReading = true;
    while (this.#isStale && !signal.aborted) {
      this.#isStale = false;
      await this.#read(signal).then(
        (data) => unlessStopped(() => onData(data)),
        (error: unknown) => unlessStopped(() => onError(error)),
      );
    }
    this.#isReading = false;
  }
}
