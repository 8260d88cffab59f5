/** What all fake targets have in common: an address on loopback, and a clean end. */
import type { Server, Socket } from 'node:net';

export const LOOPBACK = '127.0.0.1';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Cuts every connection, and resolves when the port is free. */
  close(): Promise<void>;
}

/** Listens on a free port, of loopback or `host`. `server` may be a TCP, TLS, HTTP or HTTP/2 server. */
export async function listen(server: Server, host = LOOPBACK): Promise<Target> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return {
    host,
    port: address.port,
    get connections() {
      return connections;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A loopback port where nothing listens. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const target = await listen(createServer());
  await target.close();
  return target.port;
}
