import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { logSince, openLog } from './log-file.ts';
import { forgetPid, recordPid } from './pid-record.ts';
import type { RecordedServer } from './pid-record.ts';
import { lastLines } from './run-command.ts';
import type { ServerExit } from './running-server.ts';

export interface ServerCommand extends RecordedServer {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/** A child process that serves: its log, its record and its end. */
export interface ServerProcess {
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  /** Aborted once the process is gone, to end what waits for it. */
  readonly gone: AbortSignal;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly stop: () => Promise<void>;
  /** What this run (not an earlier one) has written to the log. */
  readonly output: () => Promise<string>;
  /** The end of that, for an error message. */
  readonly outputTail: () => Promise<string>;
}

/** Spawns a server in a session of its own with its output in a file. Does not wait for it. */
export async function spawnServer(server: ServerCommand): Promise<ServerProcess> {
  const { handle, startsAt } = await openLog(server.logFile);
  try {
    const child = spawn(server.command, server.args, {
      cwd: '/',
      env: server.env ?? process.env,
      detached: true,
      // A file, not a pipe: the server must be able to log after we have been killed.
      stdio: ['ignore', handle.fd, handle.fd],
      ...(server.uid === undefined ? {} : { uid: server.uid }),
      ...(server.gid === undefined ? {} : { gid: server.gid }),
    });
    await once(child, 'spawn');
    return await supervise(child, server, startsAt);
  } finally {
    await handle.close();
  }
}

async function supervise(
  child: ChildProcess,
  server: ServerCommand,
  logStart: number,
): Promise<ServerProcess> {
  const pid = child.pid as number; // Set, once 'spawn' was emitted.
  const gone = new AbortController();
  const endWithUs = () => child.kill(server.stopSignals[0]?.signal);
  process.once('exit', endWithUs);

  const exited = new Promise<ServerExit>((resolve) => {
    const settle = (code: number | null, signal: NodeJS.Signals | null) => {
      process.off('exit', endWithUs);
      forgetPid(server.recordFile);
      gone.abort();
      resolve({ code, signal });
    };
    if (child.exitCode !== null || child.signalCode !== null) {
      settle(child.exitCode, child.signalCode);
    } else {
      child.once('exit', settle);
    }
  });
  await recordPid(server.recordFile, pid);
  if (gone.signal.aborted) forgetPid(server.recordFile);

  const output = () => logSince(server.logFile, logStart);
  let stopping: Promise<void> | undefined;
  return {
    pid,
    exited,
    gone: gone.signal,
    signal: (signal) => void child.kill(signal),
    stop: () => (stopping ??= stopChild(child, exited, server)),
    output,
    outputTail: async () => lastLines(await output(), 12),
  };
}

async function stopChild(
  child: ChildProcess,
  exited: Promise<ServerExit>,
  { stopSignals }: ServerCommand,
): Promise<void> {
  for (const { signal, graceMs } of stopSignals) {
    child.kill(signal);
    const timer = new AbortController();
    const grace = pause(graceMs, 'grace over' as const, { signal: timer.signal }).catch(() => {});
    const first = await Promise.race([exited, grace]);
    timer.abort();
    if (first !== 'grace over') return;
  }
  await exited;
}
