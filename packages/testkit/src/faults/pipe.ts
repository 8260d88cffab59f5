/** One direction of one connection: bytes wait in a bounded queue and leave as the toxics let them. */
import type { Socket } from 'node:net';
import type { ToxicSet, Toxics } from './toxics.ts';

/** Above this the sender is not read from any more, and feels it as TCP lets it feel. */
const MAX_QUEUED_BYTES = 1024 * 1024;

interface Chunk {
  readonly data: Buffer;
  readonly arrivedAt: number;
}

export interface PipeEnds {
  readonly from: Socket;
  readonly to: Socket;
  /** Ends the whole connection, with RST where that is asked for. */
  readonly cut: (how: 'close' | 'reset') => void;
}

export class Pipe {
  readonly #ends: PipeEnds;
  readonly #toxics: ToxicSet;
  readonly #forget: () => void;
  readonly #queue: Chunk[] = [];
  #queuedBytes = 0;
  #passedBytes = 0;
  #isEnded = false;
  #isClosed = false;
  #isPumping = false;
  #countdown: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();
  #endPause: () => void = () => undefined;

  constructor(ends: PipeEnds, toxics: ToxicSet) {
    this.#ends = ends;
    this.#toxics = toxics;
    this.#forget = toxics.onChange(() => this.#changed());
    ends.from.on('data', (data: Buffer) => this.#take(data));
    ends.from.on('end', () => {
      this.#isEnded = true;
      void this.#pump();
    });
    ends.to.on('drain', () => this.#wake());
    this.#changed();
  }

  close(): void {
    this.#isClosed = true;
    this.#forget();
    clearTimeout(this.#countdown);
    this.#endPause();
    this.#wake();
  }

  #changed(): void {
    clearTimeout(this.#countdown);
    const { resetPeer, timeout } = this.#toxics.current;
    if (resetPeer !== undefined) {
      this.#countdown = setTimeout(() => this.#ends.cut('reset'), resetPeer.timeoutMs);
    } else if (timeout !== undefined && timeout.timeoutMs > 0) {
      this.#countdown = setTimeout(() => this.#ends.cut('close'), timeout.timeoutMs);
    }
    this.#wake();
  }

  #take(data: Buffer): void {
    this.#queue.push({ data, arrivedAt: performance.now() });
    this.#queuedBytes += data.length;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#ends.from.pause();
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (;;) {
      const chunk = this.#queue.shift();
      if (chunk === undefined || this.#isClosed) break;
      await this.#pass(chunk);
      this.#queuedBytes -= chunk.data.length;
      if (this.#queuedBytes <= MAX_QUEUED_BYTES) this.#ends.from.resume();
    }
    this.#isPumping = false;
    if (this.#isEnded && !this.#isClosed) this.#ends.to.end();
  }

  async #pass({ data, arrivedAt }: Chunk): Promise<void> {
    await this.#delay(arrivedAt);
    let rest = data;
    while (rest.length > 0 && !this.#isClosed) {
      await this.#unblocked();
      const { slicer, limitData } = this.#toxics.current;
      const left = limitData === undefined ? Infinity : limitData.bytes - this.#passedBytes;
      const piece = rest.subarray(0, Math.min(slicer?.bytes ?? rest.length, Math.max(left, 0)));
      rest = rest.subarray(piece.length);
      await this.#write(piece);
      if (limitData !== undefined && this.#passedBytes >= limitData.bytes) {
        this.#ends.cut('close');
        return;
      }
      await this.#pause(pauseAfter(piece.length, this.#toxics.current));
    }
  }

  async #delay(arrivedAt: number): Promise<void> {
    const { latency } = this.#toxics.current;
    if (latency === undefined) return;
    const jitter = (Math.random() * 2 - 1) * (latency.jitterMs ?? 0);
    await this.#pause(arrivedAt + latency.latencyMs + jitter - performance.now());
  }

  async #unblocked(): Promise<void> {
    while (this.#toxics.current.timeout !== undefined && !this.#isClosed) await this.#news();
  }

  async #write(piece: Buffer): Promise<void> {
    if (this.#isClosed || piece.length === 0) return;
    this.#passedBytes += piece.length;
    if (!this.#ends.to.write(piece)) await this.#news();
  }

  #wake(): void {
    for (const go of this.#waiting) go();
    this.#waiting.clear();
  }

  /** A change of the toxics, a drained socket or the end. */
  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Also ends with the connection. */
  async #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function pauseAfter(bytes: number, { slicer, bandwidth }: Toxics): number {
  const slicing = slicer?.delayMs ?? 0;
  return slicing + (bandwidth === undefined ? 0 : (bytes / bandwidth.bytesPerSecond) * 1_000);
}
