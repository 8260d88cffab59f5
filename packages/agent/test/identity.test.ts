import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicKeyOf } from '@trustmonitor/evidence';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDirectory } from '../src/data-directory.ts';
import { ensureKeys } from '../src/identity.ts';
import { ensureIdentity } from '../src/index.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tm-identity-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('keys are made once, for their owner only, and stay', async () => {
  const data = join(folder, 'data');
  const identity = await ensureIdentity(data);
  expect(identity.nkeyPublic).toMatch(/^U[A-Z2-7]{55}$/);
  expect(publicKeyOf(identity.voteKey)).toHaveLength(32);
  expect(publicKeyOf(identity.witnessKey)).not.toEqual(publicKeyOf(identity.voteKey));
  expect(await ensureIdentity(data)).toEqual(identity);

  const files = ['broker.nkey', 'vote.pem', 'witness.pem'];
  expect((await readdir(join(data, 'keys'))).toSorted()).toEqual(files);
  expect((await stat(join(data, 'keys'))).mode & 0o777).toBe(0o700);
  for (const name of files) {
    expect((await stat(join(data, 'keys', name))).mode & 0o777).toBe(0o600);
  }
});

test('the public half holds nothing private', async () => {
  const keys = await ensureKeys(folder);
  expect(JSON.stringify(keys.identity)).not.toContain(keys.nkeySeed);
  expect(Object.keys(keys.identity.voteKey).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'x']);
});

test('two that start at once agree on one identity', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => ensureIdentity(folder)));
  for (const identity of all) expect(identity).toEqual(all[0]);
});

test('a damaged key is named, not replaced', async () => {
  await mkdir(join(folder, 'keys'));
  await writeFile(join(folder, 'keys', 'broker.nkey'), 'nonsense', { mode: 0o600 });
  await expect(ensureIdentity(folder)).rejects.toMatchObject({
    code: 'key.invalid',
    where: join(folder, 'keys', 'broker.nkey'),
  });
});

test('a vote key that others can read is refused', async () => {
  await ensureIdentity(folder);
  await chmod(join(folder, 'keys', 'vote.pem'), 0o644);
  await expect(ensureIdentity(folder)).rejects.toMatchObject({ code: 'key.invalid' });
});

test('a folder that cannot be made is named', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(ensureIdentity(join(folder, 'file', 'data'))).rejects.toMatchObject({
    code: 'data.unwritable',
  });
});

test('a lock is given back, and one whose process is gone is taken over', async () => {
  const unlock = await lockDataDirectory(folder);
  await expect(lockDataDirectory(folder)).rejects.toMatchObject({ code: 'data.unwritable' });
  await unlock();
  await (
    await lockDataDirectory(folder)
  )();

  // No process has this pid; and this very pid belongs to a process that started at another time.
  for (const stale of ['99999999 1', `${process.pid} 1`, 'nonsense', '']) {
    await writeFile(join(folder, 'agent.lock'), stale);
    await (
      await lockDataDirectory(folder)
    )();
  }
});
