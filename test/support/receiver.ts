/** A webhook receiver outside the system: keeps what it gets, and can refuse for a while. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Told {
  readonly type: string;
  readonly incident: string;
  /** Messages about the monitoring itself are about no monitor. */
  readonly monitor?: { readonly id: string };
  /** What of the monitoring fails. */
  readonly topic?: string;
  readonly links: { readonly evidence: string };
  readonly summary: string;
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Told & { readonly alerts?: readonly Told[] };
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** The same, with those told together each by itself. */
  readonly told: readonly Told[];
  /** Status to answer with from now on. */
  answerWith(status: number): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Received['body'];
      if (status < 300) received.push({ headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    get told() {
      return received.flatMap(({ body }) => body.alerts ?? [body]);
    },
    answerWith: (next) => (status = next),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
