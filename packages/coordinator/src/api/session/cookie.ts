/** The cookies of a browser, unreadable to scripts: what it is known by, and a sign-in on its way. */
import type { FastifyRequest } from 'fastify';

/**
 * Browsers take a `__Host-` name only over https, with `Secure` and without a domain. So over https only
 * that name is read: a page of another subdomain can plant the plain one, with the session of somebody else.
 */
const nameOf = (name: string, isSecure: boolean): string => (isSecure ? `__Host-${name}` : name);
const SESSION = 'tm_session';
const SIGN_IN = 'tm_sign_in';

/** 32 bytes in base64url. */
const ID = '[A-Za-z0-9_-]{43}';
/** Base64, as it is sealed. */
const SEALED = '[A-Za-z0-9+/=]{1,2000}';

type Headers = Pick<FastifyRequest, 'headers'>;

/** The session's id; null where the request has none. `isSecure`: as `isOverHttps` says of it. */
export function sessionIdOf(request: Headers, isSecure: boolean): string | null {
  return cookieOf(request, nameOf(SESSION, isSecure), ID);
}

/** `Set-Cookie` for a session that has begun; with an empty id and 0 seconds for one that is over. */
export function sessionCookie(id: string, seconds: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : '';
  return `${nameOf(SESSION, isSecure)}=${id}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

/** The sign-in that this browser has begun elsewhere; null where it has begun none. */
export function pendingOf(request: Headers, isSecure: boolean): string | null {
  return cookieOf(request, nameOf(SIGN_IN, isSecure), SEALED);
}

/** `Lax`: the provider sends the browser back here, which is another site's doing. */
export function pendingCookie(sealed: string, seconds: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : '';
  return `${nameOf(SIGN_IN, isSecure)}=${sealed}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

/** Of each request by itself: the same API may be asked through a proxy, and on its own machine without. */
export function isOverHttps(
  { protocol, host }: Pick<FastifyRequest, 'protocol' | 'host'>,
  publicUrl: string,
): boolean {
  // Behind a proxy that ends TLS, it or the public address says so.
  const known = new URL(publicUrl);
  return protocol === 'https' || (known.protocol === 'https:' && known.host === host);
}

function cookieOf({ headers }: Headers, name: string, pattern: string): string | null {
  return (
    new RegExp(`(?:^|;\\s*)${name}=(${pattern})(?:;|$)`).exec(headers.cookie ?? '')?.[1] ?? null
  );
}
