/** A process of ours: started with its output in a log file, stopped in good order. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeWhole } from './write-whole.ts';
import { readTail } from './log-tail.ts';
import { identityOf } from './process-identity.ts';

/** Above this a log is set aside as `<name>.1` at the next start: two such files at the most. */
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

export interface ChildSpec {
  /** As people read it: `coordinator`, `agent eu-west-1`. */
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Says which process this is, for a start after we were killed. */
  readonly recordFile: string;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  /** Resolves, never rejects, when the process is gone. */
  readonly exited: Promise<ChildExit>;
  /** SIGTERM, and SIGKILL after the grace. Resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
  kill(): void;
  /** The end of what this process has written, for an error message. */
  lastWords(): Promise<string[]>;
}

/** Starts the process; it is up to the caller to know when it is ready. */
export async function startChild(spec: ChildSpec): Promise<Child> {
  const { log, startsAt } = await openLog(spec.logFile);
  try {
    const child = spawn(process.execPath, [spec.script, ...spec.args], {
      env: spec.env,
      // In a session of its own: Ctrl-C reaches us alone, and we stop our children in order.
      detached: true,
      // A file, not a pipe: it can log on when we have been killed.
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    return await watch(child, spec, startsAt);
  } finally {
    await log.close();
  }
}

async function watch(child: ChildProcess, spec: ChildSpec, logStart: number): Promise<Child> {
  const pid = child.pid ?? 0; // Set, once 'spawn' was emitted.
  let isTold = false;
  // We leave without waiting: who has been told to stop before is not told again.
  const endWithUs = () => child.kill(isTold ? 'SIGKILL' : 'SIGTERM');
  process.once('exit', endWithUs);
  const exited = new Promise<ChildExit>((resolve) => {
    const settle = (code: number | null, signal: NodeJS.Signals | null) => {
      process.off('exit', endWithUs);
      resolve({ code, signal });
    };
    if (child.exitCode !== null || child.signalCode !== null) {
      settle(child.exitCode, child.signalCode);
    } else child.once('exit', settle);
  });
  const identity = await identityOf(pid);
  await mkdir(dirname(spec.recordFile), { recursive: true, mode: 0o700 });
  if (identity !== null) await writeWhole(spec.recordFile, JSON.stringify(identity), 0o600);
  const gone = exited.then(async (exit) => {
    await rm(spec.recordFile, { force: true });
    return exit;
  });

  return {
    pid,
    exited: gone,
    async stop(graceMs) {
      isTold = true;
      child.kill('SIGTERM');
      const giveUp = new AbortController();
      const grace = pause(graceMs, true, { signal: giveUp.signal }).catch(() => false);
      const isOverdue = await Promise.race([gone.then(() => false), grace]);
      giveUp.abort();
      if (isOverdue) child.kill('SIGKILL');
      await gone;
    },
    kill: () => void child.kill('SIGKILL'),
    lastWords: () => readTail(spec.logFile, logStart),
  };
}

async function openLog(path: string): Promise<{ log: FileHandle; startsAt: number }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(path, `${path}.1`);
  const log = await open(path, 'a', 0o600);
  return { log, startsAt: (await log.stat()).size };
}
