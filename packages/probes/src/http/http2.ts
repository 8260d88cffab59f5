/** HTTP through undici: the client for HTTP/2, over a connection that we made and timed. */
import { Client, type Dispatcher, errors } from 'undici';
import { ProbeFailure, socketFailure } from '../failure.ts';
import type { ContentCollector } from './content.ts';
import {
  addHeader,
  type Exchange,
  MAX_HEAD_BYTES,
  MAX_HEADER_LINES,
  type ResponseHead,
  type WireRequest,
} from './exchange.ts';

/** Speaks whatever the connection's ALPN agreed on; `http1.ts` is the cheaper way to HTTP/1.1. */
export const exchangeUndici: Exchange = (run, socket, request, contentOf) =>
  run.step('exchange', (done, fail) => {
    let head: ResponseHead | undefined;
    let content: ContentCollector | null = null;
    let phaseAt = performance.now();

    const version = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2' ? '2' : '1.1';
    const client = clientOver(socket, request.url.origin);
    run.onClose(() => void client.destroy().catch(() => undefined));
    const stop = (error: unknown): void =>
      fail(error instanceof ProbeFailure ? error : undiciFailure(error));

    client.dispatch(dispatchOptions(request), {
      onRequestStart() {
        phaseAt = performance.now();
      },
      onResponseStart(controller, status, headers) {
        if (status < 200) return;
        phaseAt = run.mark('processingUs', phaseAt);
        try {
          head = { version, status, headers: headersOf(headers) };
          content = contentOf(head);
        } catch (error) {
          fail(error);
        }
        if (content !== null || head === undefined) return;
        run.mark('transferUs', phaseAt);
        done({ head, content });
      },
      onResponseData(_controller, chunk) {
        try {
          content?.add(chunk);
        } catch (error) {
          fail(error);
        }
      },
      onResponseEnd() {
        run.mark('transferUs', phaseAt);
        if (head !== undefined) done({ head, content });
      },
      onResponseError: (_controller, error) => stop(error),
    });
  });

function clientOver(socket: Parameters<Exchange>[1], origin: string): Client {
  return new Client(origin, {
    connect: (_options, callback) => callback(null, socket),
    allowH2: true,
    maxHeaderSize: MAX_HEAD_BYTES,
    // The attempt's own deadline covers everything.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function dispatchOptions(request: WireRequest): Dispatcher.DispatchOptions {
  return {
    method: request.method,
    path: request.url.pathname + request.url.search,
    headers: Object.fromEntries(request.headers),
    body: request.body,
    reset: true,
  };
}

function headersOf(raw: Record<string, string | string[] | undefined>): Map<string, string> {
  const headers = new Map<string, string>();
  let lines = 0;
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) {
      lines += 1;
      addHeader(headers, name.toLowerCase(), one);
    }
  }
  if (lines > MAX_HEADER_LINES) {
    throw new ProbeFailure('protocol_error', 'not a valid HTTP response: too many header lines');
  }
  return headers;
}

function undiciFailure(error: unknown): ProbeFailure {
  if (error instanceof errors.SocketError) return new ProbeFailure('read_reset', error.message);
  if (
    isSystemError(error) &&
    !error.code.startsWith('ERR_HTTP2') &&
    !error.code.startsWith('UND_')
  ) {
    return error.code.startsWith('HPE_') ? malformed(error) : socketFailure(error, 'exchange');
  }
  return malformed(error);
}

function malformed(error: unknown): ProbeFailure {
  const reason = error instanceof Error ? error.message : String(error);
  return new ProbeFailure('protocol_error', `not a valid HTTP response: ${reason}`);
}

function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
