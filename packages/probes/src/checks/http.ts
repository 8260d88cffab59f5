/** `http`: a request, its redirects, and the answer. */
import type { Socket } from 'node:net';
import { MAX_SHAPED_BYTES, type HttpCheck } from '@trustmonitor/protocol';
import { needsContent } from '../assertions/plan.ts';
import { attempt } from '../attempt.ts';
import { ProbeFailure } from '../failure.ts';
import { ContentCollector } from '../http/content.ts';
import type { Exchange, ResponseHead } from '../http/exchange.ts';
import { exchangeHttp1 } from '../http/http1.ts';
import { exchangeHttp2 } from '../http/http2.ts';
import { recordContent, recordHead, recordShape } from '../http/record.ts';
import { isJsonType } from '../http/response-shape.ts';
import { firstHop, type Hop, isRedirect, nextHop, publicUrl } from '../http/request.ts';
import { connectTcp, connectTls } from '../net/connect.ts';
import { resolveTarget } from '../net/resolve.ts';
import { tlsProfile } from '../net/tls-profile.ts';
import type { Probe } from '../probe.ts';
import type { Run } from '../run.ts';

export const probeHttp: Probe<HttpCheck> = (check, context) =>
  attempt(check, context, async (run) => {
    let hop = firstHop(run, check);
    let head = await exchangeOnce(run, check, hop);
    while (check.http.followRedirects && isRedirect(head)) {
      if (run.seen.redirects.length >= check.http.maxRedirects) {
        throw new ProbeFailure(
          'too_many_redirects',
          `more than ${check.http.maxRedirects} redirects`,
        );
      }
      hop = nextHop(run, check, hop, head);
      run.seen.redirects.push(publicUrl(hop.url));
      head = await exchangeOnce(run, check, hop);
    }
  });

/** One hop: guarded, over a connection of its own, with its answer written down. */
async function exchangeOnce(run: Run, check: HttpCheck, hop: Hop): Promise<ResponseHead> {
  const { socket, exchange } = await open(run, check, hop);
  const { head, content } = await exchange(run, socket, hop, (seen) => {
    recordHead(run, check.assertions, seen);
    if (check.http.followRedirects && isRedirect(seen)) return null;
    recordShape(run, seen);
    const encoding = seen.headers.get('content-encoding');
    return new ContentCollector(check.http.maxBodyBytes, bytesToKeep(check, seen), encoding);
  });
  socket.destroy();
  if (content !== null) await recordContent(run, content, check.http.captureBody);
  return head;
}

/** All of it for assertions and excerpts; of other JSON as much as its shape is made of. */
function bytesToKeep({ assertions, http }: HttpCheck, { headers }: ResponseHead): number {
  if (needsContent(assertions) || http.captureBody === 'excerpt') return http.maxBodyBytes;
  const isShaped = http.captureBody !== 'none' && isJsonType(headers.get('content-type') ?? '');
  return isShaped ? MAX_SHAPED_BYTES : 0;
}

async function open(
  run: Run,
  check: HttpCheck,
  { url, foreign }: Hop,
): Promise<{ socket: Socket; exchange: Exchange }> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const address = await resolveTarget(run, host, check.http.ipFamily);
  if (url.protocol === 'http:') {
    const port = Number(url.port === '' ? 80 : url.port);
    return { socket: await connectTcp(run, { address, port, host }), exchange: exchangeHttp1 };
  }
  const port = Number(url.port === '' ? 443 : url.port);
  const profile = tlsProfile(check.http.tls, foreign ? null : run.secrets);
  const socket = await connectTls(run, { address, port, host }, profile, ALPN[check.http.version]);
  if (socket.alpnProtocol === 'h2') return { socket, exchange: exchangeHttp2 };
  if (check.http.version === '2') {
    throw new ProbeFailure('protocol_error', 'the server does not speak HTTP/2');
  }
  return { socket, exchange: exchangeHttp1 };
}

const ALPN = { '1.1': [], '2': ['h2'], auto: ['h2', 'http/1.1'] } as const;
