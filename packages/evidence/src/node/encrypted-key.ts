/**
 * Private keys under a passphrase: PKCS#8 EncryptedPrivateKeyInfo (RFC 5958) with PBES2 (RFC 8018):
 * PBKDF2 with HMAC-SHA-256, AES-256-CBC. `openssl pkey` and node:crypto read it.
 *
 * node:crypto writes this form too, but derives the key in 2,048 rounds and lets nobody ask for
 * more; hence the forty lines of DER.
 */
import { createCipheriv, pbkdf2Sync, randomBytes, type KeyObject } from 'node:crypto';

/** OWASP Password Storage Cheat Sheet, for PBKDF2 with HMAC-SHA-256. */
const ROUNDS = 600_000;
const SALT_BYTES = 16;
const IV_BYTES = 16;
const KEY_BYTES = 32;

const OID = {
  pbes2: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d],
  pbkdf2: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c],
  hmacWithSha256: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09],
  aes256Cbc: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a],
} as const;

const TAG = { integer: 0x02, octets: 0x04, nothing: 0x05, oid: 0x06, sequence: 0x30 } as const;

/** PEM text: `-----BEGIN ENCRYPTED PRIVATE KEY-----`. */
export function encryptPrivateKey(key: KeyObject, passphrase: string): string {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const derived = pbkdf2Sync(passphrase, salt, ROUNDS, KEY_BYTES, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', derived, iv);
  const plain = key.export({ type: 'pkcs8', format: 'der' });
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  const prf = sequence(oid('hmacWithSha256'), der(TAG.nothing, Buffer.alloc(0)));
  const derivation = sequence(octets(salt), integer(ROUNDS), prf);
  const scheme = sequence(
    sequence(oid('pbkdf2'), derivation),
    sequence(oid('aes256Cbc'), octets(iv)),
  );
  return pem(sequence(sequence(oid('pbes2'), scheme), octets(sealed)));
}

function der(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

/** Definite form; nothing here is longer than 65,535 bytes. */
function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(TAG.sequence, Buffer.concat(parts));
const octets = (bytes: Buffer): Buffer => der(TAG.octets, bytes);
const oid = (name: keyof typeof OID): Buffer => der(TAG.oid, Buffer.from(OID[name]));

/** Positive, and below 2^31: the first byte's top bit stays clear. */
function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  const first = bytes.findIndex((byte, i) => byte !== 0 || i === 3);
  const isNegative = ((bytes[first] ?? 0) & 0x80) !== 0;
  return der(TAG.integer, isNegative ? bytes.subarray(first - 1) : bytes.subarray(first));
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  const label = 'ENCRYPTED PRIVATE KEY';
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
