/** The key ceremony and every change that the root signs, on files: no coordinator runs. */
import { verifyKeyRings, type TrustedKeyRing } from '@trustmonitor/evidence';
import { isEncrypted, loadSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import type { Envelope, RootFile } from '@trustmonitor/protocol';
import { copyFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratchFolder, tm, type Ran } from './harness.ts';

const REGIONS = ['--region', 'eu=hetzner@acme', 'us=aws'];

interface Network {
  readonly folder: string;
  readonly keys: (...args: readonly string[]) => Promise<Ran>;
  readonly ring: () => Promise<TrustedKeyRing>;
  readonly path: (...names: readonly string[]) => string;
}

async function made(...args: readonly string[]): Promise<Network> {
  const folder = await scratchFolder();
  const path = (...names: readonly string[]) => join(folder, ...names);
  await writeFile(path('passphrase'), 'correct horse\n');
  const keys = (...rest: readonly string[]) => tm(['keys', ...rest, '--data', path('data')]);
  const lock = args.includes('--no-passphrase') ? [] : ['--passphrase-file', path('passphrase')];
  const { code, stderr } = await keys('init', '--network', 'acme', ...lock, ...args);
  expect([code, stderr]).toEqual([0, expect.stringContaining('move them off this machine')]);
  const read = async <T>(name: string) =>
    JSON.parse(await readFile(path('data', name), 'utf8')) as T;
  const ring = async () =>
    verifyKeyRings(
      await read<Envelope[]>('keyring.json'),
      await read<RootFile>('root.json'),
      nodeVerifier,
    );
  return { folder, keys, ring, path };
}

describe('keys init', () => {
  test('makes a locked root, a ring without agents, and regions that agents may join', async () => {
    const { ring, path, keys } = await made(...REGIONS);
    const { ring: first, policy } = await ring();
    expect(first).toMatchObject({ network: 'acme', version: 1, root: { threshold: 1 } });
    expect(first.keys.map(({ role }) => role)).toEqual(['coordinator-report', 'log', 'agent-vote']);
    expect(first.delegation?.regions).toEqual([
      { region: 'eu', group: 'hetzner', operator: 'acme' },
      { region: 'us', group: 'aws', operator: null },
    ]);
    expect(policy).toMatchObject({ witnesses: [], quorum: null });
    const rootKey = path('data', 'keys', 'root.key');
    expect((await stat(rootKey)).mode & 0o777).toBe(0o600);
    expect(isEncrypted(rootKey)).toBe(true);
    expect(loadSigner(rootKey, 'correct horse').kid).toBe(first.root.keys[0]?.kid);
    expect(isEncrypted(path('data', 'keys', 'log.key'))).toBe(false);
    const text = (name: string) => readFile(path('data', name), 'utf8');
    expect(await text('admin.token')).toMatch(/^tm_/);
    expect(await text('secret.key')).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await text('nats-trust.conf')).toMatch(/^operator: .*\nsystem_account: A/);

    const again = await keys('init', '--no-passphrase');
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringContaining('belongs to a network'),
    ]);
    const listed = await keys('list');
    expect(listed.stdout).toMatch(/^ROLE +AGENT.*\ncoordinator-report .* good /);
    expect(listed.stderr).toContain('Agents may join: eu (hetzner), us (aws).');
    expect(JSON.parse((await keys('list', '--json')).stdout)).toEqual(first);
  });

  test.each([
    [['--region', 'eu'], 2, 'region=group'],
    [['--roots', '2', '--threshold', '3', '--no-passphrase'], 2, '3 of 2 roots'],
    [['--passphrase-file', '/nonexistent'], 2, '/nonexistent cannot be read'],
    [[], 2, '--passphrase-file'],
  ])('refuses %j', async (args, code, why) => {
    const data = join(await scratchFolder(), 'data');
    const ran = await tm(['keys', 'init', '--data', data, ...args]);
    expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(why)]);
    await expect(stat(join(data, 'root.json'))).rejects.toThrow('ENOENT');
  });
});

describe('the root', () => {
  test('needs its passphrase to sign, and nothing is written without', async () => {
    const { keys, ring, path } = await made();
    const add = ['region', 'add', 'ap', '--group', 'gcp'];
    const unasked = await keys(...add);
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('passphrase')]);
    await writeFile(path('wrong'), 'battery staple\n');
    const wrong = await keys(...add, '--passphrase-file', path('wrong'));
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('passphrase right?')]);
    expect((await ring()).version).toBe(1);

    const right = await keys(...add, '--passphrase-file', path('passphrase'));
    expect(right.code).toBe(0);
    expect((await ring()).ring.delegation?.regions).toEqual([
      { region: 'ap', group: 'gcp', operator: null },
    ]);
    const twice = await keys(...add, '--passphrase-file', path('passphrase'));
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('already')]);
    const gone = await keys('region', 'remove', 'ap', '--passphrase-file', path('passphrase'));
    expect(gone.code).toBe(0);
    const before = (await ring()).ring;
    expect(before.delegation?.regions).toEqual([]);
    expect((await keys('renew', '--passphrase-file', path('passphrase'))).code).toBe(0);
    const { expires, delegation, issuedAt } = (await ring()).ring;
    expect(Date.parse(expires) - Date.parse(issuedAt)).toBe(365 * 86_400_000);
    expect(delegation?.expires).toBe(expires);
    expect(Date.parse(expires)).toBeGreaterThan(Date.parse(before.expires));
  });

  test('may be several keys in several places: a draft goes from one to the next', async () => {
    const { keys, ring, path } = await made('--roots', '3', '--threshold', '2', '--no-passphrase');
    const [one, two] = [path('data', 'keys', 'root.key'), path('data', 'keys', 'root-2.key')];
    const draft = path('draft.json');
    const change = ['region', 'add', 'eu', '--group', 'hetzner', '--root-key', one];
    const alone = await keys(...change);
    expect([alone.code, alone.stderr]).toEqual([
      1,
      expect.stringContaining('1 of the 3 root keys'),
    ]);
    expect((await keys(...change, '--draft', draft)).code).toBe(0);
    const early = await keys('publish', draft);
    expect([early.code, (await ring()).version]).toEqual([1, 1]);
    const signed = await keys('sign', draft, '--root-key', two);
    expect([signed.code, signed.stdout]).toEqual([0, expect.stringContaining('"hetzner"')]);
    expect((await keys('sign', draft, '--root-key', two)).stderr).toContain('has signed');
    const stranger = await keys('sign', draft, '--root-key', path('data', 'keys', 'log.key'));
    expect(stranger.stderr).toContain('no root key of this network');
    expect((await keys('publish', draft)).code).toBe(0);
    expect((await ring()).version).toBe(2);
  });
});

