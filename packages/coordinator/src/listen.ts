/** Opens the API's port, and says what to do when it cannot. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { Api } from './api/app.ts';

/** Returns the URL. Throws `port.taken`, or `config.invalid` for an address that is not ours. */
export async function listen(api: Api, host: string, port: number): Promise<string> {
  try {
    return await api.listen({ host, port });
  } catch (cause) {
    throw notListening(host, port, cause);
  }
}

/** Throws as `listen` would, before anything depends on it. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw notListening(host, port, cause);
  }
  server.close();
  await once(server, 'close');
}

function notListening(host: string, port: number, cause: unknown): TrustMonitorError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return new TrustMonitorError('port.taken', `port ${port} on ${host} is in use`, {
      where: 'TM_HTTP_ADDR',
      hint: 'Stop what listens there, or set TM_HTTP_ADDR to another host:port.',
      cause,
    });
  }
  return new TrustMonitorError('config.invalid', `the API cannot listen on ${host}:${port}`, {
    where: 'TM_HTTP_ADDR',
    hint: 'Use an address of this machine and a port that this user may open.',
    cause,
  });
}
