/** The connection pool, transactions, and the one place where driver errors become ours. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import pg from 'pg';
import { asFault, isUnanswered } from './faults.ts';

/** What statements run on: the pool itself, or one client inside a transaction. */
export interface Queryable {
  /**
   * Throws `postgres.unavailable` for what may pass, and the driver's error for what will not.
   * `Row` is what the caller's own SQL says the rows are; the driver cannot know.
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  query<Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}

export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction: committed if it resolves, rolled back if it throws. After
   * `postgres.unavailable` it may be either: the answer to COMMIT can be what was lost.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const OLDEST_VERSION = 150_000;

const STATEMENT_TIMEOUT_MS = 30_000;
/**
 * The server's own limit is of no use when it does not hear us, or is not heard: TCP goes on sending
 * for a quarter of an hour before it says so. A server that gives a statement up has this much longer
 * to tell.
 */
const ANSWER_SHARE = 1.25;
/** Of a connection on which nothing is under way: then the system asks ten times, a second apart. */
const KEEP_ALIVE_MS = 10_000;

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize?: number;
  /** When the server gives a statement up; a quarter later nobody waits for its answer any more. */
  readonly statementTimeoutMs?: number | undefined;
  /** See `IDLE_IN_TRANSACTION_MS`. */
  readonly idleInTransactionMs?: number;
  /** Told when an idle connection breaks; the pool replaces it. */
  readonly onIdleError?: (error: Error) => void;
}

/**
 * A process that is paused inside a transaction keeps its locks, and the lease is one of them.
 * After this time the server breaks such a transaction off, and another can take over.
 */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** Connects and checks the server's version. Throws `postgres.unavailable` or `postgres.too_old`. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize ?? 8,
    connectionTimeoutMillis: 5_000,
    // A statement that hangs would hold up every decision; the cycle tries it again.
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs * ANSWER_SHARE,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idle_in_transaction_session_timeout: options.idleInTransactionMs ?? IDLE_IN_TRANSACTION_MS,
    // Compiling takes longer than any statement here. It begins by estimated cost, and a rollup over
    // a hundred partitions took 73 s with it and 0.5 s without.
    options: '-c jit=off',
    application_name: 'trustmonitor-coordinator',
  });
  pool.on('error', options.onIdleError ?? ignore);
  const query = onDriver(pool);
  try {
    await checkVersion({ query });
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    query,
    transaction: (work) => inTransaction(pool, work),
    close: () => pool.end(),
  };
}

function onDriver(driver: pg.Pool | pg.PoolClient): Queryable['query'] {
  return <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) =>
    driver.query<Row>(text, values as unknown[]).catch(rethrow);
}

async function checkVersion(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ v: string }>(
    "select current_setting('server_version_num') as v",
  );
  const version = Number(rows[0]?.v);
  if (version < OLDEST_VERSION) {
    throw new TrustMonitorError(
      'postgres.too_old',
      `PostgreSQL ${Math.floor(version / 10_000)} is too old`,
      { hint: 'Use PostgreSQL 15 or newer.' },
    );
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch(rethrow);
  // While it is out of the pool nobody else listens, and a connection that breaks between two
  // statements would end the process. The next statement says so to the caller.
  client.on('error', ignore);
  const query = onDriver(client);
  let broken: Error | undefined;
  try {
    await query('begin');
    const value = await work({ query });
    await query('commit');
    return value;
  } catch (error) {
    broken = await rollBack(client, error);
    throw error;
  } finally {
    client.removeListener('error', ignore);
    // A client whose rollback failed is in an unknown state and must not return to the pool.
    client.release(broken);
  }
}

/** What keeps the client from being used again; the server breaks off what is left open. */
async function rollBack(client: pg.PoolClient, why: unknown): Promise<Error | undefined> {
  // It would wait behind the statement that nobody answers.
  if (isUnanswered(why)) return why;
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function rethrow(error: unknown): never {
  throw asFault(error);
}

function ignore(): void {
  // Nothing to do: see where it is used.
}
