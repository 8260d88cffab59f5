/** HTTP targets on loopback. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Target {
  readonly url: string;
  readonly port: number;
  /** Requests so far. */
  readonly requests: number;
  stop(): Promise<void>;
}

export async function startTarget(listener: RequestListener = answerOk): Promise<Target> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    get requests() {
      return requests;
    },
    stop: () => stop(server),
  };
}

/** A port that nothing listens on. */
export async function closedPort(): Promise<number> {
  const target = await startTarget();
  await target.stop();
  return target.port;
}

const answerOk: RequestListener = (_request, response) => {
  response.end('ok');
};

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
