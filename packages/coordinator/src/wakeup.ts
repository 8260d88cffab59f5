/** Waits for a time or for a call, whichever comes first. */
export class Wakeup {
  #wake: (() => void) | null = null;
  #pending = false;

  /** Ends the wait under way, or the next one at once. */
  wake(): void {
    this.#pending = true;
    this.#wake?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#pending && ms > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    } else {
      // Let sockets be read between turns even when there is always something to do.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#pending = false;
  }
}
