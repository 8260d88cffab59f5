/** The cookies of a browser, unreadable to scripts: what it is known by, and a sign-in on its way. */
import type { FastifyRequest } from 'fastify';

/** 32 bytes in base64url. */
const ID = '[A-Za-z0-9_-]{43}';

/** Browsers take the `__Host-` name only over https, with `Secure` and without a domain. */
const nameOf = (isSecure: boolean): string => (isSecure ? '__Host-tm_session' : 'tm_session');

/** The session's id; null where the request has none. */
export function sessionIdOf({ headers }: Pick<FastifyRequest, 'headers'>): string | null {
  const pattern = new RegExp(`(?:^|;\\s*)(?:__Host-)?tm_session=(${ID})(?:;|$)`);
  return pattern.exec(headers.cookie ?? '')?.[1] ?? null;
}

/** `Set-Cookie` for a session that has begun; with an empty id and 0 seconds for one that is over. */
export function sessionCookie(id: string, seconds: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : '';
  return `${nameOf(isSecure)}=${id}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

/** Behind a proxy that ends TLS, it or the public address says so. */
export function isOverHttps(
  { protocol, host }: Pick<FastifyRequest, 'protocol' | 'host'>,
  publicUrl: string,
): boolean {
  const known = new URL(publicUrl);
  return protocol === 'https' || (known.protocol === 'https:' && known.host === host);
}

/** Base64, as it is sealed. */
const SEALED = '[A-Za-z0-9+/=]{1,2000}';

/** The sign-in that this browser has begun elsewhere; null where it has begun none. */
export function pendingOf({ headers }: Pick<FastifyRequest, 'headers'>): string | null {
  const pattern = new RegExp(`(?:^|;\\s*)(?:__Host-)?tm_sign_in=(${SEALED})(?:;|$)`);
  return pattern.exec(headers.cookie ?? '')?.[1] ?? null;
}

/** `Lax`: the provider sends the browser back here, which is another site's doing. */
export function pendingCookie(sealed: string, seconds: number, isSecure: boolean): string {
  const name = isSecure ? '__Host-tm_sign_in' : 'tm_sign_in';
  const secure = isSecure ? '; Secure' : '';
  return `${name}=${sealed}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}
