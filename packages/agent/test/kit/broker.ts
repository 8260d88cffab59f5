/** A nats-server that a test can kill, pause and bring back on its port. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  findNatsServer,
  startNatsServer,
  type NatsUser,
  type RunningNats,
} from '@trustmonitor/servers';

const CACHE_DIRECTORY = resolve(import.meta.dirname, '../../../../.cache');

export interface TestBroker {
  readonly url: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  /** Lets another client in. */
  admit(user: NatsUser): Promise<void>;
  stop(): Promise<void>;
}

export async function startBroker(users: NatsUser[]): Promise<TestBroker> {
  const search = { env: process.env, cacheDir: CACHE_DIRECTORY, log: () => undefined };
  const { path: binary } = await findNatsServer(search);
  const directory = await mkdtemp(join(tmpdir(), 'tm-agent-broker-'));
  const start = (port: number): Promise<RunningNats> =>
    startNatsServer({ binary, directory, port, config: { users }, log: () => undefined });
  let server = await start(0);
  const { url, port } = server;
  return {
    url,
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    async restart() {
      server = await start(port);
    },
    async admit(user) {
      users.push(user);
      await server.reload({ users });
    },
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
