/** `websocket`: the handshake (RFC 6455) by `ws` over our own connection, and one message. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { WebsocketCheck } from '@trustmonitor/protocol';
import { WebSocket } from 'ws';
import { matches } from '../assertions/engines.ts';
import { attempt } from '../attempt.ts';
import { closedFailure, excerpt, ProbeFailure, socketFailure } from '../failure.ts';
import { ContentCollector } from '../http/content.ts';
import { addHeader } from '../http/exchange.ts';
import { recordContent, recordHead } from '../http/record.ts';
import { connectTcp, connectTls } from '../net/connect.ts';
import { resolveTarget } from '../net/resolve.ts';
import { tlsProfile } from '../net/tls-profile.ts';
import type { Probe } from '../probe.ts';
import type { Run } from '../run.ts';
import { reveal, revealHeaders } from '../secrets.ts';

const MAX_MESSAGE_BYTES = 65_536;
/** A stream of messages, none of them the right one, is cut off here. */
const MAX_MESSAGES = 256;

export const probeWebsocket: Probe<WebsocketCheck> = (check, context) =>
  attempt(check, context, async (run) => {
    const socket = await open(run, check);
    const message = await converse(run, check, socket);
    if (message === null) return;
    const content = new ContentCollector(MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES);
    content.add(message);
    await recordContent(run, content, undefined);
  });

async function open(run: Run, check: WebsocketCheck): Promise<Socket> {
  const url = new URL(check.url);
  const secure = url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port === '' ? (secure ? 443 : 80) : url.port);
  const address = await resolveTarget(run, host, check.websocket.ipFamily);
  const endpoint = { address, host, port };
  if (!secure) return connectTcp(run, endpoint);
  return connectTls(run, endpoint, tlsProfile(check.websocket.tls, run.secrets), []);
}

/** The message that was expected, or the first one; null when none was asked for. */
async function converse(run: Run, check: WebsocketCheck, socket: Socket): Promise<Buffer | null> {
  const { expect, send } = check.websocket;
  const wantsMessage =
    expect !== null || check.assertions.some(({ subject }) => CONTENT.has(subject));
  let last: Buffer | undefined;
  try {
    return await run.step('exchange', (done, fail) => {
      const startedAt = performance.now();
      let messages = 0;
      const client = clientOver(run, check, socket);
      client.once('upgrade', (response) => {
        run.mark('processingUs', startedAt);
        recordResponse(run, check, response);
      });
      client.once('unexpected-response', (_request, response) => {
        run.mark('processingUs', startedAt);
        recordResponse(run, check, response);
        fail(refused(response));
      });
      client.once('open', () => {
        if (send !== null) client.send(reveal(send, run.secrets));
        if (!wantsMessage) done(null);
      });
      client.on('message', (data: Buffer) => {
        last = data;
        messages += 1;
        if (expect === null || matchesOrFails(expect, data, fail)) done(data);
        else if (messages >= MAX_MESSAGES) fail(closedFailure('exchange'));
      });
      client.once('error', (error) => fail(websocketFailure(error)));
      client.once('close', () => fail(closedFailure('exchange')));
    });
  } catch (error) {
    if (last === undefined || !(error instanceof ProbeFailure) || !LATE.has(error.failureClass))
      throw error;
    const said = JSON.stringify(excerpt(last.toString('utf8', 0, 400), 200));
    throw new ProbeFailure(
      'assertion_failed',
      `expected /${expect ?? ''}/, but the last message was ${said}`,
    );
  }
}

const CONTENT: ReadonlySet<string> = new Set(['body', 'json', 'jsonSchema', 'size', 'sha256']);
const LATE: ReadonlySet<string> = new Set(['read_timeout', 'read_reset']);

function clientOver(run: Run, check: WebsocketCheck, socket: Socket): WebSocket {
  const { headers, subprotocols } = check.websocket;
  const client = new WebSocket(check.url, subprotocols, {
    createConnection: () => socket,
    headers: Object.fromEntries(revealHeaders(headers, run.secrets)),
    followRedirects: false,
    // Compressed messages would have to be bounded twice.
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  run.onClose(() => {
    // An error after the end of the attempt says nothing any more.
    client.removeAllListeners().on('error', () => undefined);
    client.terminate();
  });
  return client;
}

function matchesOrFails(pattern: string, data: Buffer, fail: (error: unknown) => void): boolean {
  try {
    return matches(pattern, data.toString('utf8'));
  } catch (error) {
    fail(error);
    return false;
  }
}

function recordResponse(run: Run, check: WebsocketCheck, response: IncomingMessage): void {
  const headers = new Map<string, string>();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) addHeader(headers, name, value);
  }
  recordHead(run, check.assertions, { version: '1.1', status: response.statusCode ?? 0, headers });
}

function refused({ statusCode: status = 0 }: IncomingMessage): ProbeFailure {
  const detail = `the handshake was answered with status ${status}`;
  if (status >= 500 && status <= 599) return new ProbeFailure('server_error', detail);
  if (status >= 400 && status <= 499) return new ProbeFailure('client_error', detail);
  return new ProbeFailure('status_unexpected', detail);
}

/** `ws` and Node's HTTP parser say with a code what the socket did not. */
function websocketFailure(error: Error): ProbeFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return new ProbeFailure(
      'body_too_large',
      `a message is larger than ${MAX_MESSAGE_BYTES} bytes`,
    );
  }
  const fromSocket = /^E[A-Z]+$/.test(code) || code.startsWith('ERR_SSL_');
  return fromSocket
    ? socketFailure(error, 'exchange')
    : new ProbeFailure('protocol_error', `not a valid WebSocket: ${error.message}`);
}
