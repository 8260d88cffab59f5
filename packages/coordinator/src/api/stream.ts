/** Answers that go on: bounded in memory, and given up when the reader is too slow. */
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';

/** What may wait for a slow reader, beside what the kernel holds. */
const MAX_WAITING_BYTES = 1024 * 1024;

export class OutStream {
  readonly readable: Readable;
  #ended = false;

  constructor() {
    this.readable = new Readable({ read: () => undefined });
    // A reader that hangs up is no fault of ours.
    this.readable.on('error', () => undefined);
    this.readable.on('close', () => (this.#ended = true));
  }

  /** False once nobody reads any more, or the reader fell too far behind and was dropped. */
  write(text: string): boolean {
    if (this.#ended) return false;
    this.readable.push(text);
    if (this.readable.readableLength <= MAX_WAITING_BYTES) return true;
    this.readable.destroy();
    return false;
  }

  end(): void {
    if (!this.#ended) this.readable.push(null);
    this.#ended = true;
  }

  onClose(then: () => void): void {
    this.readable.on('close', then);
  }

  send(reply: FastifyReply, type: string): FastifyReply {
    return reply
      .type(type)
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(this.readable);
  }
}

/** One event of a stream (HTML Living Standard, section 9.2). JSON has no line breaks. */
export function sseEvent(event: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
