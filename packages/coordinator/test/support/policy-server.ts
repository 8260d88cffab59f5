/** Stands in for Open Policy Agent: real HTTP, answers as told, and faults. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface PolicyAnswer {
  readonly status?: number;
  readonly location?: string;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string;
  readonly fault?: 'reset' | 'hang' | 'half';
}

export interface PolicyServer {
  /** Of the policy's document. */
  readonly url: string;
  readonly asked: readonly unknown[];
  /** What is answered from now on. */
  readonly answer: (how: PolicyAnswer) => void;
}

/** Call it in a test: it is gone when the test is. */
export async function policyServer(): Promise<PolicyServer> {
  const asked: unknown[] = [];
  let how: PolicyAnswer = { body: {} };
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const { method, url: path, headers } = request;
      asked.push({ method, path, authorization: headers.authorization, body: JSON.parse(text) });
      reply(request, response, how);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/data/trustmonitor/gate`,
    asked,
    answer: (next) => (how = next),
  };
}

function reply(request: IncomingMessage, response: ServerResponse, how: PolicyAnswer): void {
  const { status = 200, location, body, raw, fault } = how;
  if (fault === 'hang') return;
  if (fault === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const headers = { 'content-type': 'application/json', ...(location && { location }) };
  response.writeHead(status, headers);
  if (fault === 'half') response.write('{"result": {"allow": true');
  else response.end(raw ?? JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString('utf8');
  return text;
}
