import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { createTestDatabase, testPostgres } from '../src/servers/index.ts';
import { dropTestDatabase } from '../src/servers/test-database.ts';

let migrations = 0;
const template = {
  name: 'testkit',
  migrate: async (url: string) => {
    migrations += 1;
    await query(url, 'CREATE TABLE migrated (id int)');
  },
};

const first = await createTestDatabase({ template });
const second = await createTestDatabase({ template });
const pool = new pg.Pool({ connectionString: first.url });
afterAll(() => pool.end());

async function query(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

test('each database is a copy of a template that is migrated once', async () => {
  expect(migrations).toBe(1);
  await pool.query('INSERT INTO migrated VALUES (1)');
  expect((await query(second.url, 'SELECT * FROM migrated')).rows).toEqual([]);
});

test('a connection that is left open fails the drop, which happens all the same', async () => {
  const { url, runId } = testPostgres();
  const name = `${runId}_leaky`;
  await query(url, `CREATE DATABASE ${name}`);
  const leak = new pg.Client({
    connectionString: url.replace(/\/[^/]*$/, `/${name}`),
    application_name: 'the-leak',
  });
  leak.on('error', () => {}); // The drop cuts it off.
  await leak.connect();
  await expect(dropTestDatabase(url, name)).rejects.toThrow(/1 connection.*\n.*the-leak/);
  const left = await query(url, `SELECT 1 FROM pg_database WHERE datname = '${name}'`);
  expect(left.rowCount).toBe(0);
});

test('a database that is already gone drops without complaint', async () => {
  const { url, runId } = testPostgres();
  await dropTestDatabase(url, `${runId}_never_made`);
});
