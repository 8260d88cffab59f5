/**
 * Some work again and again, one after the other: at the times that it asks for, sooner when woken,
 * until it is stopped. It can be started again.
 */
import { Wakeup } from './wakeup.ts';

export class Repeater {
  readonly #work: () => Promise<number>;
  readonly #wakeup = new Wakeup();
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  /** `work` handles its own failures, and says after how many milliseconds it is to be done again. */
  constructor(work: () => Promise<number>) {
    this.#work = work;
  }

  start(firstInMs = 0): void {
    this.#stopping = false;
    this.#running = this.#run(firstInMs);
  }

  /** There may be something to do. */
  wake(): void {
    this.#wakeup.wake();
  }

  /** Ends after the work under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeup.wake();
    await this.#running;
  }

  async #run(firstInMs: number): Promise<void> {
    let waitMs = firstInMs;
    for (;;) {
      await this.#wakeup.wait(waitMs);
      if (this.#stopping) return;
      waitMs = await this.#work();
    }
  }
}
