/** A target that can be broken, for everybody or for one region only. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Target {
  readonly url: string;
  /** Requests seen, by the region that the agent names in its user-agent. */
  readonly requests: ReadonlyMap<string, number>;
  /** Answers 503 from now on: to everybody, to the given regions, or (empty) to nobody. */
  fail(regions: 'all' | readonly string[]): void;
  close(): Promise<void>;
}

export async function startTarget(): Promise<Target> {
  let failing: 'all' | readonly string[] = [];
  const requests = new Map<string, number>();
  const server = createServer((request, response) => {
    const region = /\(region ([a-z0-9-]+)\)/.exec(request.headers['user-agent'] ?? '')?.[1] ?? '?';
    requests.set(region, (requests.get(region) ?? 0) + 1);
    const fails = failing === 'all' || failing.includes(region);
    response.writeHead(fails ? 503 : 200, { 'content-type': 'text/plain' });
    response.end(fails ? 'out of order' : 'fine');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    fail: (regions) => (failing = regions),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
