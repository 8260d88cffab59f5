/** Secrets of monitors at rest: AES-256-GCM, bound to the monitor and the name they belong to. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { readOrCreate } from './private-file.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export class SecretBox {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) {
      throw new TrustMonitorError('config.invalid', 'the secret key must have 32 bytes', {
        where: 'TM_SECRET_KEY_FILE',
        hint: 'The file holds 64 hexadecimal digits. Restore it from a backup.',
      });
    }
    this.#key = key;
  }

  /** A key for another purpose, which tells nothing about this one (HKDF, RFC 5869). */
  deriveKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, '', purpose, KEY_BYTES));
  }

  /** Returns base64 of nonce, ciphertext and tag. */
  seal(monitor: string, name: string, value: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(owner(monitor, name));
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64');
  }

  /** Throws `key.invalid` when the key is another one or the value was tampered with. */
  open(monitor: string, name: string, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const nonce = bytes.subarray(0, NONCE_BYTES);
      // The length is said: a shorter tag would be easier to guess.
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, options);
      decipher.setAAD(owner(monitor, name));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([opened, decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new TrustMonitorError('key.invalid', `secret ${name} of ${monitor} cannot be read`, {
        where: 'TM_SECRET_KEY_FILE',
        hint: 'The key is not the one it was written with: restore it, or write the secret again.',
        cause,
      });
    }
  }

  openAll(monitor: string, sealed: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(sealed).map(([name, value]) => [name, this.open(monitor, name, value)]),
    );
  }

  sealAll(monitor: string, values: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, this.seal(monitor, name, value)]),
    );
  }
}

/** Opens the box with the key in `file`, making the key if there is none. */
export async function openSecretBox(file: string): Promise<SecretBox> {
  return new SecretBox(Buffer.from(await readOrCreate(file, newSecretKey), 'hex'));
}

/** Text of a key file. */
export const newSecretKey = (): string => randomBytes(KEY_BYTES).toString('hex');

function owner(monitor: string, name: string): Buffer {
  return Buffer.from(`${monitor}\n${name}`);
}
