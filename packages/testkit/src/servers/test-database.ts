import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, inject } from 'vitest';
import { asAdmin, urlOf } from './admin.ts';
import type { TestServer } from './provided.ts';
import { ensureTemplate } from './template.ts';
import type { DatabaseTemplate } from './template.ts';

/** A server needs a moment to see that a client has hung up. */
const CLOSING_LIMIT_MS = 2_000;
const POLL_MS = 10;

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
}

/** The PostgreSQL of this test run, for tests that make their own databases. */
export function testPostgres(): TestServer {
  return inject('testPostgres');
}

/**
 * A database for one test file, copied from `template` (empty when there is none). Call it at
 * the top of the file, outside of hooks: `const database = await createTestDatabase(...)`.
 *
 * It is dropped when the file is done, and the file fails if anything is still connected to
 * it then: a pool that is not closed is a leak in the code or in the test.
 */
export async function createTestDatabase(
  options: { readonly template?: DatabaseTemplate } = {},
): Promise<TestDatabase> {
  const server = testPostgres();
  const name = `${server.runId}_${randomBytes(6).toString('hex')}`;
  // Registered before the first await, while vitest still knows whose file this is. Hooks run
  // last-registered first, so the file's own clean-up comes before the count.
  afterAll(() => dropTestDatabase(server.url, name));

  const { template } = options;
  const source = template === undefined ? 'template0' : await ensureTemplate(server, template);
  await asAdmin(server.url, (client) =>
    client.query(
      `CREATE DATABASE ${client.escapeIdentifier(name)} ` +
        `TEMPLATE ${client.escapeIdentifier(source)}`,
    ),
  );
  return { url: urlOf(server.url, name), name };
}

/**
 * Drops a test's database.
 *
 * @throws Error that lists the connections still open to it; it is dropped all the same.
 */
export async function dropTestDatabase(serverUrl: string, name: string): Promise<void> {
  await asAdmin(serverUrl, async (client) => {
    const leaked = await connectionsLeft(client, name);
    await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
    if (leaked.length > 0) {
      throw new Error(
        `${leaked.length} connection(s) to the test's database were left open:\n` +
          leaked.map((line) => `  ${line}`).join('\n'),
      );
    }
  });
}

async function connectionsLeft(client: pg.Client, name: string): Promise<string[]> {
  const deadline = performance.now() + CLOSING_LIMIT_MS;
  for (;;) {
    const { rows } = await client.query<{ line: string }>(
      `SELECT format('%s, %s, last query: %s', application_name, state, query) AS line
         FROM pg_stat_activity
        WHERE datname = $1 AND backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || performance.now() >= deadline) return rows.map(({ line }) => line);
    await pause(POLL_MS);
  }
}
