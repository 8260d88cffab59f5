/** Opens a port of the agent's, and says what to do when it cannot. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TrustMonitorError } from '@trustmonitor/protocol';

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

/** Returns the URL. Throws `port.taken`, or `config.invalid` for an address that is not ours. */
export async function listenAt(
  server: Server,
  { host, port }: HttpAddress,
  setting: string,
): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    throw new TrustMonitorError(
      isTaken ? 'port.taken' : 'config.invalid',
      isTaken ? `port ${port} on ${host} is in use` : `the agent cannot listen on ${host}:${port}`,
      {
        where: setting,
        hint: `Set ${setting} to a host:port of this machine that is free.`,
        cause,
      },
    );
  });
  const { port: bound } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}

export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
