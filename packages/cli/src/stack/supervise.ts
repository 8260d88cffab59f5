/**
 * Keeps one process running.
 *
 *     running --exits--> waiting --back-off over--> running
 *     running --exits too soon, too often--> given up
 *     running, waiting --stop()--> stopped
 *
 * The back-off doubles with each death and starts afresh after a life that was long enough.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { startChild, type Child, type ChildExit, type ChildSpec } from './child.ts';

export interface SupervisionOptions {
  /** Takes one line, and the end of the log, when the process has died. */
  readonly onDeath: (line: string, lastWords: readonly string[]) => void;
  /** Called once when it is of no use to start it again. */
  readonly onGivenUp: (error: TrustMonitorError) => void;
  /** Called with each new pid. */
  readonly onPid: (pid: number) => void;
  readonly policy?: RestartPolicy;
}

export interface RestartPolicy {
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A life this long was a good one. */
  readonly goodLifeMs: number;
  /** So many short lives in a row, and no more are spent. */
  readonly shortLives: number;
}

const RESTART_POLICY: RestartPolicy = {
  firstDelayMs: 500,
  longestDelayMs: 15_000,
  goodLifeMs: 20_000,
  shortLives: 3,
};

export interface Supervised {
  /** SIGTERM, and SIGKILL after the grace; no restart. */
  stop(graceMs: number): Promise<void>;
  kill(): void;
}

export async function supervise(spec: ChildSpec, options: SupervisionOptions): Promise<Supervised> {
  const stopping = new AbortController();
  let child: Child = await startChild(spec);
  options.onPid(child.pid);

  async function watch(): Promise<void> {
    const { policy = RESTART_POLICY } = options;
    for (let shortLives = 0; ;) {
      const bornAt = performance.now();
      const exit = await child.exited;
      if (stopping.signal.aborted) return;
      shortLives = performance.now() - bornAt < policy.goodLifeMs ? shortLives + 1 : 1;
      const lastWords = await child.lastWords();
      if (shortLives >= policy.shortLives) {
        options.onGivenUp(givenUp(spec, exit, lastWords));
        return;
      }
      const delayMs = Math.min(policy.firstDelayMs * 2 ** (shortLives - 1), policy.longestDelayMs);
      const line = `${spec.name} ${describeExit(exit)}; it is started again in ${delayMs / 1_000}s`;
      options.onDeath(line, lastWords);
      await pause(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (isStopping(stopping.signal)) return;
      child = await startChild(spec);
      if (isStopping(stopping.signal)) return;
      options.onPid(child.pid);
    }
  }

  const watching = watch().catch((cause: unknown) => {
    const message = `${spec.name} cannot be started again`;
    options.onGivenUp(new TrustMonitorError('internal', message, { where: spec.script, cause }));
  });

  return {
    async stop(graceMs) {
      stopping.abort();
      await child.stop(graceMs);
      await watching;
      // A start was under way: then it is the new child that has to go.
      await child.stop(graceMs);
    },
    kill: () => child.kill(),
  };
}

/** Asked again after an await: what the compiler knows of the signal is out of date by then. */
function isStopping(signal: AbortSignal): boolean {
  return signal.aborted;
}

function describeExit({ code, signal }: ChildExit): string {
  return signal === null ? `ended with exit code ${code ?? '?'}` : `was ended by ${signal}`;
}

function givenUp(
  { name, logFile }: ChildSpec,
  exit: ChildExit,
  lastWords: readonly string[],
): TrustMonitorError {
  const tail = lastWords.map((line) => `\n    ${line}`).join('');
  return new TrustMonitorError(
    'internal',
    `${name} ${describeExit(exit)} again and again; the stack stops. Its last words:${tail}`,
    { where: logFile, hint: `read the whole log: ${logFile}` },
  );
}
