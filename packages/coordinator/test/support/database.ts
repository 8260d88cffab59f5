/** A migrated database for one test file, and statements on it from outside the system. */
import { createTestDatabase, type DatabaseTemplate } from '@trustmonitor/testkit';
import pg from 'pg';
import { afterAll } from 'vitest';
import { openDatabase, type Database, type DatabaseOptions } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { ensurePartitions } from '../../src/store/partitions.ts';

export const template: DatabaseTemplate = {
  name: 'coordinator',
  migrate: async (url) => {
    const database = await openDatabase({ url, poolSize: 1 });
    await migrate(database);
    await ensurePartitions(database, Date.now());
    await database.close();
  },
};

export interface TestStore {
  readonly url: string;
  readonly database: Database;
  /** Another client of the same database, as a second process would be. */
  open(options?: Partial<DatabaseOptions>): Promise<Database>;
}

/** Call it at the top of a test file, outside of hooks. */
export async function testStore(): Promise<TestStore> {
  const opened: Database[] = [];
  const { url } = await createTestDatabase({ template });
  // Registered last, so that it comes first: before the database is dropped.
  afterAll(async () => {
    for (const database of opened) await database.close();
  });
  const open: TestStore['open'] = async (options = {}) => {
    const database = await openDatabase({ url, ...options });
    opened.push(database);
    return database;
  };
  return { url, database: await open(), open };
}

/** Plain SQL from outside. */
export class Sql {
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 3, application_name: 'test' });
    this.#pool.on('error', () => undefined);
  }

  async rows<Row extends pg.QueryResultRow = Record<string, never>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, [...values])).rows;
  }

  async count(table: string, condition = 'true', values: readonly unknown[] = []): Promise<number> {
    const [row] = await this.rows<{ n: number }>(
      `select count(*)::int as n from ${table} where ${condition}`,
      values,
    );
    return row?.n ?? 0;
  }

  /** Holds a lock on a table until what is returned is called. */
  lock(table: string, mode = 'access exclusive'): Promise<() => Promise<void>> {
    return this.hold(`lock table ${table} in ${mode} mode`);
  }

  /** Holds the locks that a statement takes until what is returned is called. */
  async hold(text: string): Promise<() => Promise<void>> {
    const client = await this.#pool.connect();
    await client.query('begin');
    await client.query(text);
    return async () => {
      await client.query('rollback');
      client.release();
    };
  }

  /** Process ids of the connections of the system under test. */
  async others(): Promise<number[]> {
    const rows = await this.rows<{ pid: number }>(
      `select pid from pg_stat_activity
        where datname = current_database() and application_name = 'trustmonitor-coordinator'`,
    );
    return rows.map(({ pid }) => pid);
  }

  /** Breaks every connection of the system under test, whatever it is doing; which they were. */
  async terminateOthers(): Promise<number[]> {
    const pids = await this.others();
    await this.rows('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids]);
    return pids;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
