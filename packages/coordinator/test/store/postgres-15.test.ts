/** The oldest PostgreSQL that is promised to work, where this machine has one. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@trustmonitor/testkit/targets';
import { afterAll, expect, test } from 'vitest';
import { insertOutbox, claimOutbox } from '../../src/store/outbox.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { register, selectLiveCoordinators } from '../../src/store/coordinators.ts';
import { holdShards, noteTurn, renewShards, takeShards } from '../../src/store/lease.ts';
import { migrate } from '../../src/store/migrate.ts';
import { ensurePartitions } from '../../src/store/partitions.ts';
import { insertBatches, insertResults, selectResults } from '../../src/store/results.ts';
import { insertRounds } from '../../src/store/rounds.ts';
import { until } from '../support/until.ts';
import { batchOf, resultOf, roundRow } from './rows.ts';

/** Where Debian and Ubuntu put it; set TM_TEST_POSTGRES_15 to its `bin` folder elsewhere. */
const BIN = process.env['TM_TEST_POSTGRES_15'] ?? '/usr/lib/postgresql/15/bin';

const undo: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const step of undo.toReversed()) await step();
});

const isThere = await stat(join(BIN, 'postgres')).then(
  () => true,
  () => false,
);

test('the schema and its statements work on PostgreSQL 15', async ({ skip }) => {
  if (!isThere) {
    const why = `no PostgreSQL 15 in ${BIN}; TM_TEST_POSTGRES_15 names its bin folder`;
    process.stderr.write(`skipped: ${why}\n`);
    skip(why);
  }
  const database = await openDatabase({ url: await startPostgres15() });
  undo.push(() => database.close());
  const version = await database.query<{ v: string }>('show server_version_num');
  expect(version.rows[0]).toMatchObject({
    server_version_num: expect.stringMatching(/^15/) as string,
  });

  expect((await migrate(database)).length).toBeGreaterThan(0);
  await ensurePartitions(database, Date.now());
  await ensurePartitions(database, Date.now() + 40 * 86_400_000);
  await writeAll(database);
}, 60_000);

async function writeAll(database: Database): Promise<void> {
  const { batch, rows } = batchOf(resultOf());
  await register(database, { id: 'me', name: 'me' }, 'there', 10);
  expect(await selectLiveCoordinators(database, 10, 5)).toEqual([{ id: 'me', broker: 'there' }]);
  const epochs = await takeShards(database, 'me', [0, 3], 10);
  expect(await renewShards(database, 'me', 10)).toEqual(epochs);
  await database.transaction(async (tx) => {
    expect([...(await holdShards(tx, 'me', epochs))]).toEqual([0, 3]);
    expect(await noteTurn(tx, 'me', 1)).toBe(true);
    await insertBatches(tx, [batch]);
    await insertResults(tx, rows);
    await insertRounds(tx, [roundRow()]);
    await insertOutbox(tx, {
      ...{ channels: ['ops'], incidents: [], keys: ['thing'] },
      payload: { any: 'thing' },
    });
  });
  expect(await selectResults(database, [rows[0]!.result.round])).toHaveLength(1);
  expect((await claimOutbox(database, 'ops', 10))?.payload).toEqual({ any: 'thing' });
}

/** Initialises and starts a server for this test alone, as the user that PostgreSQL insists on. */
async function startPostgres15(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tm-postgres-15-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const identity = process.getuid?.() === 0 ? postgresUser() : null;
  if (identity !== null) await chown(folder, identity.uid, identity.gid);
  const data = join(folder, 'data');
  const made = spawnSync(
    join(BIN, 'initdb'),
    [
      `--pgdata=${data}`,
      '--username=postgres',
      '--auth=trust',
      '--no-sync',
      '--locale=C',
      '--encoding=UTF8',
    ],
    { ...identity, cwd: '/', encoding: 'utf8' },
  );
  expect(made.stderr + made.stdout).toContain('Success');
  const port = await freePort();
  const server = spawn(
    join(BIN, 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-c', 'fsync=off'],
    { ...identity, cwd: '/', stdio: 'ignore' },
  );
  undo.push(async () => {
    const gone = once(server, 'exit');
    server.kill('SIGINT');
    await gone;
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await until('PostgreSQL 15 to answer', async () => {
    const probe = await openDatabase({ url, poolSize: 1 });
    await probe.close();
    return true;
  });
  return url;
}

function postgresUser(): { uid: number; gid: number } {
  const id = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
