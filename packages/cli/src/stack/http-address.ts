/** Where the API of a local stack listens. */
import { createServer } from 'node:net';
import { TrustMonitorError } from '@trustmonitor/protocol';

export const DEFAULT_HTTP_ADDRESS = '127.0.0.1:7070';

/** How many ports above a taken one are tried. */
const PORTS_TRIED = 100;

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`; IPv6 hosts in brackets; port 0 is any free one. Throws `config.invalid`. */
export function parseHttpAddress(text: string): HttpAddress {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] !== undefined && port <= 65_535) {
    return { host: match[1].replace(/^\[|\]$/g, ''), port };
  }
  throw new TrustMonitorError('config.invalid', `"${text}" is not host:port`, {
    where: '--http-addr (TM_HTTP_ADDR)',
    hint: `write it as in ${DEFAULT_HTTP_ADDRESS}`,
  });
}

export function formatHttpAddress({ host, port }: HttpAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The URL to reach it at from this machine: `0.0.0.0` is where it listens, not where it is. */
export function urlOf({ host, port }: HttpAddress): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${formatHttpAddress({ host: reachable, port })}`;
}

/**
 * The wanted address, or the next free port above it; `note` is told when it is taken.
 *
 * Throws `port.taken` when there is none, and `config.invalid` for a host that is not ours.
 */
export async function freeAddress(
  wanted: HttpAddress,
  note: (line: string) => void,
): Promise<HttpAddress> {
  const last = Math.min(65_535, wanted.port + PORTS_TRIED);
  for (let port = wanted.port; port <= last; port++) {
    const bound = await tryToBind({ ...wanted, port });
    if (bound === null) continue;
    if (bound !== wanted.port && wanted.port !== 0) {
      note(`port ${wanted.port} is taken; the API gets ${bound}`);
    }
    return { host: wanted.host, port: bound };
  }
  throw new TrustMonitorError('port.taken', `no port from ${wanted.port} to ${last} is free`, {
    where: formatHttpAddress(wanted),
    hint: 'name a free one with --http-addr (TM_HTTP_ADDR)',
  });
}

/** The port that could be had, or null when somebody has it. */
function tryToBind({ host, port }: HttpAddress): Promise<number | null> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EADDRINUSE') resolve(null);
      else reject(unusable({ host, port }, cause));
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}

function unusable(address: HttpAddress, cause: NodeJS.ErrnoException): TrustMonitorError {
  const why = cause.code === 'EACCES' ? 'this user may not listen there' : cause.message;
  return new TrustMonitorError(
    'config.invalid',
    `the API cannot listen on ${formatHttpAddress(address)}: ${why}`,
    {
      where: '--http-addr (TM_HTTP_ADDR)',
      hint: 'name an address of this machine and a port above 1023',
      cause,
    },
  );
}