describe('keys rotate and revoke', () => {
  test('put new keys in the place of old ones, which stay good for a while', async () => {
    const { keys, ring, path } = await made(...REGIONS, '--no-passphrase');
    const before = (await ring()).ring;
    for (const role of ['coordinator-report', 'push', 'enrolment', 'root']) {
      const ran = await keys('rotate', role, '--overlap-days', '3');
      expect([role, ran.code, ran.stderr]).toEqual([role, 0, expect.stringContaining('.key.')]);
    }
    const after = await ring();
    expect(after.version).toBe(5);
    const [old, fresh] = after.keysOf('coordinator-report');
    expect(Date.parse(old?.validFor.end ?? '') - Date.parse(before.issuedAt)).toBeGreaterThan(
      3 * 86_400_000 - 1,
    );
    expect(fresh).toMatchObject({ validFor: { end: null }, revokedAtLogSize: null });
    expect(loadSigner(path('data', 'keys', 'coordinator-report.key')).kid).toBe(fresh?.kid);
    expect(loadSigner(path('data', 'keys', 'coordinator-report.key.before')).kid).toBe(old?.kid);
    const votes = after.keysOf('agent-vote').filter(({ agent }) => agent === 'push');
    expect(votes).toHaveLength(2);
    expect(after.ring.delegation?.key.kid).not.toBe(before.delegation?.key.kid);
    expect(after.ring.root.keys[0]?.kid).not.toBe(before.root.keys[0]?.kid);
    // The root that was pinned at first vouches for all of it still: `ring` began from there.

    const revoked = await keys('revoke', old!.kid.slice(0, 12), '--at-log-size', '17');
    expect([revoked.code, revoked.stderr]).toEqual([0, expect.stringContaining('log entry 17')]);
    expect((await ring()).keysOf('coordinator-report')[0]).toMatchObject({ revokedAtLogSize: 17 });
    expect((await keys('revoke', old!.kid, '--at-log-size', '17')).code).toBe(3);
    const blind = await keys('revoke', fresh!.kid);
    expect([blind.code, blind.stderr]).toEqual([2, expect.stringContaining('--at-log-size')]);
    expect((await keys('list')).stdout).toContain('revoked from log entry 17');
  });

  test('refuse a root key that is not the network’s any more', async () => {
    const { keys, path } = await made('--no-passphrase');
    await copyFile(path('data', 'keys', 'root.key'), path('old-root.key'));
    expect((await keys('rotate', 'root')).code).toBe(0);
    await rm(path('data', 'keys', 'root.key'));
    await copyFile(path('old-root.key'), path('data', 'keys', 'root.key'));
    const late = await keys('region', 'add', 'eu', '--group', 'g');
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('no root key of this')]);
  });
});

test('keys leaf makes a credential of its own for a leaf server, and names the account', async () => {
  const { keys, path } = await made(...REGIONS);
  const { code, stdout } = await keys('leaf', '--region', 'eu', '--agent', 'eu-1', 'eu-2');
  const account = /^NATS_ACCOUNT=(A[A-Z2-7]{55})\n$/.exec(stdout)?.[1] ?? 'none';
  expect([code, await readFile(path('data', 'nats-trust.conf'), 'utf8')]).toEqual([
    0,
    expect.stringContaining(`${account}: ey`),
  ]);
  const file = path('data', 'leaf-eu.creds');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/BEGIN USER NKEY SEED-----\nSU/);
  const claims = Buffer.from(/\.([\w-]+)\./.exec(text)?.[1] ?? '', 'base64url').toString();
  const { exp, nats } = JSON.parse(claims) as { exp: number; nats: { pub: { allow: string[] } } };
  expect(exp * 1_000 - Date.now()).toBeGreaterThan(364 * 86_400_000);
  expect(nats.pub.allow).toContain('tm.v1.result.15.eu-2');
  expect(nats.pub.allow.filter((subject) => /[*>]/.test(subject))).toEqual([]);

  const wrong = await keys('leaf', '--region', 'eu', '--agent', 'eu.>');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('which is no name')]);
  await rm(path('data', 'keys', 'nats-account.nk'));
  const without = await keys('leaf', '--region', 'eu', '--agent', 'eu-1');
  expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('nats-account.nk')]);
});
