/** Connections that break, at each place where they can. */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { noteTurn } from '../../src/store/lease.ts';
import { Sql, testStore } from '../support/database.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';
import { until } from '../support/until.ts';

const store = await testStore();
const { database } = store;
const sql = new Sql(store.url);
afterAll(() => sql.close());
await sql.rows('create table kept (n int primary key)');

const codeOf = (error: unknown): unknown =>
  isTrustMonitorError(error) ? error.code : (error as { code?: unknown }).code;
const failureOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'done', codeOf);

test('a connection that breaks between two statements ends the transaction, not the process', async () => {
  const broken = database.transaction(async (tx) => {
    await tx.query('insert into kept values (1)');
    expect(await sql.terminateOthers()).not.toEqual([]);
    // The client notices by itself, while nobody asks it anything.
    await until('the backend to be gone', async () => (await sql.others()).length === 0);
    await tx.query('insert into kept values (2)');
  });
  expect(await failureOf(broken)).toBe('postgres.unavailable');
  expect(await sql.count('kept')).toBe(0);
  expect(await failureOf(database.query('select 1'))).toBe('done');
});

test('a statement that is cut off is worth another try', async () => {
  // Waited for from the start: it may fail before the connections have all been cut.
  const sleeping = failureOf(database.query('select pg_sleep(30)'));
  await until('the statement to run', () =>
    sql.count('pg_stat_activity', "query = 'select pg_sleep(30)' and state = 'active'"),
  );
  await sql.terminateOthers();
  expect(await sleeping).toBe('postgres.unavailable');
});

test('a server that does not answer any more is given up, and what was said to it is repeated', async () => {
  const proxy = await startPostgresProxy(store.url);
  const patient = await store.open({
    ...{ url: proxy.url, poolSize: 2, statementTimeoutMs: 800, idleInTransactionMs: 300 },
  });
  const write = (turn: number): Promise<boolean> =>
    patient.transaction(async (tx) => {
      const isNew = await noteTurn(tx, 'unheard', turn);
      if (isNew) await tx.query('insert into kept values ($1)', [1_000 + turn]);
      return isNew;
    });
  // Nothing comes back of what was committed; the turn is known when it is tried again.
  proxy.silenceCommitAnswerAfter('insert into kept');
  expect(await failureOf(write(1))).toBe('postgres.unavailable');
  expect(proxy.swallowed).toBe(1);
  expect(await write(1)).toBe(false);
  expect(await sql.count('kept', 'n = 1001')).toBe(1);
  // In the middle of a transaction and between two: what hears nothing is not used a second time.
  const begun = patient.transaction(async (tx) => {
    await noteTurn(tx, 'unheard', 2);
    proxy.forget();
    await tx.query('insert into kept values (1002)');
  });
  expect(await failureOf(begun)).toBe('postgres.unavailable');
  // The server has not heard that it is over, and holds the row until it has had enough.
  expect(await write(2)).toBe(true);
  proxy.forget();
  expect(await failureOf(patient.query('select 1'))).toBe('postgres.unavailable');
  expect(await failureOf(patient.query('select 1'))).toBe('done');
  await proxy.close();
});

test('what can never be written is told from what can be later', async () => {
  await database.query('insert into kept values (7)');
  expect(await failureOf(database.query('insert into kept values (7)'))).toBe('23505');
  expect(await failureOf(database.query("select 'x'::int"))).toBe('22P02');
  expect(await failureOf(database.query('select * from nothing'))).toBe('42P01');
  expect(await failureOf(database.query('select $1::text', ['a\0b']))).toBe('22021');
});

test('a transaction that fails leaves nothing', async () => {
  const failing = database.transaction(async (tx) => {
    await tx.query('insert into kept values (99)');
    throw new RangeError('a fault of ours');
  });
  await expect(failing).rejects.toThrow(RangeError);
  expect(await sql.count('kept', 'n = 99')).toBe(0);
});

test.each([
  ['nobody listens', 'postgres://u:p@127.0.0.1:1/db'],
  ['there is no such database', store.url.replace(/\/[^/]*$/, '/no_such_database')],
])('where %s, opening says so', async (_what, url) => {
  await expect(openDatabase({ url })).rejects.toMatchObject({
    code: 'postgres.unavailable',
    hint: expect.stringContaining('DATABASE_URL') as string,
  });
});
