/** HTTP servers whose behaviour a test sets and changes while they run. */
import http, { type RequestListener } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { Identity } from './certificates.ts';
import { listen, type Target } from './target.ts';

export interface HttpTarget extends Target {
  readonly url: string;
  /** What the next request meets. */
  handler: RequestListener;
}

export interface HttpTargetOptions {
  /** HTTPS with this identity. */
  readonly identity?: Identity;
  /** Ask for a client certificate of this authority (PEM), and insist on it. */
  readonly clientCa?: string;
  /** Offer HTTP/2 besides HTTP/1.1; needs an identity. */
  readonly http2?: boolean;
}

export async function startHttpTarget(
  handler: RequestListener = (_request, response) => response.end('ok'),
  options: HttpTargetOptions = {},
): Promise<HttpTarget> {
  let current = handler;
  const dispatch: RequestListener = (request, response) => current(request, response);
  const target = await listen(makeServer(dispatch, options));
  const scheme = options.identity === undefined ? 'http' : 'https';
  return {
    host: target.host,
    port: target.port,
    url: `${scheme}://${target.host}:${target.port}`,
    close: () => target.close(),
    get connections() {
      return target.connections;
    },
    get handler() {
      return current;
    },
    set handler(next: RequestListener) {
      current = next;
    },
  };
}

function makeServer(dispatch: RequestListener, options: HttpTargetOptions): http.Server {
  const { identity, clientCa } = options;
  if (identity === undefined) return http.createServer(dispatch);
  const secure = {
    cert: identity.certificate,
    key: identity.key,
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  };
  if (options.http2 !== true) return https.createServer(secure, dispatch);
  const server = http2.createSecureServer({ ...secure, allowHTTP1: true }, (request, response) =>
    // The compatibility API of HTTP/2 has all that the handlers of tests use.
    dispatch(request as never, response as never),
  );
  return server as unknown as http.Server;
}
