/** What a fault proxy does to a stream. The names and their meaning are toxiproxy's. */
export interface Toxics {
  /** Each byte comes so much later, in order. */
  readonly latency?: { readonly latencyMs: number; readonly jitterMs?: number };
  readonly bandwidth?: { readonly bytesPerSecond: number };
  /**
   * Nothing gets through. After `timeoutMs` the connection is closed; with 0 it is a black hole, and
   * what was said meanwhile arrives when the toxic is gone, as TCP would send it again.
   */
  readonly timeout?: { readonly timeoutMs: number };
  /** Small pieces, each a write of its own, with a pause between them. */
  readonly slicer?: { readonly bytes: number; readonly delayMs?: number };
  /** The connection is closed after so many bytes in this direction, counted from its beginning. */
  readonly limitData?: { readonly bytes: number };
  /** The connection is reset (RST) after `timeoutMs`, open or not. */
  readonly resetPeer?: { readonly timeoutMs: number };
}

/** `upstream` is from the client to the server, as in toxiproxy. */
export type Direction = 'upstream' | 'downstream';

/** The toxics of one direction, and a way to hear of their change. */
export class ToxicSet {
  #toxics: Toxics = {};
  readonly #waiting = new Set<() => void>();

  get current(): Toxics {
    return this.#toxics;
  }

  set(toxics: Toxics): void {
    this.#toxics = toxics;
    for (const tell of [...this.#waiting]) tell();
  }

  /** Calls `tell` at each change, until what is returned is called. */
  onChange(tell: () => void): () => void {
    this.#waiting.add(tell);
    return () => this.#waiting.delete(tell);
  }
}
