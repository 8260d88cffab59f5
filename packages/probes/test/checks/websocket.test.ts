import { replyOnce, startRawTarget } from '@trustmonitor/testkit/targets';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { probeAt, using, wordFor } from '../support/probing.ts';

describe('websocket', () => {
  async function startWebsocket(behave: (server: WebSocketServer) => void): Promise<string> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    behave(server);
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    const { port } = server.address() as { port: number };
    return `ws://localhost:${port}/feed`;
  }

  it('is up after the handshake, or the message it waits for', async () => {
    const url = await startWebsocket((server) =>
      server.on('connection', (socket) =>
        socket.on('message', (data: Buffer) => {
          socket.send('noise');
          socket.send(`{"echo":${data.toString()}}`);
        }),
      ),
    );
    const plain = await probeAt({ type: 'websocket', url });
    expect(plain).toMatchObject({ outcome: 'up', response: { status: 101 } });
    const websocket = { send: '[1]', expect: 'echo' };
    const attempt = await probeAt({
      type: 'websocket',
      url,
      websocket,
      assertions: ['json($.echo[0]) == 1'],
    });
    expect(attempt.failure).toBeNull();
    for (const { response } of [plain, attempt]) expect(response).not.toHaveProperty('shape');
  });

  it('types what goes wrong', async () => {
    const wrong = await startWebsocket((server) =>
      server.on('connection', (socket) => socket.send('other')),
    );
    const expecting = { type: 'websocket', url: wrong, websocket: { expect: '^hello' } } as const;
    expect(wordFor(await probeAt(expecting, { withinMs: 500 }))).toBe('assertion_failed');
    const large = await startWebsocket((server) =>
      server.on('connection', (socket) => socket.send('x'.repeat(100_000))),
    );
    expect(wordFor(await probeAt({ ...expecting, url: large }))).toBe('body_too_large');
    const web = await using(
      startRawTarget(replyOnce('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')),
    );
    expect(wordFor(await probeAt({ type: 'websocket', url: `ws://127.0.0.1:${web.port}/` }))).toBe(
      'client_error',
    );
    const garbage = await using(startRawTarget(replyOnce('garbage')));
    expect(
      wordFor(await probeAt({ type: 'websocket', url: `ws://127.0.0.1:${garbage.port}/` })),
    ).toBe('protocol_error');
    const silent = await using(startRawTarget(() => undefined));
    expect(
      wordFor(
        await probeAt(
          { type: 'websocket', url: `ws://127.0.0.1:${silent.port}/` },
          { withinMs: 500 },
        ),
      ),
    ).toBe('read_timeout');
  });
});
