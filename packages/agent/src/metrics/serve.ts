/** `GET /metrics`, without a token: the address is chosen so that only Prometheus reaches it. */
import { createServer, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { closeServer, listenAt, type HttpAddress } from '../listen.ts';
import type { AgentMetrics } from './metrics.ts';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const REQUEST_TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 16;

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Throws `port.taken`, or `config.invalid` for an address that is not ours. */
export async function serveMetrics(
  metrics: Pick<AgentMetrics, 'text'>,
  address: HttpAddress,
  log: Logger,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      send(response, 404, 'the only path is /metrics\n');
      return;
    }
    if (request.method !== 'GET') {
      send(response, 405, 'GET it\n');
      return;
    }
    metrics.text().then(
      (text) => send(response, 200, text),
      () => send(response, 500, 'the metrics cannot be read\n'),
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  const url = await listenAt(server, address, 'TM_METRICS_ADDR');
  log.info({ url }, 'metrics are shown');
  return { url, close: () => closeServer(server) };
}

function send(response: ServerResponse, status: number, body: string): void {
  const type = status === 200 ? TYPE : 'text/plain; charset=utf-8';
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
