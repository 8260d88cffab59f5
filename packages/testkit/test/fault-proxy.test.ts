import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startFaultProxy, type FaultProxy } from '../src/faults/index.ts';
import { startRawTarget, type Target } from '../src/targets/index.ts';

/** Answers with what it gets, and keeps the sizes of the pieces in which that came. */
let echo: Target;
let proxy: FaultProxy;
let pieces: number[];

beforeEach(async () => {
  pieces = [];
  echo = await startRawTarget((socket) => {
    socket.on('data', (data) => {
      pieces.push(data.length);
      socket.write(data);
    });
  });
  proxy = await startFaultProxy(echo);
});
afterEach(async () => {
  await proxy.close();
  await echo.close();
});

async function dial(): Promise<Socket> {
  const socket = connect(proxy.port, proxy.host);
  await once(socket, 'connect');
  return socket;
}

/** Reads so many bytes, and how long that took. */
async function read(socket: Socket, bytes: number): Promise<{ data: Buffer; ms: number }> {
  const began = performance.now();
  const chunks: Buffer[] = [];
  for (let got = 0; got < bytes;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    chunks.push(chunk);
    got += chunk.length;
  }
  return { data: Buffer.concat(chunks), ms: performance.now() - began };
}

async function send(socket: Socket, data: Buffer): Promise<{ data: Buffer; ms: number }> {
  const reading = read(socket, data.length);
  socket.write(data);
  return reading;
}

/** `close` with the code of the error before it, null without one. */
function end(socket: Socket): Promise<string | null> {
  let code: string | null = null;
  socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? 'unknown'));
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve(code)));
}

const SOME = Buffer.from('twenty bytes of text');
const MUCH = Buffer.alloc(3_000_000, 'abcdefghij');

test('passes everything on, and the end of each side for itself', async () => {
  const socket = await dial();
  expect((await send(socket, MUCH)).data.equals(MUCH)).toBe(true);
  expect([proxy.open, proxy.accepted]).toEqual([1, 1]);
  expect(proxy.through('nats://broker.example:4222')).toBe(`nats://127.0.0.1:${proxy.port}`);
  const reading = read(socket, SOME.length);
  socket.end(SOME);
  expect((await reading).data).toEqual(SOME);
});

test('latency delays, and can be changed on an open connection', async () => {
  const socket = await dial();
  proxy.inject({ latency: { latencyMs: 60, jitterMs: 5 } });
  expect((await send(socket, SOME)).ms).toBeGreaterThanOrEqual(105);
  proxy.inject({ latency: { latencyMs: 60 } }, 'upstream');
  expect((await send(socket, SOME)).ms).toBeGreaterThanOrEqual(55);
  proxy.heal();
  expect((await send(socket, SOME)).data).toEqual(SOME);
  socket.destroy();
});

test('bandwidth and slicer slow down and cut up what passes, and lose nothing', async () => {
  const socket = await dial();
  proxy.inject({ bandwidth: { bytesPerSecond: 200 } }, 'upstream');
  const slow = await send(socket, SOME);
  proxy.inject({ slicer: { bytes: 7, delayMs: 20 } }, 'upstream');
  pieces.length = 0;
  expect([slow.data, (await send(socket, SOME)).data]).toEqual([SOME, SOME]);
  expect(pieces).toEqual([7, 7, 6]);
  // The next piece waits as long as the rate asks for those before it.
  proxy.inject({ bandwidth: { bytesPerSecond: 200 }, slicer: { bytes: 10 } }, 'upstream');
  expect((await send(socket, SOME)).ms).toBeGreaterThanOrEqual(45);
  socket.destroy();
});

test('timeout is a black hole that gives back what it swallowed, or hangs up', async () => {
  const socket = await dial();
  proxy.inject({ timeout: { timeoutMs: 0 } });
  const reading = read(socket, SOME.length);
  socket.write(SOME);
  expect(await Promise.race([reading, new Promise((r) => setTimeout(r, 80, 'nothing'))])).toBe(
    'nothing',
  );
  proxy.heal();
  expect((await reading).data).toEqual(SOME);
  const ended = end(socket);
  proxy.inject({ timeout: { timeoutMs: 10 } });
  expect(await ended).toBeNull();
});

test('limit_data ends a connection after so many bytes, also one that passed more before', async () => {
  const [fresh, old] = [await dial(), await dial()];
  await send(old, SOME);
  proxy.inject({ limitData: { bytes: 8 } }, 'downstream');
  const got: Buffer[] = [];
  fresh.on('data', (data: Buffer) => got.push(data));
  const ended = Promise.all([end(fresh), end(old)]);
  fresh.write(SOME);
  old.write(SOME);
  await ended;
  expect(Buffer.concat(got)).toEqual(SOME.subarray(0, 8));
});

test('reset_peer resets, and down hangs up on all until it is up again', async () => {
  const reset = await dial();
  const ended = end(reset);
  proxy.inject({ resetPeer: { timeoutMs: 5 } });
  expect(await ended).toBe('ECONNRESET');
  proxy.heal();

  const cut = await dial();
  await send(cut, SOME);
  const gone = end(cut);
  proxy.down();
  await gone;
  await end(await dial());
  proxy.up();
  const back = await dial();
  expect((await send(back, SOME)).data).toEqual(SOME);
  back.destroy();
});

test('who sends more than passes is held up: the proxy keeps a bounded part of it', async () => {
  const socket = await dial();
  proxy.inject({ timeout: { timeoutMs: 0 } });
  const half = Buffer.alloc(32 * 1024 * 1024);
  expect(socket.write(half)).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 200));
  // What the socket could not hand to the kernel is still here.
  expect(socket.writableLength).toBeGreaterThan(half.length / 4);
  socket.destroy();
});
