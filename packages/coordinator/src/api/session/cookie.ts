/** The cookie that a browser is known by: unreadable to scripts, sent to this origin's own pages only. */
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
