/**
 * What exists once among all coordinators: it runs where shard 0 is held. Begun before the
 * monitors of that shard are watched, and ended before it is given back.
 *
 * A coordinator that has lost the shard without knowing it may go on for a while, so no duty
 * may rely on being alone: what two of them write at once must come to the same, or be fenced.
 */
import type { Logger } from 'pino';

export interface Duty {
  /** Begins, also again after `stop`. */
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
}

export class Duties {
  readonly #duties: readonly Duty[];
  readonly #log: Logger;
  #started: Duty[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(duties: readonly Duty[], log: Logger) {
    this.#duties = duties;
    this.#log = log;
  }

  /** All of them or none: throws what kept one of them from beginning. */
  start(): Promise<void> {
    return this.#next(async () => {
      if (this.#started.length > 0) return;
      try {
        for (const duty of this.#duties) {
          await duty.start();
          this.#started.push(duty);
        }
      } catch (error) {
        await this.#stopAll();
        throw error;
      }
    });
  }

  stop(): Promise<void> {
    return this.#next(() => this.#stopAll());
  }

  async #stopAll(): Promise<void> {
    for (const duty of this.#started.splice(0).toReversed()) {
      try {
        await duty.stop();
      } catch (error) {
        this.#log.error({ err: error }, 'a duty did not end well');
      }
    }
  }

  /** One after the other: a shard can be lost and taken again before the first has ended. */
  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
