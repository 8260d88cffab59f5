import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findNatsServer } from '../src/index.ts';
import { cached } from '../src/nats/cache.ts';
import { firstOf } from '../src/nats/find.ts';
import { fromPath } from '../src/nats/from-machine.ts';
import { fetchRelease } from '../src/nats/from-release.ts';
import { releaseFor } from '../src/nats/releases.ts';
import { isNewEnough } from '../src/nats/version.ts';
import { runCommand } from '../src/run-command.ts';
import { CACHE_DIR, lineLog, scratchFolder } from './scratch.ts';

/** A PATH folder with a `nats-server` that only says its version. */
async function pathWith(version: string): Promise<string> {
  const folder = await scratchFolder();
  const script = join(folder, 'nats-server');
  await writeFile(script, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  await chmod(script, 0o755);
  return folder;
}

describe('findNatsServer', () => {
  test('finds or fetches a real server, and has it again without fetching', async () => {
    const first = lineLog();
    const found = await findNatsServer({ env: process.env, cacheDir: CACHE_DIR, log: first.log });
    expect(isNewEnough(found.version)).toBe(true);

    const second = lineLog();
    const again = await findNatsServer({ env: process.env, cacheDir: CACHE_DIR, log: second.log });
    expect(again).toEqual(found);
    expect(second.lines).toEqual([]);
  }, 120_000);

  test('takes TM_NATS_SERVER before PATH', async () => {
    const chosen = join(await pathWith('2.10.1'), 'nats-server');
    const env = { PATH: await pathWith('2.11.0'), TM_NATS_SERVER: chosen };
    const found = await findNatsServer({ env, cacheDir: await scratchFolder(), log: () => {} });
    expect(found).toEqual({ path: chosen, version: '2.10.1', source: 'TM_NATS_SERVER' });
  });

  test('refuses a TM_NATS_SERVER that is too old', async () => {
    const env = { TM_NATS_SERVER: join(await pathWith('2.9.9'), 'nats-server') };
    const search = findNatsServer({ env, cacheDir: await scratchFolder(), log: () => {} });
    await expect(search).rejects.toMatchObject({
      code: 'nats.not_found',
      where: 'TM_NATS_SERVER',
      message: expect.stringContaining('2.9.10 or newer is needed'),
    });
  });

  test('refuses a TM_NATS_SERVER that is not there', async () => {
    const env = { TM_NATS_SERVER: '/nonexistent/nats-server' };
    const search = findNatsServer({ env, cacheDir: await scratchFolder(), log: () => {} });
    await expect(search).rejects.toMatchObject({ code: 'nats.not_found', where: 'TM_NATS_SERVER' });
  });

  test('takes a new enough server on PATH', async () => {
    const folder = await pathWith('2.9.10');
    const search = { env: { PATH: folder }, cacheDir: await scratchFolder(), log: () => {} };
    expect(await findNatsServer(search)).toMatchObject({ path: join(folder, 'nats-server') });
  });
});

/** Asked by doing it, because it takes apt, its package lists and a mirror in reach. */
async function canDownloadPackage(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'tm-servers-'));
  const download = await runCommand('apt-get', ['download', 'nats-server'], { cwd: folder });
  await rm(folder, { recursive: true });
  return download.ok;
}

const haveMirror = await canDownloadPackage();

describe.skipIf(!haveMirror)('the Debian package (needs apt and a mirror in reach)', () => {
  test('many processes may fetch it at once', { timeout: 180_000 }, async () => {
    const cacheDir = await scratchFolder();
    const env = await withoutNatsServer();
    const searches = [1, 2].map(() => findNatsServer({ env, cacheDir, log: () => {} }));
    const found = await Promise.all(searches);
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(found[0]?.source).toBe('the Debian or Ubuntu package');
    expect(await readdir(cacheDir)).toEqual(['nats-server-debian']);
  });

  test('fetches package lists into a private folder where there are none', async () => {
    const cacheDir = await scratchFolder();
    const empty = await scratchFolder();
    const config = join(empty, 'apt.conf');
    await mkdir(join(empty, 'lists/partial'), { recursive: true });
    await writeFile(config, `Dir::State::lists "${empty}/lists";\n`);
    const { lines, log } = lineLog();
    const env = { ...(await withoutNatsServer()), APT_CONFIG: config };
    const found = await findNatsServer({ env, cacheDir, log });
    expect(found.source).toBe('the Debian or Ubuntu package');
    expect(lines).toContainEqual(expect.stringContaining('apt-get update'));
    expect((await readdir(join(empty, 'lists'))).filter((name) => name !== 'partial')).toEqual([]);
  }, 180_000);
});

