// One engine in a process of its own: probes as told, then says what it cost.
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import tls from 'node:tls';
import { createGuard, runCheck } from '@trustmonitor/probes';
import { completeMonitor } from '@trustmonitor/protocol';
import { Agent, request } from 'undici';
import { measureLoop, warmUp } from './loop.mjs';

/** Each makes a function that probes once and resolves to whether it went well. */
const ENGINES = { ours, bare, undici };

process.once('message', async (job) => {
  const probe = ENGINES[job.engine](job);
  await warmUp(probe, job);
  const before = process.cpuUsage();
  const result = await measureLoop(probe, job);
  const { user, system } = process.cpuUsage(before);
  process.send({
    ...result,
    cpuMsPer1000: (user + system) / result.probes,
    rssMb: process.memoryUsage().rss / 1e6,
  });
  process.disconnect();
  setTimeout(() => process.exit(), 100);
});

function ours({ url, ca }) {
  const { check } = completeMonitor({
    name: 'bench',
    url,
    http: { tls: { ca } },
    assertions: ['status == 200', 'latency < 10s'],
  });
  const guard = createGuard({ allow: ['127.0.0.0/8'] });
  const { signal } = new globalThis.AbortController();
  return async () => {
    const attempts = await runCheck(check, {
      deadlineAt: performance.now() + 10_000,
      signal,
      guard,
    });
    return attempts.at(-1).outcome === 'up';
  };
}

/** The floor: nothing but the socket, with its phases. */
function bare({ url, ca }) {
  const { hostname, port, protocol } = new URL(url);
  const secureContext = tls.createSecureContext({ ca });
  const options = { host: hostname, port: Number(port) };
  const connect =
    protocol === 'https:'
      ? () => tls.connect({ ...options, secureContext })
      : () => net.connect(options);
  const text = `GET / HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: close\r\n\r\n`;
  return () =>
    new Promise((resolve) => {
      const phases = [performance.now()];
      const socket = connect();
      let bytes = 0;
      socket.once('connect', () => phases.push(performance.now()));
      socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        phases.push(performance.now());
        socket.write(text);
      });
      socket.on('data', (data) => (bytes += data.length));
      socket.once('end', () => {
        phases.push(performance.now());
        socket.destroy();
        resolve(bytes > 0);
      });
      socket.once('error', () => resolve(false));
    });
}

function undici({ url, ca }) {
  const dispatcher = new Agent({ pipelining: 0, connect: { ca, maxCachedSessions: 0 } });
  return async () => {
    try {
      const { statusCode, body } = await request(url, { dispatcher, reset: true });
      await body.arrayBuffer();
      return statusCode === 200;
    } catch {
      return false;
    }
  };
}
