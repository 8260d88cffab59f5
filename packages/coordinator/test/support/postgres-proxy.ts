/** Stands between the coordinator and PostgreSQL, and hangs up at the worst moment. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A simple query on the wire: `Q`, its length, its text, NUL. */
const COMMIT = Buffer.concat([Buffer.from('Q'), Buffer.of(0, 0, 0, 11), Buffer.from('commit\0')]);

export interface PostgresProxy {
  /** URL to give to the coordinator. */
  readonly url: string;
  /** How many commits were carried out whose answer never arrived. */
  readonly swallowed: number;
  /**
   * The next transaction with a statement that contains `text` is committed, and the answer is
   * lost with its connection.
   */
  loseCommitAnswerAfter(text: string): void;
  /** Nobody gets through while it is cut. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startPostgresProxy(target: string): Promise<PostgresProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let suspect: string | null = null;
  let swallowed = 0;
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(port), hostname);
    let isSuspect = false;
    let losing = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      if (suspect !== null && data.includes(suspect)) {
        suspect = null;
        isSuspect = true;
      }
      if (isSuspect && data.includes(COMMIT)) losing = true;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!losing) {
        client.write(data);
        return;
      }
      // PostgreSQL has answered: it is committed, and nobody will hear of it.
      swallowed += 1;
      client.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    get swallowed() {
      return swallowed;
    },
    loseCommitAnswerAfter: (text) => (suspect = text),
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => (isCut = false),
    async close() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
