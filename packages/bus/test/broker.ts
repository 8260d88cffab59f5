/** A nats-server that a test can kill and bring back on its port. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  findNatsServer,
  startNatsServer,
  type NatsConfig,
  type RunningNats,
} from '@trustmonitor/servers';
import { afterAll, vi } from 'vitest';

const CACHE_DIRECTORY = resolve(import.meta.dirname, '../../../.cache');

export interface TestBroker {
  readonly url: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  reload(config: NatsConfig): Promise<void>;
}

/** Call it at the top of a test file; the broker is stopped when the file is done. */
export async function testBroker(config: NatsConfig): Promise<TestBroker> {
  let server: RunningNats | undefined;
  let directory = '';
  afterAll(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });
  const search = { env: process.env, cacheDir: CACHE_DIRECTORY, log: () => undefined };
  const { path: binary } = await findNatsServer(search);
  directory = await mkdtemp(join(tmpdir(), 'tm-broker-'));
  const start = (port: number) =>
    startNatsServer({ binary, directory, port, config, log: () => undefined });
  const first = await start(0);
  server = first;
  return {
    url: first.url,
    async kill() {
      if (server === undefined) return;
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    async restart() {
      // A client that tries to reconnect can hold the port itself for a moment: on loopback a
      // connection to a free ephemeral port may meet its own source port.
      server = await vi.waitFor(() => start(first.port), { timeout: 10_000, interval: 200 });
    },
    async reload(next) {
      await server?.reload(next);
    },
  };
}