/** The environment with a PATH that has everything it had, except a nats-server. */
async function withoutNatsServer(): Promise<NodeJS.ProcessEnv> {
  const folder = await scratchFolder();
  for (const place of (process.env['PATH'] ?? '').split(delimiter)) {
    const tools = await readdir(place).catch(() => []);
    for (const tool of tools.filter((name) => name !== 'nats-server')) {
      // The first place on PATH has precedence, and its link is there already.
      await symlink(join(place, tool), join(folder, tool)).catch(() => {});
    }
  }
  return { ...process.env, PATH: folder, TM_NATS_SERVER: '' };
}

test('a cache folder that cannot be made is data.unwritable', async () => {
  const file = join(await scratchFolder(), 'a-file');
  await writeFile(file, '');
  const attempt = cached(file, 'key', () => Promise.resolve({ reason: 'not reached' }));
  await expect(attempt).rejects.toMatchObject({ code: 'data.unwritable', where: file });
});

test('an old server on PATH is said to be passed over', async () => {
  const { lines, log } = lineLog();
  const env = { PATH: await pathWith('2.2.0') };
  const result = await fromPath.get({ env, cacheDir: '', log });
  expect(result.found).toBe(false);
  expect(lines).toEqual([expect.stringContaining('2.2.0, older than 2.9.10')]);
});

test('with no way left, the error names each one, why it failed, and what to do', async () => {
  const nothing = () => Promise.resolve({ found: false, reason: 'closed' } as const);
  const sources = [
    { name: 'the first way', get: nothing },
    { name: 'the second way', get: nothing },
  ];
  const search = firstOf(sources, { env: {}, cacheDir: '', log: () => {} });
  await expect(search).rejects.toMatchObject({
    code: 'nats.not_found',
    message: expect.stringMatching(/the first way: closed\n\s*the second way: closed/),
    hint: expect.stringMatching(/TM_NATS_URL.*TM_NATS_SERVER.*PATH/s),
  });
});

test.each(['2.9.10', '2.9.29', '2.10.0', '2.10.0-RC.1', '3.0.0'])('%s is new enough', (version) => {
  expect(isNewEnough(version)).toBe(true);
});

test.each(['2.9.9', '2.8.99', '1.4.1', '0.0.0'])('%s is too old', (version) => {
  expect(isNewEnough(version)).toBe(false);
});

describe('the official release', () => {
  test.each(['linux', 'darwin'] as const)(
    'is pinned for %s on both usual processors',
    (platform) => {
      for (const arch of ['x64', 'arm64']) {
        const pin = releaseFor(platform, arch);
        expect(pin?.sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(pin?.url).toContain(`-${platform}-`);
      }
    },
  );

  test('is not made up for other platforms', () => {
    expect(releaseFor('win32', 'x64')).toBeUndefined();
  });

  test('is unpacked when its hash is right, and refused when it is not', async () => {
    const folder = await scratchFolder();
    const member = 'nats-server-v0/nats-server';
    await mkdir(join(folder, dirname(member)));
    await writeFile(join(folder, member), 'binary');
    const archive = join(folder, 'archive.tar.gz');
    await promisify(execFile)('tar', ['-czf', archive, '-C', folder, member]);
    const bytes = await readFile(archive);
    const url = await serve(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');

    const target = await scratchFolder();
    const path = await fetchRelease({ url, sha256, member }, target, () => {});
    expect(await readFile(path as string, 'utf8')).toBe('binary');

    const wrong = { url, sha256: '0'.repeat(64), member };
    const elsewhere = await scratchFolder();
    expect(await fetchRelease(wrong, elsewhere, () => {})).toEqual({
      reason: expect.stringContaining(`SHA-256 ${sha256}`),
    });
    expect(await readdir(elsewhere)).toEqual([]);
  });
});

async function serve(bytes: Buffer): Promise<string> {
  const server = createServer((_request, response) => response.end(bytes)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/release.tar.gz`;
}
