/** The demo target: a little shop that is open, or in trouble as it is told. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { modeFor, type DemoMode, type DemoState } from './modes.ts';

/** Longer than the demo monitor waits, and than any retry inside one job. */
const SLOW_MS = 10_000;

const OPEN = { shop: 'open', itemsInStock: 128 };
const NONSENSE = { shop: 'unknown', itemsInStock: -1 };

/** Which answer each mode gives. `closed` is not here: nobody listens then. */
const ANSWERS: Readonly<Record<Exclude<DemoMode, 'closed'>, (response: ServerResponse) => void>> = {
  ok: (response) => send(response, 200, OPEN),
  broken: (response) => send(response, 503, { error: 'broken by `trustmonitor demo break`' }),
  wrong: (response) => send(response, 200, NONSENSE),
  slow(response) {
    const timer = setTimeout(() => send(response, 200, OPEN), SLOW_MS);
    response.on('close', () => clearTimeout(timer));
  },
};

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify(body)}\n`);
}

export interface Shop {
  /** The port it has, or last had. */
  readonly port: number;
  readonly state: DemoState;
  /** Rejects when the state asks for the port back and somebody else has it. */
  setState(state: DemoState): Promise<void>;
  close(): Promise<void>;
}

/** Opens the shop on `port` (0 for any that is free), in `state`. */
export async function openShop(port: number, state: DemoState): Promise<Shop> {
  let current = state;
  const server = createServer((request, response) => {
    const mode = modeFor(current, request.headers['user-agent']);
    if (mode === 'closed') response.destroy();
    else ANSWERS[mode](response);
  });
  let own = await listen(server, port);
  if (state.mode === 'closed') await stop(server);

  return {
    get port() {
      return own;
    },
    get state() {
      return current;
    },
    async setState(next) {
      const isClosed = next.mode === 'closed';
      if (isClosed && server.listening) await stop(server);
      if (!isClosed && !server.listening) own = await listen(server, own);
      current = next;
    },
    close: () => stop(server),
  };
}

export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
