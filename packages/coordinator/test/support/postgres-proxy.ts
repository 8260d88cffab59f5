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
  /** The same, but the connection stays open: nothing comes over it any more, not even its end. */
  silenceCommitAnswerAfter(text: string): void;
  /**
   * Nothing comes or goes over the connections that are open now, for ever, and nobody is told: as
   * behind a firewall that has forgotten them. New ones get through.
   */
  forget(): void;
  /** Nobody gets through while it is cut. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startPostgresProxy(target: string): Promise<PostgresProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const forgotten = new Set<Socket>();
  let suspect: { readonly text: string; readonly isSilent: boolean } | null = null;
  let swallowed = 0;
  let isCut = false;
  let isClosing = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(port), hostname);
    let suspected: typeof suspect = null;
    let losing = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        // The server does not hear of the end either.
        if (isClosing || !forgotten.has(client)) upstream.destroy();
      });
    }
    client.on('data', (data) => {
      if (forgotten.has(client)) return;
      if (suspect !== null && data.includes(suspect.text)) {
        suspected = suspect;
        suspect = null;
      }
      if (suspected !== null && data.includes(COMMIT)) losing = true;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (forgotten.has(client)) return;
      if (!losing) {
        client.write(data);
        return;
      }
      // PostgreSQL has answered: it is committed, and nobody will hear of it.
      swallowed += 1;
      if (suspected?.isSilent === true) forgotten.add(client);
      else client.destroy();
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
    loseCommitAnswerAfter: (text) => (suspect = { text, isSilent: false }),
    silenceCommitAnswerAfter: (text) => (suspect = { text, isSilent: true }),
    forget() {
      for (const socket of sockets) forgotten.add(socket);
    },
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => (isCut = false),
    async close() {
      isCut = true;
      isClosing = true;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
