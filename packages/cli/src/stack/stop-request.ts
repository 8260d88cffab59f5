/** When and why the stack is to stop. */

/** Somebody asked for it: no error. */
export class StopAsked extends Error {}

export interface StopRequest {
  readonly signal: AbortSignal;
  /** Asks for a stop with an error as the reason. The first reason stands. */
  fail(error: Error): void;
  /** Resolves when a stop was asked for; rejects with the error that made it necessary. */
  wait(): Promise<void>;
  /** Lets go of the process's signals. */
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A first signal asks for a stop in good order; a second one leaves at once. */
export function listenForStop(onSecond: () => void): StopRequest {
  const controller = new AbortController();
  const { signal } = controller;
  const onSignal = (name: NodeJS.Signals) => {
    if (signal.aborted) onSecond();
    else controller.abort(new StopAsked(name));
  };
  for (const name of SIGNALS) process.on(name, onSignal);

  return {
    signal,
    fail: (error) => controller.abort(error),
    async wait() {
      if (!signal.aborted) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      }
      if (!(signal.reason instanceof StopAsked)) throw signal.reason as Error;
    },
    dispose() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
