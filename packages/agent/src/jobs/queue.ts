/** A bounded queue in front of a bounded number of workers. */

export interface WorkQueue<T> {
  /** Takes a task, or returns false when as many as allowed wait already. */
  offer(task: T): boolean;
  readonly waiting: number;
  readonly running: number;
  /** Takes nothing more and returns the tasks that had not started. */
  close(): readonly T[];
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export interface QueueLimits {
  /** Tasks at one time. */
  readonly concurrency: number;
  /** Tasks that wait. */
  readonly capacity: number;
}

/** A task whose work rejects is told to `onFault`; the others go on. */
export function createQueue<T>(
  limits: QueueLimits,
  work: (task: T) => Promise<void>,
  onFault: (task: T, error: unknown) => void,
): WorkQueue<T> {
  const waiting: T[] = [];
  const idleListeners: (() => void)[] = [];
  let running = 0;
  let closed = false;

  function start(task: T): void {
    running += 1;
    work(task)
      .catch((error: unknown) => onFault(task, error))
      .finally(() => {
        running -= 1;
        const next = waiting.shift();
        if (next !== undefined) start(next);
        else if (running === 0) for (const tell of idleListeners.splice(0)) tell();
      });
  }

  return {
    offer(task) {
      if (closed) return false;
      if (running < limits.concurrency) start(task);
      else if (waiting.length < limits.capacity) waiting.push(task);
      else return false;
      return true;
    },
    get waiting() {
      return waiting.length;
    },
    get running() {
      return running;
    },
    close() {
      closed = true;
      return waiting.splice(0);
    },
    idle: () =>
      running === 0 ? Promise.resolve() : new Promise((resolve) => idleListeners.push(resolve)),
  };
}
