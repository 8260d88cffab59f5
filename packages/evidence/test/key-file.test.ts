import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeUtf8, nobleVerifier } from '@trustmonitor/evidence';
import {
  generateSigner,
  isEncrypted,
  loadOrCreateSigner,
  loadSigner,
  saveSigner,
} from '@trustmonitor/evidence/node';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trustmonitor-key-'));
  file = join(folder, 'keys', 'vote.pem');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('key files', () => {
  it('hold the key as PKCS#8 PEM that only its owner may read', () => {
    const signer = generateSigner();
    saveSigner(file, signer);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(readdirSync(join(folder, 'keys'))).toEqual(['vote.pem']);

    const loaded = loadSigner(file);
    expect(loaded.kid).toBe(signer.kid);
    const message = encodeUtf8('m');
    expect(nobleVerifier.verify(signer.publicKey, message, loaded.sign(message))).toBe(true);
  });

  it('may be locked with a passphrase, in a form that others read', () => {
    const signer = generateSigner();
    saveSigner(file, signer, 'correct horse');
    expect(readFileSync(file, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(isEncrypted(file)).toBe(true);
    expect(loadSigner(file, 'correct horse').kid).toBe(signer.kid);
    const invalid = expect.objectContaining({ code: 'key.invalid', where: file });
    expect(() => loadSigner(file, 'wrong')).toThrow(invalid);
    expect(() => loadSigner(file)).toThrow(invalid);
    expect(() => loadOrCreateSigner(file)).toThrow(invalid);
    // What OpenSSL makes of it, where it is installed.
    const { status, stdout, error } = spawnSync('openssl', [
      'pkey',
      '-in',
      file,
      '-passin',
      'pass:correct horse',
      '-pubout',
      '-outform',
      'DER',
    ]);
    if (error !== undefined) return;
    expect(status).toBe(0);
    expect(stdout.subarray(-32)).toEqual(Buffer.from(signer.publicKey));
  });

  it('are made once and loaded ever after', () => {
    const { kid } = loadOrCreateSigner(file);
    expect(loadOrCreateSigner(file).kid).toBe(kid);
    expect(loadSigner(file).kid).toBe(kid);
  });

  it('that are missing are an error of their own', () => {
    expect(() => loadSigner(file)).toThrow(
      expect.objectContaining({ code: 'key.missing', where: file, hint: expect.any(String) }),
    );
  });

  it('that cannot be written are an error of their own', () => {
    const below = join(folder, 'file', 'vote.pem');
    writeFileSync(join(folder, 'file'), '');
    expect(() => saveSigner(below, generateSigner())).toThrow(
      expect.objectContaining({ code: 'data.unwritable', where: below }),
    );
  });

  it('that others may read are refused', () => {
    saveSigner(file, generateSigner());
    for (const mode of [0o660, 0o604, 0o666]) {
      chmodSync(file, mode);
      expect(() => loadSigner(file)).toThrow(
        expect.objectContaining({
          code: 'key.invalid',
          where: file,
          hint: expect.stringContaining('chmod 600'),
        }),
      );
      expect(() => loadOrCreateSigner(file)).toThrow(/other users/);
    }
  });

  it('that a group may read are taken when they are given by root, and only then', () => {
    saveSigner(file, generateSigner());
    chmodSync(file, 0o640);
    if (process.getuid?.() === 0) {
      expect(loadSigner(file).kid).toBeTypeOf('string');
      chownSync(file, 65_534, 65_534);
    }
    expect(() => loadSigner(file)).toThrow(/other users/);
  });

  it.each([
    ['nothing', ''],
    ['no PEM', 'not a key'],
    [
      'a public key',
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
    ],
    [
      'an X25519 key',
      generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
    [
      'an RSA key',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
        type: 'pkcs8',
        format: 'pem',
      }),
    ],
  ])('with %s are refused and left as they are', (_, text) => {
    const plain = join(folder, 'bad.pem');
    writeFileSync(plain, text, { mode: 0o600 });
    const refused = expect.objectContaining({ code: 'key.invalid', where: plain });
    expect(() => loadSigner(plain)).toThrow(refused);
    expect(() => loadOrCreateSigner(plain)).toThrow(refused);
    expect(readFileSync(plain, 'utf8')).toBe(text);
  });
});
