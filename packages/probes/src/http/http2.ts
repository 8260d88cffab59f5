/** HTTP/2 over a connection that we made and timed: one request, one stream. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { closedFailure, ProbeFailure, socketFailure } from '../failure.ts';
import type { ContentCollector } from './content.ts';
import {
  addHeader,
  type Exchange,
  MAX_HEAD_BYTES,
  MAX_HEADER_LINES,
  MAX_INTERIM_RESPONSES,
  type ResponseHead,
  type WireRequest,
} from './exchange.ts';

/** Of one session: pings, settings and half-sent headers included. */
const MAX_SESSION_MB = 4;

/**
 * Node's own client. undici's would do, but in 7.30 it throws where nobody can catch when the
 * socket under an HTTP/2 session is closed, which would end the agent.
 */
export const exchangeHttp2: Exchange = (run, socket, request, contentOf) =>
  run.step('exchange', (done, fail) => {
    let head: ResponseHead | undefined;
    let content: ContentCollector | null = null;
    let interim = 0;
    let phaseAt = performance.now();

    const session = sessionOver(socket, request.url.origin);
    run.onClose(() => session.destroy());
    const stream = session.request(headersOf(request), { endStream: request.body === null });
    const guarded = (take: () => void): void => {
      try {
        take();
      } catch (error) {
        fail(error);
      }
    };
    const finish = (): void => {
      if (head === undefined) return;
      run.mark('transferUs', phaseAt);
      stream.removeAllListeners('close');
      done({ head, content });
    };

    session.on('error', (error: Error) => fail(http2Failure(error, stream)));
    stream.on('error', (error: Error) => fail(http2Failure(error, stream)));
    stream.on('close', () => fail(closedFailure('exchange')));
    stream.on('headers', () => {
      interim += 1;
      if (interim > MAX_INTERIM_RESPONSES) fail(malformed('too many interim responses'));
    });
    stream.on('response', (fields) =>
      guarded(() => {
        phaseAt = run.mark('processingUs', phaseAt);
        head = headOf(fields);
        content = contentOf(head);
        if (content === null) finish();
      }),
    );
    stream.on('data', (chunk: Buffer) => guarded(() => content?.add(chunk)));
    stream.on('end', finish);
    if (request.body !== null) stream.end(request.body);
  });

function sessionOver(socket: Socket, origin: string): ClientHttp2Session {
  return connect(origin, {
    createConnection: () => socket,
    maxSessionMemory: MAX_SESSION_MB,
    maxHeaderListPairs: MAX_HEADER_LINES,
    settings: { enablePush: false, maxHeaderListSize: MAX_HEAD_BYTES },
  });
}

function headersOf({ method, url, headers }: WireRequest): OutgoingHttpHeaders {
  return {
    ...Object.fromEntries(headers),
    [constants.HTTP2_HEADER_METHOD]: method,
    [constants.HTTP2_HEADER_SCHEME]: url.protocol.slice(0, -1),
    [constants.HTTP2_HEADER_AUTHORITY]: url.host,
    [constants.HTTP2_HEADER_PATH]: url.pathname + url.search,
  };
}

function headOf(fields: IncomingHttpHeaders & IncomingHttpStatusHeader): ResponseHead {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) addHeader(headers, name, one);
  }
  return { version: '2', status: fields[':status'] ?? 0, headers };
}

function http2Failure(error: Error, stream: ClientHttp2Stream): ProbeFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ERR_HTTP2_STREAM_ERROR' && stream.rstCode !== constants.NGHTTP2_PROTOCOL_ERROR) {
    return new ProbeFailure('read_reset', error.message);
  }
  return code.startsWith('ERR_HTTP2_')
    ? malformed(error.message)
    : socketFailure(error, 'exchange');
}

function malformed(what: string): ProbeFailure {
  return new ProbeFailure('protocol_error', `not a valid HTTP/2 response: ${what}`);
}
