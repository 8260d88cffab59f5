import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNatsServer, type NatsConfig, type RunningNats } from '@trustmonitor/servers';
import { vi } from 'vitest';
import { testNatsBinary } from './test-nats.ts';

/** A nats-server that a test can kill and bring back on its port. */
export interface TestBroker {
  readonly url: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, configured as it was last. */
  restart(): Promise<void>;
  reload(config: NatsConfig): Promise<void>;
  stop(): Promise<void>;
}

/** Whoever starts it also stops it. */
export async function startTestBroker(config: NatsConfig): Promise<TestBroker> {
  const binary = await testNatsBinary();
  const directory = await mkdtemp(join(tmpdir(), 'tm-broker-'));
  let configured = config;
  const start = (port: number): Promise<RunningNats> =>
    startNatsServer({ binary, directory, port, config: configured, log: () => undefined });
  let server = await start(0);
  const { url, port } = server;
  return {
    url,
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    async restart() {
      // A client that tries to reconnect can hold the port itself for a moment: on loopback a
      // connection to a free ephemeral port may meet its own source port.
      server = await vi.waitFor(() => start(port), { timeout: 10_000, interval: 200 });
    },
    async reload(next) {
      configured = next;
      await server.reload(next);
    },
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
