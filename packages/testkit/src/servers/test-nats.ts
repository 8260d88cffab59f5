import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findNatsServer, startNatsServer } from '@trustmonitor/servers';
import type { NatsConfig, RunningNats } from '@trustmonitor/servers';
import { afterAll } from 'vitest';

/** `.cache` of the checkout: the same place from `src` and from `dist`. */
const CACHE_DIR = resolve(import.meta.dirname, '../../../../.cache');

/**
 * A nats-server of its own for one test file, on a free port, stopped when the file is done.
 * Call it at the top of the file, outside of hooks: `const nats = await testNats(...)`.
 */
export async function testNats(config: NatsConfig): Promise<RunningNats> {
  const undo: (() => Promise<void>)[] = [];
  // Registered before the first await, while vitest still knows whose file this is.
  afterAll(async () => {
    for (const step of undo.toReversed()) await step();
  });

  const binary = await testNatsBinary();
  const directory = await mkdtemp(join(tmpdir(), 'tm-test-nats-'));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  const server = await startNatsServer({ binary, directory, config, log: () => {} });
  undo.push(server.stop);
  return server;
}

/** Path of the nats-server that tests use, fetched into the checkout's cache when need be. */
export async function testNatsBinary(): Promise<string> {
  const search = { env: process.env, cacheDir: CACHE_DIR, log: () => {} };
  return (await findNatsServer(search)).path;
}
