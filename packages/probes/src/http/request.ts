/** The request of an HTTP check, and the one that a redirect leads to. */
import type { HttpCheck } from '@trustmonitor/protocol';
import { ProbeFailure } from '../failure.ts';
import type { Run } from '../run.ts';
import { reveal, revealHeaders } from '../secrets.ts';
import type { ResponseHead, WireRequest } from './exchange.ts';

const USER_AGENT = 'TrustMonitor/0.1';
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A request on its way through redirects. `foreign`: it has left the origin it was made for. */
export interface Hop extends WireRequest {
  readonly foreign: boolean;
}

export function firstHop(run: Run, check: HttpCheck): Hop {
  const { method, body } = check.http;
  return {
    method,
    url: urlOf(run, check),
    headers: headersFor(run, check, false),
    body: body === null ? null : reveal(body, run.secrets),
    foreign: false,
  };
}

/** With the parameters that are secret. They are sent encoded, and may be told back like that. */
function urlOf(run: Run, check: HttpCheck): URL {
  const url = new URL(check.url);
  const added = Object.entries(check.http.query ?? {}).map(([name, ref]) => {
    const value = encodeURIComponent(reveal(ref, run.secrets));
    run.sensitive.push(value);
    return `${encodeURIComponent(name)}=${value}`;
  });
  if (added.length > 0) url.search = [url.search.slice(1), ...added].filter(Boolean).join('&');
  return url;
}

function headersFor(run: Run, check: HttpCheck, foreign: boolean): [string, string][] {
  const headers = new Map([
    ['user-agent', run.context.userAgent ?? USER_AGENT],
    ['accept', '*/*'],
    ['accept-encoding', 'identity'],
    ...revealHeaders(check.http.headers, run.secrets, foreign),
  ]);
  if (!foreign && check.http.auth !== null)
    headers.set('authorization', authorization(run, check.http.auth));
  if (check.http.traceparent && run.context.traceparent !== undefined) {
    headers.set('traceparent', run.context.traceparent);
  }
  for (const name of FRAMING) headers.delete(name);
  return [...headers];
}

/** These say how this very message is sent, which is not for a monitor to choose. */
const FRAMING = [
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
];

function authorization(run: Run, auth: NonNullable<HttpCheck['http']['auth']>): string {
  if (auth.scheme === 'bearer') return `Bearer ${reveal(auth.token, run.secrets)}`;
  const pair = `${auth.username}:${reveal(auth.password, run.secrets)}`;
  const encoded = Buffer.from(pair, 'utf8').toString('base64');
  run.sensitive.push(encoded);
  return `Basic ${encoded}`;
}

export function isRedirect(head: ResponseHead): boolean {
  return REDIRECTS.has(head.status) && head.headers.has('location');
}

/**
 * Where the response leads, with the method as browsers change it (Fetch, "HTTP-redirect
 * fetch"). Nothing that is secret goes to another origin, and never again after that.
 */
export function nextHop(run: Run, check: HttpCheck, hop: Hop, head: ResponseHead): Hop {
  const url = locationOf(head.headers.get('location') ?? '', hop.url);
  const foreign = hop.foreign || url.origin !== hop.url.origin;
  const toGet =
    (head.status === 303 && hop.method !== 'HEAD') ||
    ((head.status === 301 || head.status === 302) && hop.method === 'POST');
  const body = toGet ? null : hop.body;
  if (foreign && body !== null && typeof check.http.body !== 'string') {
    throw new ProbeFailure(
      'blocked_target',
      `a redirect to ${url.origin} would take the secret body to another origin`,
    );
  }
  return {
    method: toGet ? 'GET' : hop.method,
    url,
    headers: headersFor(run, check, foreign),
    body,
    foreign,
  };
}

function locationOf(location: string, base: URL): URL {
  const url = URL.canParse(location, base.href) ? new URL(location, base) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ProbeFailure(
      'protocol_error',
      `redirects to ${JSON.stringify(location.slice(0, 200))}`,
    );
  }
  return url;
}

/** As it may be published: queries and fragments of redirects often hold tokens. */
export function publicUrl(url: URL): string {
  return (url.origin + url.pathname).slice(0, 2_048);
}
