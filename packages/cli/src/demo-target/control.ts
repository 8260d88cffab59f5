/** The control endpoint: whoever knows the secret in the data folder may set the mode. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isDemoMode, type DemoMode } from './modes.ts';
import type { Shop } from './shop.ts';

const MAX_BODY_BYTES = 1_024;

export interface ControlOptions {
  readonly shop: Shop;
  readonly secret: string;
  /** Keeps the mode for the next start. */
  readonly remember: (mode: DemoMode) => Promise<void>;
}

/** `GET /mode` and `PUT /mode`, both as `{ "mode": ... }`. */
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
  if (request.url !== '/mode') return [404, { error: 'there is only /mode' }];
  if (request.method === 'GET') return [200, { mode: shop.mode }];
  if (request.method !== 'PUT') return [405, { error: 'use GET or PUT' }];
  const mode = await modeIn(request);
  if (mode === null) return [400, { error: 'the body must be {"mode": MODE}' }];
  await shop.setMode(mode);
  await remember(mode);
  return [200, { mode: shop.mode }];
}

async function modeIn(request: IncomingMessage): Promise<DemoMode | null> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (text.length > MAX_BODY_BYTES) return null;
  }
  try {
    const { mode } = JSON.parse(text) as { mode?: unknown };
    return isDemoMode(mode) ? mode : null;
  } catch {
    return null;
  }
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
