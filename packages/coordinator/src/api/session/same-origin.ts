/**
 * A browser sends its cookies with whatever it is made to send, so what a cookie authorises must come
 * from a page of ours. `SameSite=Strict` sees to that in part; a page on another port or subdomain is
 * of the same site all the same.
 */
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { FastifyRequest } from 'fastify';

/** A page of another origin cannot set it without being allowed to, and nobody is. */
const CONSOLE_HEADER = 'x-trustmonitor-console';

/** Throws `auth.forbidden` for a write that is not known to come from a page of this origin. */
export function requireSameOrigin({ method, headers, host }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return;
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isForeign =
    (origin !== undefined && hostOf(origin) !== host) ||
    (site !== undefined && site !== 'same-origin');
  if (!isForeign && headers[CONSOLE_HEADER] !== undefined) return;
  throw new TrustMonitorError(
    'auth.forbidden',
    isForeign ? 'another site asked for this' : `the header ${CONSOLE_HEADER} is missing`,
    { hint: 'Sessions are for the console alone: programs send a token.' },
  );
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
