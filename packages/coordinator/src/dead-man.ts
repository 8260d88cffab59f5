/**
 * A heartbeat to somebody outside, for the one failure that no part of this system can tell of:
 * that all of it is gone. It is sent only while this coordinator really decides, so what is silent
 * is dead, cut off or stuck, and the service outside raises the alarm.
 */
import type { Logger } from 'pino';

/** What is asked about must be answered by then; so must the heartbeat. */
const LIMIT_MS = 10_000;

export interface DeadManSettings {
  readonly url: string;
  /** What the header of this name says; null: it is not sent. */
  readonly authorization: string | null;
  readonly intervalMs: number;
}

export interface DeadManParts extends DeadManSettings {
  /** Null while this coordinator decides; otherwise why it does not. */
  readonly whyIdle: () => Promise<string | null>;
  readonly log: Logger;
}

export class DeadMan {
  readonly #parts: DeadManParts;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<void> | null = null;

  constructor(parts: DeadManParts) {
    this.#parts = parts;
  }

  /** Sends one at once, so that a wrong address shows at the start. */
  start(): void {
    const beat = (): void => {
      this.#sending ??= this.#beat().finally(() => {
        this.#sending = null;
      });
    };
    beat();
    this.#timer = setInterval(beat, this.#parts.intervalMs);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#sending;
  }

  async #beat(): Promise<void> {
    const { whyIdle, log } = this.#parts;
    const idle = await whyIdle();
    if (this.#stopped.signal.aborted) return;
    if (idle === null) await this.#send();
    else log.warn({ why: idle }, 'no heartbeat is sent outside: this coordinator does not decide');
  }

  /** The address can hold a secret: it is not logged, nor what an error says of it. */
  async #send(): Promise<void> {
    const { url, authorization, log } = this.#parts;
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(LIMIT_MS)]);
      const headers = { ...(authorization !== null && { authorization }) };
      const response = await fetch(url, { method: 'POST', headers, signal });
      await response.body?.cancel();
      if (!response.ok) log.warn({ status: response.status }, 'the heartbeat outside was refused');
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      log.warn(reasonOf(error), 'the heartbeat outside was not taken; see TM_DEADMAN_URL');
    }
  }
}

/** `ECONNREFUSED` and the like; the messages of errors can repeat the address. */
function reasonOf(error: unknown): { error: string; code: unknown } {
  if (!(error instanceof Error)) return { error: typeof error, code: null };
  const { name, cause } = error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  return { error: name, code };
}
