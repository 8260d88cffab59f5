/** What callers are known by, and the form of a token: `tm_<secret>_<checksum>`. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'tm_';
const SECRET_BYTES = 32;
const CHECKSUM_CHARACTERS = 8;

/** What nobody can guess: of a token, a session, or a link that signs in. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** A scanner can find one in a leak, and a typo is told from a guess. */
export function newToken(): string {
  const secret = newSecret();
  return `${PREFIX}${secret}_${checksum(secret)}`;
}

function checksum(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, CHECKSUM_CHARACTERS);
}

export function isWellFormed(token: string): boolean {
  const at = token.lastIndexOf('_');
  if (!token.startsWith(PREFIX) || at <= PREFIX.length) return false;
  const given = Buffer.from(token.slice(at + 1));
  const expected = Buffer.from(checksum(token.slice(PREFIX.length, at)));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** What is stored of a token. */
export const hashToken = (token: string): string =>
  createHash('sha256').update(token).digest('hex');
