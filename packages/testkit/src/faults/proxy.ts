/** A TCP proxy whose faults a test changes while connections are open. */
import { connect, createServer, type Socket } from 'node:net';
import { listen } from '../targets/target.ts';
import { Pipe } from './pipe.ts';
import { ToxicSet, type Direction, type Toxics } from './toxics.ts';

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Connections open now, and accepted so far. */
  readonly open: number;
  readonly accepted: number;
  /** The same URL, by way of this proxy. */
  through(url: string): string;
  /** These toxics and no others act from now on, on open and on new connections. */
  inject(toxics: Toxics, direction?: Direction | 'both'): void;
  /** Takes all toxics away; connections stay. */
  heal(): void;
  /** Hangs up on everybody, and on whoever comes, until `up`. */
  down(): void;
  up(): void;
  close(): Promise<void>;
}

/** It listens on loopback, or at another address of this machine. */
export async function startFaultProxy(
  target: { readonly host: string; readonly port: number },
  address?: string,
): Promise<FaultProxy> {
  const toxics = { upstream: new ToxicSet(), downstream: new ToxicSet() };
  const cuts = new Set<(how: 'close' | 'reset') => void>();
  let isDown = false;
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (isDown) {
      client.destroy();
      return;
    }
    accepted += 1;
    join(client, connect({ ...target, allowHalfOpen: true }), toxics, cuts);
  });
  const listener = await listen(server, address);
  const { host, port } = listener;
  const cutAll = (): void => {
    for (const cut of [...cuts]) cut('close');
  };
  return {
    host,
    port,
    get open() {
      return cuts.size;
    },
    get accepted() {
      return accepted;
    },
    through(url) {
      const own = new URL(url);
      own.hostname = host;
      own.port = String(port);
      return own.href;
    },
    inject(next, direction = 'both') {
      if (direction !== 'downstream') toxics.upstream.set(next);
      if (direction !== 'upstream') toxics.downstream.set(next);
    },
    heal() {
      toxics.upstream.set({});
      toxics.downstream.set({});
    },
    down() {
      isDown = true;
      cutAll();
    },
    up: () => (isDown = false),
    close() {
      cutAll();
      return listener.close();
    },
  };
}

function join(
  client: Socket,
  upstream: Socket,
  toxics: Readonly<Record<Direction, ToxicSet>>,
  cuts: Set<(how: 'close' | 'reset') => void>,
): void {
  const cut = (how: 'close' | 'reset'): void => {
    if (!cuts.delete(cut)) return;
    for (const pipe of pipes) pipe.close();
    for (const socket of [client, upstream]) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
  };
  cuts.add(cut);
  for (const socket of [client, upstream]) {
    socket.setNoDelay(true);
    socket.on('error', () => cut('reset'));
  }
  const pipes = [
    new Pipe({ from: client, to: upstream, cut }, toxics.upstream),
    new Pipe({ from: upstream, to: client, cut }, toxics.downstream),
  ];
  // Gone when both have said all: a half-closed connection still carries the other half.
  let closed = 0;
  for (const socket of [client, upstream]) {
    socket.on('close', () => {
      closed += 1;
      if (closed === 2) cut('close');
    });
  }
}
