/** The addresses that jobs report to: public, and unguessable. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SecretBox } from '../secret-box.ts';

const SECRET_BYTES = 24;

/** Derived from the secret key, so that there is nothing to store and nothing to leak from a dump. */
export class PingAddresses {
  readonly #key: Buffer;
  readonly #publicUrl: string;

  constructor(secretBox: SecretBox, publicUrl: string) {
    this.#key = secretBox.deriveKey('trustmonitor ping address v1');
    this.#publicUrl = publicUrl;
  }

  urlOf(monitor: string): string {
    return `${this.#publicUrl}/ping/${monitor}/${this.#secretOf(monitor)}`;
  }

  /** Takes as long for a wrong secret as for the right one, whether there is such a monitor or not. */
  isRight(monitor: string, secret: string): boolean {
    const given = Buffer.from(secret);
    const expected = Buffer.from(this.#secretOf(monitor));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #secretOf(monitor: string): string {
    const mac = createHmac('sha256', this.#key).update(monitor).digest();
    return mac.subarray(0, SECRET_BYTES).toString('base64url');
  }
}
