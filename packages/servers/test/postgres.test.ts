import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../src/index.ts';
import type { RunningPostgres, StartPostgresOptions } from '../src/index.ts';
import { takenPort } from './listener.ts';
import { isAlive, lineLog, scratchFolder } from './scratch.ts';

const isRoot = process.getuid?.() === 0;

async function start(dataDirectory: string, options: Partial<StartPostgresOptions> = {}) {
  const server = await startPostgres({
    dataDirectory,
    durability: 'none',
    log: () => {},
    ...options,
  });
  onTestFinished(() => server.stop());
  return server;
}

let made: Promise<string> | undefined;
afterAll(async () => {
  if (made !== undefined) await rm(await made, { recursive: true });
});

/** The folder of a server that has stopped: to copy it takes a tenth of making another. */
async function databaseFolder(): Promise<string> {
  made ??= (async () => {
    const first = await mkdtemp(join(tmpdir(), 'tm-servers-made-'));
    await chmod(first, 0o755);
    const options = { dataDirectory: first, durability: 'none', log: () => {} } as const;
    await (await startPostgres(options)).stop();
    return first;
  })();
  const folder = await scratchFolder();
  // With its owners: run by root, the server is another user.
  const { status, stderr } = spawnSync('cp', ['-a', `${await made}/.`, folder]);
  expect([status, stderr.toString()]).toEqual([0, '']);
  return folder;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function setting(server: RunningPostgres, name: string): Promise<unknown> {
  return (await query(server.url, `SHOW ${name}`))[0]?.[name];
}

describe('startPostgres', () => {
  test('creates a database, keeps it over a stop and a start, and says what it does', async () => {
    const folder = join(await scratchFolder(), 'postgres');
    const { lines, log } = lineLog();
    const first = await start(folder, { log });
    expect(lines).toContainEqual(expect.stringContaining(`in ${folder}`));
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    await first.stop();
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect(isAlive(first.pid)).toBe(false);

    const again = lineLog();
    const second = await start(folder, { log: again.log });
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(again.lines).toEqual([]);
  });

  test('listens on loopback only, with a private random password', async () => {
    const folder = await databaseFolder();
    const server = await start(folder);
    expect(await setting(server, 'listen_addresses')).toBe('127.0.0.1');
    expect(await setting(server, 'unix_socket_directories')).toBe('');
    expect((await stat(join(folder, 'superuser.password'))).mode & 0o777).toBe(0o600);
    const wrong = server.url.replace(/:[^:@]+@/, ':guess@');
    await expect(query(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  test('keeps what was committed unless told otherwise', async () => {
    const folder = await databaseFolder();
    const careful = await start(folder, { durability: 'full' });
    expect(await setting(careful, 'fsync')).toBe('on');
    expect(await setting(careful, 'synchronous_commit')).toBe('on');
    await careful.stop();
    const quick = await start(folder, { settings: { max_connections: '17' } });
    expect(await setting(quick, 'fsync')).toBe('off');
    expect(await setting(quick, 'max_connections')).toBe('17');
  });

  test('stops while clients are connected', async () => {
    const server = await start(await databaseFolder());
    const client = new pg.Client({ connectionString: server.url });
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    await client.connect();
    await server.stop();
    expect(errors.map(String)).toContainEqual(expect.stringContaining('terminating connection'));
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('a taken port is port.taken', async () => {
    const port = await takenPort();
    await expect(start(await databaseFolder(), { port })).rejects.toMatchObject({
      code: 'port.taken',
      where: `127.0.0.1:${port}`,
    });
  });

  test('data of another major version is refused by name', async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data/PG_VERSION'), '15\n');
    await expect(start(folder)).rejects.toMatchObject({
      code: 'postgres.start_failed',
      message: expect.stringContaining('made by PostgreSQL 15'),
      hint: expect.stringContaining('DATABASE_URL'),
    });
  });

  test('an unwritable folder is data.unwritable', async () => {
    const file = join(await scratchFolder(), 'a-file');
    await writeFile(file, '');
    await expect(start(join(file, 'postgres'))).rejects.toMatchObject({
      code: 'data.unwritable',
      where: join(file, 'postgres'),
      hint: expect.stringContaining('choose another'),
    });
  });

  test('a failing start carries the end of the log', async () => {
    const settings = { no_such_setting: '1' };
    await expect(start(await databaseFolder(), { settings })).rejects.toMatchObject({
      code: 'postgres.start_failed',
      message: expect.stringContaining('no_such_setting'),
    });
  });
});

describe('after a crash', () => {
  test('recovers the data of a server that was killed', async () => {
    const folder = await databaseFolder();
    const killed = await start(folder, { durability: 'full' });
    await query(killed.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(killed.pid, 'SIGKILL');
    expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await stat(join(folder, 'data/postmaster.pid'));

    const server = await start(folder);
    expect(await query(server.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('starts although the dead server left a pid that a stranger has now', async () => {
    const folder = await databaseFolder();
    const killed = await start(folder);
    process.kill(killed.pid, 'SIGKILL');
    await killed.exited;
    const pidFile = join(folder, 'data/postmaster.pid');
    const lines = (await readFile(pidFile, 'utf8')).split('\n');
    await writeFile(pidFile, [process.pid, ...lines.slice(1)].join('\n'));
    await start(folder);
  });

  test('stops the server that a killed run has left behind', async () => {
    const folder = await databaseFolder();
    const orphan = await startedByAnother(folder);
    await query(orphan.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    orphan.parent.kill('SIGKILL');
    await once(orphan.parent, 'exit');
    expect(isAlive(orphan.pid)).toBe(true);

    const { lines, log } = lineLog();
    const server = await start(folder, { log });
    expect(lines).toEqual([expect.stringContaining(`process ${orphan.pid}`)]);
    expect(await query(server.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('leaves the server of a live run alone', async () => {
    const folder = await databaseFolder();
    const other = await startedByAnother(folder);
    await expect(start(folder)).rejects.toMatchObject({ code: 'stack.running' });
    expect(await query(other.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    other.parent.kill('SIGTERM');
    await once(other.parent, 'exit');
    expect(isAlive(other.pid)).toBe(false);
  });
});

describe.skipIf(!isRoot)('started by root (needs root)', () => {
  test('serves as the user postgres', async () => {
    const server = await start(await databaseFolder());
    expect((await stat(`/proc/${server.pid}`)).uid).toBeGreaterThan(0);
  });

  test('reaches data below a folder that only root may enter', async () => {
    const closed = await scratchFolder();
    await chmod(closed, 0o700);
    const server = await start(join(closed, 'postgres'));
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await stat(`/proc/${server.pid}`)).uid).toBeGreaterThan(0);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  test('an ordinary user can start it too', async (context) => {
    const folder = await scratchFolder();
    const uid = 65_534; // nobody: on every system, with no rights
    if (!canReadCheckout(uid)) context.skip('an ordinary user cannot read this checkout');
    await chmod(folder, 0o777);
    const other = await startedByAnother(join(folder, 'postgres'), { uid, gid: uid });
    expect(await query(other.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await stat(`/proc/${other.pid}`)).uid).toBe(uid);
    other.parent.kill('SIGTERM');
    await once(other.parent, 'exit');
    expect(isAlive(other.pid)).toBe(false);
  });
});

/** A checkout below a private folder is no place for another user to start anything from. */
function canReadCheckout(uid: number): boolean {
  const script = join(import.meta.dirname, 'start-postgres.mjs');
  const read = ['-e', 'require("node:fs").readFileSync(process.argv[1])', script];
  return spawnSync(process.execPath, read, { uid, gid: uid, cwd: '/' }).status === 0;
}

/** A PostgreSQL whose parent is another process, as after `trustmonitor up` elsewhere. */
async function startedByAnother(folder: string, identity: { uid?: number; gid?: number } = {}) {
  const script = join(import.meta.dirname, 'start-postgres.mjs');
  const parent = spawn(process.execPath, [script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...identity,
  });
  const [answer] = (await once(parent.stdout, 'data')) as [Buffer];
  return { parent, ...(JSON.parse(answer.toString()) as { pid: number; url: string }) };
}
