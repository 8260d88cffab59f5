import { isTrustMonitorError } from '@trustmonitor/protocol';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SecretBox, openSecretBox } from '../../src/secret-box.ts';

const folder = await mkdtemp(join(tmpdir(), 'tm-secret-box-'));
afterAll(() => rm(folder, { recursive: true }));

const box = new SecretBox(randomBytes(32));
const sealed = box.seal('checkout', 'http.auth.token', 'hunter2');

const refusal = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    return isTrustMonitorError(error) ? error.code : String(error);
  }
};

describe('a sealed secret', () => {
  test('opens again, and holds nothing that can be read', () => {
    expect(box.open('checkout', 'http.auth.token', sealed)).toBe('hunter2');
    expect(Buffer.from(sealed, 'base64').includes('hunter2')).toBe(false);
  });

  test('is different each time', () => {
    expect(box.seal('checkout', 'http.auth.token', 'hunter2')).not.toBe(sealed);
  });

  test('does not open for another monitor or under another name', () => {
    expect(refusal(() => box.open('other', 'http.auth.token', sealed))).toBe('key.invalid');
    expect(refusal(() => box.open('checkout', 'http.auth.password', sealed))).toBe('key.invalid');
  });

  test('does not open with another key', () => {
    const other = new SecretBox(randomBytes(32));
    expect(refusal(() => other.open('checkout', 'http.auth.token', sealed))).toBe('key.invalid');
  });

  test('does not open after any change, or cut short', () => {
    const bytes = Buffer.from(sealed, 'base64');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      const text = changed.toString('base64');
      expect(refusal(() => box.open('checkout', 'http.auth.token', text))).toBe('key.invalid');
      const short = bytes.subarray(0, i).toString('base64');
      expect(refusal(() => box.open('checkout', 'http.auth.token', short))).toBe('key.invalid');
    }
  });

  test('holds empty and non-ASCII text', () => {
    for (const value of ['', 'pässwörd 🔑', 'x'.repeat(65_536)]) {
      expect(box.open('m', 'n', box.seal('m', 'n', value))).toBe(value);
    }
  });
});

describe('the key file', () => {
  test('is made once, private, and then read', async () => {
    const file = join(folder, 'made', 'secret.key');
    const [first, second] = await Promise.all([openSecretBox(file), openSecretBox(file)]);
    expect(second.open('m', 'n', first.seal('m', 'n', 'same key'))).toBe('same key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test.each(['', 'too short', 'zz'.repeat(32), 'ab'.repeat(31)])('refuses %j', async (content) => {
    const file = join(folder, 'bad.key');
    await writeFile(file, content);
    await expect(openSecretBox(file)).rejects.toMatchObject({
      code: 'config.invalid',
      where: 'TM_SECRET_KEY_FILE',
    });
  });

  test('that cannot be written is named', async () => {
    await writeFile(join(folder, 'a-file'), '');
    await expect(openSecretBox(join(folder, 'a-file', 'secret.key'))).rejects.toMatchObject({
      code: 'data.unwritable',
      where: join(folder, 'a-file', 'secret.key'),
    });
  });
});
