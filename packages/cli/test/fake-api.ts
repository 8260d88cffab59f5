/** A real HTTP server that answers as it is told, and remembers what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { tm, type Ran, type RunOptions } from './harness.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly body: unknown;
}

export interface FakeApi {
  readonly url: string;
  readonly asked: readonly Asked[];
}

/** `answer` is called with each request; a string body is sent as it is. */
export async function fakeApi(answer: (asked: Asked) => FakeAnswer): Promise<FakeApi> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void read(request).then((text) => {
      const one: Asked = {
        method: request.method ?? '',
        url: request.url ?? '',
        authorization: request.headers.authorization,
        body: text === '' ? null : JSON.parse(text),
      };
      asked.push(one);
      const { status = 200, body } = answer(one);
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString('utf8');
  return text;
}

/** A notice that is open. */
export const LOST_REGION = {
  ...{ id: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17', topic: 'region.lost', subject: 'eu' },
  ...{ detail: 'No agent in eu is heard of', state: 'open', told: true },
  ...{ beganAt: '2026-01-31T12:00:00.000Z', endedAt: null },
};

export function problem(status: number, code: string, more: object = {}): FakeAnswer {
  return {
    status,
    body: {
      type: `https://trustmonitor.dev/errors/${code}`,
      title: 'A title',
      status,
      detail: 'what happened in this case',
      code,
      errors: [],
      requestId: 'r-1',
      ...more,
    },
  };
}

/** Runs the command against such a server. */
export async function tmWith(
  args: readonly string[],
  answer: (asked: Asked) => FakeAnswer,
  options: RunOptions = {},
): Promise<Ran & Pick<FakeApi, 'asked'>> {
  const api = await fakeApi(answer);
  const env = { TM_URL: api.url, TM_TOKEN: 't', ...options.env };
  return { ...(await tm(args, { ...options, env })), asked: api.asked };
}
