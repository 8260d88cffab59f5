import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { verifyKeyRings, type TrustedKeyRing } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import type { Envelope } from '@trustmonitor/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listen, stop } from '../src/demo-target/shop.ts';
import { Cleanup } from '../src/stack/cleanup.ts';
import { placeReplicas } from '../src/stack/coordinator.ts';
import { freeAddress, parseHttpAddress, urlOf } from '../src/stack/http-address.ts';
import { ensurePrivateFolder } from '../src/stack/files.ts';
import { ensureKeyRing } from '../src/stack/key-ring.ts';
import { ensureKeys } from '../src/stack/keys.ts';
import { lockFolder } from '../src/stack/lock.ts';
import { readTail } from '../src/stack/log-tail.ts';
import { ensureMembers } from '../src/stack/members.ts';
import { pathsOf, type StackPaths } from '../src/stack/paths.ts';
import { identityOf } from '../src/stack/process-identity.ts';
import { PublishedStack } from '../src/stack/published-stack.ts';
import { readStackFile } from '../src/stack/stack-file.ts';
import { scratchFolder } from './harness.ts';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const DAY_MS = 86_400_000;

async function scratchPaths(): Promise<StackPaths> {
  return pathsOf(await scratchFolder());
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('keys', () => {
  test('are made once, for their owner only, and loaded after that', async () => {
    const paths = await scratchPaths();
    const first = await ensureKeys(paths, 'local');
    const second = await ensureKeys(paths, 'local');
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(second.root().kid).toBe(first.root().kid);
    expect(second.report.kid).toBe(first.report.kid);
    expect(second.broker).toEqual(first.broker);
    for (const file of [paths.rootKeyFile, paths.reportKeyFile, paths.natsAccountSeedFile]) {
      expect(await modeOf(file)).toBe(0o600);
    }
    expect(first.rootFile).toMatchObject({ network: 'local', threshold: 1 });
  });

  test('need no root key while nothing is to be signed, and never replace one that is lost', async () => {
    const paths = await scratchPaths();
    await ensureKeys(paths, 'local');
    const { rm } = await import('node:fs/promises');
    await rm(paths.rootKeyFile);
    const { root } = await ensureKeys(paths, 'local');
    expect(root).toThrow(expect.objectContaining({ code: 'key.missing' }));
  });

  test('of another folder do not fit the root file', async () => {
    const [paths, other] = [await scratchPaths(), await scratchPaths()];
    await ensureKeys(paths, 'local');
    await ensureKeys(other, 'local');
    await writeFile(paths.rootKeyFile, await readFile(other.rootKeyFile));
    const { root } = await ensureKeys(paths, 'local');
    expect(root).toThrow(expect.objectContaining({ code: 'key.invalid' }));
  });

  test('that others may read are refused', async () => {
    const paths = await scratchPaths();
    await ensureKeys(paths, 'local');
    await chmod(paths.reportKeyFile, 0o644);
    await expect(ensureKeys(paths, 'local')).rejects.toMatchObject({ code: 'key.invalid' });
  });

  test('belong to one network', async () => {
    const paths = await scratchPaths();
    await ensureKeys(paths, 'local');
    await expect(ensureKeys(paths, 'other')).rejects.toMatchObject({
      code: 'config.invalid',
      where: 'TM_NETWORK',
    });
  });
});

describe('the key ring', () => {
  async function stackOf(paths: StackPaths) {
    return { keys: await ensureKeys(paths, 'local'), members: await ensureMembers(paths) };
  }

  async function newest(paths: StackPaths): Promise<TrustedKeyRing> {
    const { keys } = await stackOf(paths);
    const envelopes = JSON.parse(await readFile(paths.keyringFile, 'utf8')) as Envelope[];
    return verifyKeyRings(envelopes, keys.rootFile, nodeVerifier);
  }

  test('names the report key, the log key and each agent’s keys, in three voting groups', async () => {
    const paths = await scratchPaths();
    const { keys, members } = await stackOf(paths);
    expect(await ensureKeyRing(paths, keys, members, NOW)).toEqual({ version: 1, isNew: true });
    const trusted = await newest(paths);
    const placesOf = (role: 'agent-vote' | 'agent-witness') =>
      trusted.keysOf(role).map(({ agent, region }) => [agent, region]);
    const agents = [
      ['eu-west-1', 'eu-west'],
      ['us-east-1', 'us-east'],
      ['ap-south-1', 'ap-south'],
    ];
    expect(placesOf('agent-vote')).toEqual(expect.arrayContaining(agents));
    expect(placesOf('agent-witness')).toEqual(agents);
    expect(trusted.keysOf('coordinator-report')).toHaveLength(1);
    expect(trusted.keysOf('log')).toHaveLength(1);
    expect(new Set(trusted.keysOf('agent-witness').map(({ group }) => group)).size).toBe(3);
  });

  test('names the log, and a majority of the agents as its witnesses', async () => {
    const paths = await scratchPaths();
    const { keys, members } = await stackOf(paths);
    await ensureKeyRing(paths, keys, members, NOW);
    const { policy } = await newest(paths);
    expect(policy?.logs.map(({ name }) => name)).toEqual(['trustmonitor/local/log']);
    expect(policy?.witnesses.map(({ name }) => name)).toEqual(members.map(({ agent }) => agent));
    expect(policy?.quorum).toMatchObject({ kind: 'group', threshold: 2 });
  });

  test('stays as it is while nothing changes', async () => {
    const paths = await scratchPaths();
    const { keys, members } = await stackOf(paths);
    await ensureKeyRing(paths, keys, members, NOW);
    const before = await readFile(paths.keyringFile, 'utf8');
    const outcome = await ensureKeyRing(paths, keys, members, NOW + DAY_MS);
    expect(outcome).toEqual({ version: 1, isNew: false });
    expect(await readFile(paths.keyringFile, 'utf8')).toBe(before);
  });

  test('gets a version when a member changes; the others keep their start', async () => {
    const paths = await scratchPaths();
    const { keys, members } = await stackOf(paths);
    await ensureKeyRing(paths, keys, members, NOW);
    const moved = members.map((m) => (m.region === 'eu-west' ? { ...m, group: 'elsewhere' } : m));
    const later = NOW + DAY_MS;
    expect(await ensureKeyRing(paths, keys, moved, later)).toEqual({ version: 2, isNew: true });
    const { ring } = await newest(paths);
    const startsOf = (isMoved: boolean) =>
      ring.keys
        .filter(({ region }) => (region === 'eu-west') === isMoved)
        .map(({ validFor }) => Date.parse(validFor.start));
    expect(new Set(startsOf(true))).toEqual(new Set([later]));
    expect(new Set(startsOf(false))).toEqual(new Set([NOW]));
  });

  test('gets a version before it expires, even when the clock was set back after', async () => {
    const paths = await scratchPaths();
    const { keys, members } = await stackOf(paths);
    await ensureKeyRing(paths, keys, members, NOW);
    const renewal = await ensureKeyRing(paths, keys, members, NOW + 310 * DAY_MS);
    expect(renewal).toEqual({ version: 2, isNew: true });
    const changed = members.slice(1);
    expect((await ensureKeyRing(paths, keys, changed, NOW)).version).toBe(3);
    expect((await newest(paths)).version).toBe(3);
  });

  test.each([['{'], ['{}'], ['[{"a":1}]']])('that is damaged is not replaced: %s', async (text) => {
    const paths = await scratchPaths();
    const { keys, members } = await stackOf(paths);
    await writeFile(paths.keyringFile, text);
    await expect(ensureKeyRing(paths, keys, members, NOW)).rejects.toMatchObject({
      code: 'keyring.invalid',
      where: paths.keyringFile,
    });
    expect(await readFile(paths.keyringFile, 'utf8')).toBe(text);
  });
});

describe('a data folder', () => {
  test('is made with all its parents, for this user alone', async () => {
    const { root } = await scratchPaths();
    const deep = join(root, 'a', 'b');
    await ensurePrivateFolder(deep);
    await ensurePrivateFolder(deep);
    expect((await stat(deep)).mode & 0o777).toBe(0o700);
  });

  test.runIf(process.platform === 'linux')('where none can be made is refused', async () => {
    await expect(ensurePrivateFolder('/proc/trustmonitor/x')).rejects.toMatchObject({
      code: 'data.unwritable',
      where: '/proc/trustmonitor/x',
    });
  });
});

describe('the lock of a data folder', () => {
  test('keeps a second stack out, and names the first', async () => {
    const paths = await scratchPaths();
    const unlock = await lockFolder(paths);
    await expect(lockFolder(paths)).rejects.toMatchObject({
      code: 'stack.running',
      message: expect.stringContaining(`(process ${process.pid})`),
    });
    await unlock();
    await (
      await lockFolder(paths)
    )();
  });

  test.each([
    ['a process that is gone', { pid: 2 ** 22 - 1, birth: '1' }],
    ['a pid that another process has now', { pid: process.pid, birth: 'long ago' }],
    ['a file cut short', 'x'],
  ])('is taken over from %s', async (_name, holder) => {
    const paths = await scratchPaths();
    await writeFile(paths.lockFile, JSON.stringify(holder));
    const unlock = await lockFolder(paths);
    expect(JSON.parse(await readFile(paths.lockFile, 'utf8'))).toEqual(
      await identityOf(process.pid),
    );
    await unlock();
  });
});

describe('the address of the API', () => {
  test.each([
    ['127.0.0.1:7070', 'http://127.0.0.1:7070'],
    ['0.0.0.0:80', 'http://127.0.0.1:80'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['[::]:8080', 'http://[::1]:8080'],
    ['localhost:1', 'http://localhost:1'],
  ])('%s is reached at %s', (text, url) => {
    expect(urlOf(parseHttpAddress(text))).toBe(url);
  });

  test.each(['7070', ':7070', 'host', 'host:99999', '::1:80', 'host:80x'])('never %s', (text) => {
    expect(() => parseHttpAddress(text)).toThrow(`"${text}" is not host:port`);
  });

  test('moves to the next free port when it is taken, and says so', async () => {
    const server = createServer();
    const port = await listen(server, 0);
    onTestFinished(() => stop(server));
    const said: string[] = [];
    const address = await freeAddress({ host: '127.0.0.1', port }, (line) => said.push(line));
    expect(address.port).toBeGreaterThan(port);
    expect(said).toEqual([`port ${port} is taken; the API gets ${address.port}`]);
  });

  test('is any free port for 0, without a word', async () => {
    const said: string[] = [];
    const address = await freeAddress({ host: '127.0.0.1', port: 0 }, (line) => said.push(line));
    expect(address.port).toBeGreaterThan(0);
    expect(said).toEqual([]);
  });

  test('must be one of this machine', async () => {
    await expect(
      freeAddress({ host: '192.0.2.1', port: 0 }, () => undefined),
    ).rejects.toMatchObject({ code: 'config.invalid' });
  });
});

describe('several coordinators', () => {
  test('get the ports that are free from the wanted one on', async () => {
    const taken = createServer();
    const port = await listen(taken, 0);
    onTestFinished(() => stop(taken));
    const wanted = { host: '127.0.0.1', port };
    const replicas = await placeReplicas(wanted, 3, () => undefined);
    expect(replicas.map(({ name }) => name)).toEqual([
      'coordinator',
      'coordinator-2',
      'coordinator-3',
    ]);
    const ports = replicas.map(({ http }) => http.port);
    expect(ports).toEqual([...new Set(ports)].toSorted((a, b) => a - b));
    expect(ports[0]).toBeGreaterThan(port);
  });
});

describe('stack.json', () => {
  const description = {
    version: '1',
    network: 'local',
    startedAt: '2026-01-31T12:00:00.000Z',
    apiUrl: 'http://127.0.0.1:7070',
    natsUrl: 'nats://127.0.0.1:4222',
    demo: null,
  };
  const urls = ['http://127.0.0.1:7070', 'http://127.0.0.1:7071'] as const;
  const [first, second] = urls;

  test('follows the pids while the stack runs, and is gone after', async () => {
    const paths = await scratchPaths();
    const pids = new Map([['stack', 1]]);
    const published = new PublishedStack(paths, pids);
    await published.refresh();
    expect(await readStackFile(paths)).toBeNull();
    const coordinators = [
      { name: 'coordinator', url: first },
      { name: 'coordinator-2', url: second },
    ];
    await published.publish({ ...description, coordinators });
    pids.set('coordinator', 2).set('coordinator-2', 3);
    await Promise.all([published.refresh(), published.refresh()]);
    expect(await readStackFile(paths)).toEqual({
      ...description,
      coordinators: [
        { url: first, pid: 2 },
        { url: second, pid: 3 },
      ],
      pids: { stack: 1, coordinator: 2, 'coordinator-2': 3 },
    });
    await published.withdraw();
    expect(await readdir(paths.root)).toEqual([]);
  });

  test.each([
    '',
    '{',
    '[]',
    '{"apiUrl":"x","coordinators":[],"pids":{},"demo":null}',
    '{"apiUrl":"http://x","coordinators":[{}],"pids":{},"demo":null}',
    '{"apiUrl":"http://x"}',
  ])('of another kind is refused: %s', async (text) => {
    const paths = await scratchPaths();
    await writeFile(paths.stackFile, text);
    await expect(readStackFile(paths)).rejects.toMatchObject({
      code: 'input.malformed',
      where: paths.stackFile,
    });
  });
});

describe('cleaning up', () => {
  test('stops the last started first, whatever fails on the way', async () => {
    const cleanup = new Cleanup();
    const stopped: string[] = [];
    for (const name of ['servers', 'coordinator', 'agents']) {
      cleanup.add({
        name,
        stop: () => {
          stopped.push(name);
          return name === 'coordinator' ? Promise.reject(new Error('stuck')) : Promise.resolve();
        },
      });
    }
    const said: string[] = [];
    await cleanup.stopAll((name, error) => said.push(`${name}: ${error?.message ?? 'ok'}`));
    expect(stopped).toEqual(['agents', 'coordinator', 'servers']);
    expect(said).toEqual(['agents: ok', 'coordinator: stuck', 'servers: ok']);
    expect(cleanup.isEmpty).toBe(true);
  });
});

describe('the end of a log', () => {
  test('is told in words, from where this run began', async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, 'logs'));
    const file = join(folder, 'logs', 'x.log');
    const old = 'from the run before\n';
    const lines = [
      '{"level":60,"msg":"cannot start","err":{"message":"no database"},"hint":"start it"}',
      'plain \u001B[2Jtext',
    ];
    await writeFile(file, `${old}${lines.join('\n')}\n`);
    expect(await readTail(file, Buffer.byteLength(old))).toEqual([
      'fatal: cannot start - no database - start it',
      'plain \uFFFD[2Jtext',
    ]);
    expect(await readTail(join(folder, 'none.log'), 0)).toEqual([]);
  });
});
