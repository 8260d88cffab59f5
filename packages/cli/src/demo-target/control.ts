/** The control endpoint: whoever knows the secret in the data folder may set the state. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { parseState, type DemoState } from './modes.ts';
import type { Shop } from './shop.ts';

const MAX_BODY_BYTES = 1_024;

export interface ControlOptions {
  readonly shop: Shop;
  readonly secret: string;
  /** Keeps the state for the next start. */
  readonly remember: (state: DemoState) => Promise<void>;
}

/** `GET /state` and `PUT /state`. */
export function controlServer(options: ControlOptions): Server {
  return createServer((request, response) => {
    answer(request, options).then(
      ([status, body]) => reply(response, status, body),
      (error: unknown) => reply(response, 500, { error: String(error) }),
    );
  });
}

type Answer = readonly [status: number, body: object];

async function answer(request: IncomingMessage, options: ControlOptions): Promise<Answer> {
  const { shop, secret, remember } = options;
  if (!isSame(request.headers.authorization ?? '', `Bearer ${secret}`)) {
    return [403, { error: 'the secret is wrong' }];
  }
  if (request.url !== '/state') return [404, { error: 'there is only /state' }];
  if (request.method === 'GET') return [200, shop.state];
  if (request.method !== 'PUT') return [405, { error: 'use GET or PUT' }];
  const state = parseState(await bodyOf(request));
  if (state === null) return [400, { error: 'the body is no state' }];
  await shop.setState(state);
  await remember(state);
  return [200, shop.state];
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (text.length > MAX_BODY_BYTES) return '';
  }
  return text;
}

/** Hashed first, so that the time taken says nothing about the secret, its length included. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(body));
}
