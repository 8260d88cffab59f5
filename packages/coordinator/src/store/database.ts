/** The connection pool, transactions, and the one place where driver errors become ours. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import pg from 'pg';

/** What statements run on: the pool itself, or one client inside a transaction. */
export interface Queryable {
  /** `Row` is what the caller's own SQL says the rows are; the driver cannot know. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  query<Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}

export interface Database extends Queryable {
  /** Runs `work` in one transaction: committed if it resolves, rolled back if it throws. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const OLDEST_VERSION = 150_000;

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize?: number;
  /** Told when an idle connection breaks; the pool replaces it. */
  readonly onIdleError?: (error: Error) => void;
}

/** Connects and checks the server's version. Throws `postgres.unavailable` or `postgres.too_old`. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize ?? 8,
    connectionTimeoutMillis: 5_000,
    // A statement that hangs would hold up every decision; the cycle tries it again.
    statement_timeout: 30_000,
    application_name: 'trustmonitor-coordinator',
  });
  pool.on('error', options.onIdleError ?? (() => undefined));
  try {
    await checkVersion(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    query: (text, values) => pool.query(text, values as unknown[]),
    transaction: (work) => inTransaction(pool, work),
    close: () => pool.end(),
  };
}

async function checkVersion(pool: pg.Pool): Promise<void> {
  let version: number;
  try {
    const { rows } = await pool.query<{ v: string }>(
      "select current_setting('server_version_num') as v",
    );
    version = Number(rows[0]?.v);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TrustMonitorError('postgres.unavailable', `PostgreSQL cannot be used: ${why}`, {
      hint: 'Is it running, and is DATABASE_URL right?',
      cause,
    });
  }
  if (version < OLDEST_VERSION) {
    throw new TrustMonitorError(
      'postgres.too_old',
      `PostgreSQL ${Math.floor(version / 10_000)} is too old`,
      { hint: 'Use PostgreSQL 15 or newer.' },
    );
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const value = await work({
      query: (text, values) => client.query(text, values as unknown[]),
    });
    await client.query('commit');
    return value;
  } catch (error) {
    broken = await rollBack(client);
    throw error;
  } finally {
    // A client whose rollback failed is in an unknown state and must not return to the pool.
    client.release(broken);
  }
}

async function rollBack(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
