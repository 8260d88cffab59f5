/** A webhook receiver that misbehaves as a test tells it to. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedMessage {
  /** `webhook-id`: the same for every attempt. */
  readonly id: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

/** How one request is answered. */
export type Reaction = (response: ServerResponse, socket: Socket) => void;

export const status =
  (code: number, headers: Record<string, string> = {}): Reaction =>
  (response) =>
    response.writeHead(code, headers).end();
export const hang: Reaction = () => undefined;
export const reset: Reaction = (_response, socket) => socket.resetAndDestroy();

export interface Receiver {
  readonly url: string;
  /** Every attempt, whatever it was answered. */
  readonly messages: readonly ReceivedMessage[];
  /** Reactions to the next requests for a path, in order; then, and otherwise, 204. */
  react(path: string, ...reactions: Reaction[]): void;
  /** One reaction to every request for a path, until `react` says otherwise. */
  always(path: string, reaction: Reaction): void;
  of(path: string): ReceivedMessage[];
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const messages: ReceivedMessage[] = [];
  const next = new Map<string, Reaction[]>();
  const always = new Map<string, Reaction>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      messages.push({
        id: String(request.headers['webhook-id']),
        path,
        headers: request.headers,
        body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>,
        atMs: performance.now(),
      });
      const react = next.get(path)?.shift() ?? always.get(path) ?? status(204);
      react(response, request.socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    messages,
    react(path, ...reactions) {
      always.delete(path);
      next.set(path, reactions);
    },
    always: (path, reaction) => void always.set(path, reaction),
    of: (path) => messages.filter((message) => message.path === path),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
