/** What has been started, and how it is stopped: the last started first. */

export interface Stoppable {
  /** As in "coordinator stopped"; null for what the reader never saw start. */
  readonly name: string | null;
  stop(): Promise<void>;
}

export class Cleanup {
  readonly #started: Stoppable[] = [];

  add(stoppable: Stoppable): void {
    this.#started.push(stoppable);
  }

  get isEmpty(): boolean {
    return this.#started.length === 0;
  }

  /** Stops everything, one after the other; a failure to stop one keeps none of the others. */
  async stopAll(onStopped: (name: string, error: Error | null) => void): Promise<void> {
    for (let next = this.#started.pop(); next !== undefined; next = this.#started.pop()) {
      try {
        await next.stop();
        if (next.name !== null) onStopped(next.name, null);
      } catch (error) {
        onStopped(
          next.name ?? 'clean-up',
          error instanceof Error ? error : new Error(String(error)),
        );
      }
    }
  }
}
