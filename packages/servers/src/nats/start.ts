import { rm, mkdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { ensureWritableFolder, writePrivateFile } from '../folders.ts';
import { settleOrphan } from '../pid-record.ts';
import { portTaken } from '../port-taken.ts';
import type { Log, RunningServer } from '../running-server.ts';
import { spawnServer } from '../server-process.ts';
import type { ServerCommand, ServerProcess } from '../server-process.ts';
import { until } from '../until.ts';
import { renderNatsConfig } from './config.ts';
import type { NatsConfig } from './config.ts';
import { greets } from './greets.ts';

const START_LIMIT_MS = 10_000;
const RELOAD_LIMIT_MS = 5_000;
const RANDOM_PORT = -1;

export interface StartNatsOptions {
  /** Path of a nats-server, as `findNatsServer` gives it. */
  readonly binary: string;
  /** Folder for the configuration, the log and the pid record; ours alone; made when needed. */
  readonly directory: string;
  /** 0, or nothing, for a free port. */
  readonly port?: number | undefined;
  readonly config: NatsConfig;
  readonly log: Log;
}

/** A nats-server on loopback; its `url` is `nats://127.0.0.1:<port>`. */
export interface RunningNats extends RunningServer {
  /**
   * Puts another configuration into effect, and resolves when it is. Clients whose user is
   * gone are disconnected; the others stay connected.
   *
   * @throws TrustMonitorError `config.invalid`; `nats.unavailable` if the server refuses it.
   */
  readonly reload: (config: NatsConfig) => Promise<void>;
}

/**
 * Starts nats-server and resolves when it greets clients. A server that a killed run has
 * left in this directory is stopped first.
 *
 * @throws TrustMonitorError `port.taken`, `data.unwritable`, `config.invalid`,
 *   `stack.running`, or `nats.start_failed` with the end of the server's log.
 */
export async function startNatsServer(options: StartNatsOptions): Promise<RunningNats> {
  const directory = resolve(options.directory);
  const portsFolder = join(directory, 'ports');
  const configFile = join(directory, 'nats.conf');
  const requested = options.port === undefined || options.port === 0 ? RANDOM_PORT : options.port;
  const server: ServerCommand = {
    command: resolve(options.binary),
    args: ['-c', configFile],
    logFile: join(directory, 'nats.log'),
    recordFile: join(directory, 'nats.pid.json'),
    marker: configFile,
    stopSignals: [
      { signal: 'SIGTERM', graceMs: 5_000 },
      { signal: 'SIGKILL', graceMs: 5_000 },
    ],
  };

  const text = renderNatsConfig(options.config, { port: requested, portsFolder });
  await ensureWritableFolder(directory, 0o700);
  await settleOrphan(server, options.log);
  await rm(portsFolder, { recursive: true, force: true });
  await mkdir(portsFolder, { mode: 0o700 });
  await writePrivateFile(configFile, text);

  const child = await spawnServer(server).catch((cause: unknown) => {
    const message = `${options.binary} cannot be run`;
    throw new TrustMonitorError('nats.start_failed', message, { where: options.binary, cause });
  });
  const portsFile = join(portsFolder, `${basename(options.binary)}_${child.pid}.ports`);
  const port = await until(() => acceptingPort(portsFile), {
    withinMs: START_LIMIT_MS,
    giveUp: child.gone,
  });
  if (port === undefined) throw await startFailure(child, requested, server.logFile);

  return {
    pid: child.pid,
    port,
    url: `nats://127.0.0.1:${port}`,
    logFile: server.logFile,
    exited: child.exited,
    stop: child.stop,
    async reload(config) {
      await writePrivateFile(configFile, renderNatsConfig(config, { port, portsFolder }));
      await reload(child);
    },
  };
}

/** The port, once the server has written its ports file and greets on it. */
async function acceptingPort(portsFile: string): Promise<number | undefined> {
  let url: string | undefined;
  try {
    url = (JSON.parse(await readFile(portsFile, 'utf8')) as { nats?: string[] }).nats?.[0];
  } catch {
    return undefined; // Not written yet, or half written.
  }
  const port = url === undefined ? Number.NaN : Number(new URL(url).port);
  return Number.isInteger(port) && (await greets(port)) ? port : undefined;
}

async function startFailure(
  child: ServerProcess,
  port: number,
  logFile: string,
): Promise<TrustMonitorError> {
  await child.stop();
  const tail = await child.outputTail();
  if (tail.includes('address already in use')) return portTaken(port, 'nats-server');
  return new TrustMonitorError('nats.start_failed', `nats-server did not start:\n${tail}`, {
    where: logFile,
    hint: `the whole log is in ${logFile}`,
  });
}

/** The signal has no answer but a line in the log, so that is what is waited for. */
async function reload(child: ServerProcess): Promise<void> {
  const before = (await child.output()).length;
  child.signal('SIGHUP');
  const outcome = await until(
    async () => {
      const news = (await child.output()).slice(before);
      return /Reloaded server configuration|Failed to reload.*/.exec(news)?.[0];
    },
    { withinMs: RELOAD_LIMIT_MS, giveUp: child.gone },
  );
  if (outcome === undefined || outcome.startsWith('Failed')) {
    const message = outcome ?? 'nats-server did not confirm that it has reloaded';
    throw new TrustMonitorError('nats.unavailable', message);
  }
}
