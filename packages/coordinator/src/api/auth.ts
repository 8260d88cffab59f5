/** Bearer tokens: who asks, and what they may do. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { FastifyRequest } from 'fastify';
import { readOrCreate } from '../private-file.ts';
import type { Queryable } from '../store/database.ts';
import { insertToken, useToken, type StoredToken } from '../store/tokens.ts';

/** `read` sees everything but secrets; `write` changes monitors and channels. */
export type Scope = 'read' | 'write';

const PREFIX = 'tm_';
const SECRET_BYTES = 32;
const CHECKSUM_CHARACTERS = 8;

/** `tm_<secret>_<checksum>`: a scanner can find one in a leak, and a typo is told from a guess. */
export function newToken(): string {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return `${PREFIX}${secret}_${checksum(secret)}`;
}

function checksum(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, CHECKSUM_CHARACTERS);
}

function isWellFormed(token: string): boolean {
  const at = token.lastIndexOf('_');
  if (!token.startsWith(PREFIX) || at <= PREFIX.length) return false;
  const given = Buffer.from(token.slice(at + 1));
  const expected = Buffer.from(checksum(token.slice(PREFIX.length, at)));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export const hashToken = (token: string): string =>
  createHash('sha256').update(token).digest('hex');

/** Makes the admin token at the first start, and makes sure that the database knows it. */
export async function ensureAdminToken(db: Queryable, file: string): Promise<void> {
  const token = await readOrCreate(file, newToken);
  if (!isWellFormed(token)) {
    throw new TrustMonitorError('config.invalid', `${file} does not hold a token`, {
      where: file,
      hint: 'Remove the file: the next start makes a new token.',
    });
  }
  await insertToken(db, { name: 'admin', hash: hashToken(token), scopes: ['read', 'write'] });
}

/** The caller's token, if it has `scope`. Throws `auth.missing|refused|forbidden`. */
export async function authorise(
  request: FastifyRequest,
  db: Queryable,
  scope: Scope,
): Promise<StoredToken> {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new TrustMonitorError('auth.missing', 'this needs a token', {
      hint: 'Send "Authorization: Bearer TOKEN". A local stack keeps its own in .trustmonitor/admin.token.',
    });
  }
  // A malformed token costs no query.
  const known = isWellFormed(token) ? await useToken(db, hashToken(token)) : null;
  if (known === null) throw new TrustMonitorError('auth.refused', 'the token is not valid');
  if (!known.scopes.includes(scope)) {
    throw new TrustMonitorError('auth.forbidden', `the token ${known.name} lacks "${scope}"`);
  }
  return known;
}
