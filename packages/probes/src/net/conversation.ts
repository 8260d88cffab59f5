/** A text protocol over a connection: send, wait for an answer, change to TLS, go on. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { closedFailure, excerpt, ProbeFailure, socketFailure } from '../failure.ts';
import type { Run } from '../run.ts';
import { type Endpoint, upgradeToTls } from './connect.ts';
import type { TlsProfile } from './tls-profile.ts';

/** Of everything received: greetings and short answers, not documents. */
const MAX_BYTES = 65_536;
/** An answer in single bytes would have the expectation looked at for each of them. */
const MAX_PIECES = 256;
const SHOWN_CHARS = 200;

/** Looks at what has come since the last step: the answer once it is complete, else null. */
export type Recognise<T> = (text: string) => T | null;

export class Conversation {
  private readonly run: Run;
  private readonly endpoint: Endpoint;
  private socket: Socket;
  private readonly received: Buffer[] = [];
  /** Received and not yet part of an answer. */
  private fresh = '';
  private bytes = 0;
  private pieces = 0;
  private startedAt = performance.now();

  constructor(run: Run, endpoint: Endpoint, socket: Socket) {
    this.run = run;
    this.endpoint = endpoint;
    this.socket = socket;
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /**
   * Waits for an answer. Something else than `wanted`, up to the deadline or the end of the
   * connection, is an answer that is wrong; nothing at all is none.
   */
  async expect<T>(wanted: string, recognise: Recognise<T>): Promise<T> {
    try {
      return await this.run.step('exchange', (done, fail) => this.listen(recognise, done, fail));
    } catch (error) {
      const late =
        error instanceof ProbeFailure &&
        (error.failureClass === 'read_timeout' || error.failureClass === 'read_reset');
      if (!late || this.fresh === '') throw error;
      const detail = `expected ${wanted}, but received ${JSON.stringify(excerpt(this.fresh, SHOWN_CHARS))}`;
      throw new ProbeFailure('assertion_failed', detail);
    } finally {
      this.socket.removeAllListeners('data').removeAllListeners('close').pause();
    }
  }

  async startTls(profile: TlsProfile): Promise<void> {
    // Plain text after the go-ahead may have been put there by somebody else (CVE-2011-0411).
    if (this.fresh !== '') {
      throw new ProbeFailure('protocol_error', 'plain text was sent ahead of the TLS handshake');
    }
    this.socket = await upgradeToTls(this.run, this.socket, this.endpoint, profile);
  }

  /** All that was received becomes the content that assertions see. */
  end(): void {
    this.socket.destroy();
    const { answer, phases, seen } = this.run;
    if (phases.processingUs !== null) this.run.mark('transferUs', this.startedAt);
    const content = Buffer.concat(this.received);
    answer.content = content;
    answer.contentBytes = seen.bodyBytes = content.length;
    answer.contentSha256 = seen.bodySha256 = createHash('sha256').update(content).digest('hex');
  }

  private listen<T>(
    recognise: Recognise<T>,
    done: (answer: T) => void,
    fail: (error: unknown) => void,
  ): void {
    const look = (): void => {
      try {
        const answer = recognise(this.fresh);
        if (answer === null) return;
        this.fresh = '';
        done(answer);
      } catch (error) {
        fail(error);
      }
    };
    const { socket } = this;
    socket.on('data', (chunk: Buffer) => {
      try {
        this.take(chunk);
      } catch (error) {
        fail(error);
        return;
      }
      look();
    });
    socket.once('error', (error) => fail(socketFailure(error, 'exchange')));
    socket.once('close', () => fail(closedFailure('exchange')));
    if (socket.destroyed) fail(closedFailure('exchange'));
    else if (this.fresh !== '') look();
    socket.resume();
  }

  private take(chunk: Buffer): void {
    if (this.run.phases.processingUs === null) {
      this.startedAt = this.run.mark('processingUs', this.startedAt);
    }
    this.bytes += chunk.length;
    this.pieces += 1;
    if (this.bytes > MAX_BYTES) {
      throw new ProbeFailure('body_too_large', `more than ${MAX_BYTES} bytes were received`);
    }
    if (this.pieces > MAX_PIECES) {
      throw new ProbeFailure('protocol_error', `the answer came in more than ${MAX_PIECES} pieces`);
    }
    this.received.push(chunk);
    this.fresh += chunk.toString('latin1');
  }
}
