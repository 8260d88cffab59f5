import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@trustmonitor/servers';
import type { TestProject } from 'vitest/node';
import { dropRunDatabases } from './admin.ts';
import type { TestServer } from './provided.ts';

/**
 * Starts one PostgreSQL for the whole test run, or takes the one of `TM_TEST_DATABASE_URL`
 * (a superuser's URL, or one of a role that may create databases). Named in vitest.config.ts.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Marks this run's databases, so that runs may share a server and each clean up its own.
  const runId = `tm_test_${process.pid}_${Date.now().toString(36)}`;
  const given = process.env['TM_TEST_DATABASE_URL'];
  const { url, stop } = given === undefined || given === '' ? await startOwn() : using(given);
  project.provide('testPostgres', { url, runId });
  return async () => {
    await dropRunDatabases({ url, runId });
    await stop();
  };
}

interface Server {
  readonly url: TestServer['url'];
  readonly stop: () => Promise<void>;
}

function using(url: string): Server {
  return { url, stop: () => Promise.resolve() };
}

async function startOwn(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'tm-test-postgres-'));
  await chmod(folder, 0o711); // Run by root, the server is another user, who passes through it.
  const server = await startPostgres({
    dataDirectory: join(folder, 'server'),
    durability: 'none',
    settings: { max_connections: '200' },
    log: () => {},
  });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
