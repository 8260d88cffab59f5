/** Servers below HTTP: bytes on a socket, TLS with something wrong, a listener that never accepts. */
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { Worker } from 'node:worker_threads';
import type { Identity } from './certificates.ts';
import { listen, LOOPBACK, type Target } from './target.ts';

export type Behaviour = (socket: Socket) => void;

export function startRawTarget(behave: Behaviour): Promise<Target> {
  return listen(net.createServer(behave));
}

export function startTlsTarget(
  identity: Identity,
  behave: Behaviour = () => undefined,
  options: tls.TlsOptions = {},
): Promise<Target> {
  const secure = { cert: identity.certificate, key: identity.key, ...options };
  return listen(
    tls.createServer(secure, (socket) => {
      socket.on('error', () => undefined);
      behave(socket);
    }),
  );
}

/** Sends `answer` to whatever comes first, then ends the connection. */
export function replyOnce(answer: string | Buffer): Behaviour {
  return (socket) => {
    socket.once('data', () => socket.end(answer));
  };
}

/** Answers each line that a client sends, after a greeting: SMTP, IMAP and their like. */
export function lineServer(
  greeting: string,
  answer: (line: string, socket: Socket) => string,
): Behaviour {
  return (socket) => {
    socket.write(greeting);
    socket.on('data', (data) => {
      for (const line of data.toString().split('\r\n').slice(0, -1)) {
        const reply = answer(line, socket);
        if (reply !== '') socket.write(reply);
      }
    });
  };
}

/**
 * A listener whose queue is full: new connections neither open nor fail. A thread listens with
 * the shortest queue and then blocks, so that nobody accepts; connections of ours fill the queue.
 */
export async function startFullTarget(): Promise<Omit<Target, 'connections'>> {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '${LOOPBACK}', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(workerData, 0, 0);
     });`,
    { eval: true, workerData: new Int32Array(new SharedArrayBuffer(4)) },
  );
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = Array.from({ length: 16 }, () =>
    net.connect(port, LOOPBACK).on('error', () => undefined),
  );
  // Linux takes one more than asked for; the first connection is proof that the queue is in use.
  await Promise.race(fillers.map((filler) => once(filler, 'connect')));
  return {
    host: LOOPBACK,
    port,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
