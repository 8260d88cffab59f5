/** The console before a server of the test's own, which is slow, away or renewed whenever a test says so. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';

const SITE = resolve(import.meta.dirname, '../../packages/console/dist');
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** What a path answers: JSON, or another status than 200 with the server's words. */
export type Answer = object | { readonly status: number; readonly detail: string };

export interface ConsoleServer {
  readonly url: string;
  /** How often each was asked for, as `GET /v1/monitors`; without the query. */
  readonly asked: ReadonlyMap<string, number>;
  /** Requests that the page gave up before they were answered. */
  readonly givenUp: readonly string[];
  /** Answers to such a request wait until the function that it returns is called. */
  hold(request: string): () => void;
  /** What matches is not there any more. */
  renew(assets: RegExp): void;
  /** To all that listen. */
  tell(event: { readonly type: string }): void;
  /** Ends the streams; new ones get this status. */
  endStreams(status: number): void;
  close(): Promise<void>;
}

/** `answer`: what the API says to `GET /v1/monitors` and the like. */
export async function startConsoleServer(
  answer: (request: string, query: URLSearchParams) => Answer,
): Promise<ConsoleServer> {
  const asked = new Map<string, number>();
  const givenUp: string[] = [];
  const held = new Map<string, Promise<void>>();
  const streams = new Set<ServerResponse>();
  let streamStatus = 200;
  let gone: RegExp | null = null;

  async function api(request: string, url: URL, response: ServerResponse): Promise<void> {
    asked.set(request, (asked.get(request) ?? 0) + 1);
    if (request === 'GET /v1/events' && streamStatus === 200) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('\n');
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    response.on('close', () => {
      if (!response.writableFinished) givenUp.push(request);
    });
    await held.get(request);
    const body: Answer =
      request === 'GET /v1/events' ? { status: streamStatus } : answer(request, url.searchParams);
    const status = 'status' in body && typeof body.status === 'number' ? body.status : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  async function file({ pathname }: URL, response: ServerResponse): Promise<void> {
    const type = TYPES[extname(pathname)];
    if (gone?.test(pathname) === true) return void response.writeHead(404).end();
    const body = await readFile(join(SITE, type === undefined ? 'index.html' : pathname));
    response.writeHead(200, { 'content-type': type ?? 'text/html' }).end(body);
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://console');
    const isApi = url.pathname.startsWith('/v1/');
    await (isApi ? api(`${request.method} ${url.pathname}`, url, response) : file(url, response));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    givenUp,
    hold(request) {
      let release = (): void => undefined;
      held.set(request, new Promise((end) => (release = end)));
      return () => {
        held.delete(request);
        release();
      };
    },
    renew: (assets) => void (gone = assets),
    tell(event) {
      const text = `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
      for (const stream of streams) stream.write(text);
    },
    endStreams(status) {
      streamStatus = status;
      if (status !== 200) for (const stream of streams) stream.destroy();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
