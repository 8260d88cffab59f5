import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { completeMonitor, type LiveEvent, type MonitorResource } from '@trustmonitor/protocol';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Context } from '../src/context.ts';
import { plain } from '../src/output/paint.ts';
import { terminalOn } from '../src/output/terminal.ts';
import { readSettings } from '../src/settings.ts';
import { boardOf, withEvent, type Board } from '../src/watch/board.ts';
import { frameOf } from '../src/watch/frame.ts';
import { Presence } from '../src/watch/presence.ts';
import { watch } from '../src/watch/watch.ts';
import { eventLine } from '../src/watch/words.ts';
import { CapturedStream, tm } from './harness.ts';

const AT = '2026-01-31T12:00:00.000Z';
const roundId = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const INCIDENT = roundId(7);

const monitor = (id: string, changes: Partial<MonitorResource> = {}): MonitorResource => ({
  ...completeMonitor({ id, name: id, url: 'https://shop.example/' }),
  ...{
    revision: 1,
    checkDigest: 'ab'.repeat(32),
    verdict: 'up',
    unconfirmed: false,
    shown: { state: 'up', reason: 'verdict' },
    openAnomalies: [],
    pingUrl: null,
  },
  ...{ openIncident: null, flapping: null, inMaintenance: null, lastRoundAt: AT },
  ...{ createdAt: AT, updatedAt: AT, owner: null },
  ...changes,
});
const MEMBERS = ['eu', 'us'].map((region) => ({ region, group: `group-${region}` }));

const vote = (
  name: string,
  round: number,
  region: string,
  cast: 'up' | 'down' | 'abstain',
  latencyUs: number | null = 134_000,
): LiveEvent => {
  const agent = `${region}-1`;
  return {
    ...{ type: 'vote.cast', at: AT, monitor: name, round: roundId(round), region, agent },
    ...{ vote: cast, latencyUs },
  };
};
const verdict = (name: string, to: 'up' | 'down'): LiveEvent => ({
  ...{ type: 'verdict.changed', at: AT, monitor: name, round: roundId(2), from: 'up', to },
});
const incident = (step: 'opened' | 'resolved', name: string): LiveEvent => ({
  ...{ type: `incident.${step}`, at: AT, incident: INCIDENT, monitor: name, verdict: 'down' },
});

const after = (board: Board, ...events: LiveEvent[]) => events.reduce(withEvent, board);
const frame = (board: Board, size = { columns: 120, rows: 24 }) =>
  frameOf(board, { text: 'live' }, size, plain);

describe('the board', () => {
  const empty = boardOf([monitor('shop'), monitor('api')], MEMBERS, new Map());

  test('shows the votes of the newest round only', () => {
    const one = after(empty, vote('shop', 1, 'eu', 'up'), vote('shop', 1, 'us', 'up', 9_400));
    expect(frame(one)).toEqual([
      'api      up        eu ·  us ·',
      'shop     up        eu ✓  us ✓    9.4ms',
      'live',
    ]);
    const late = vote('shop', 1, 'us', 'down');
    const two = after(one, vote('shop', 2, 'eu', 'abstain', null), late);
    expect(frame(two)[1]).toBe('shop     up        eu ?  us ·    9.4ms');
  });

  test('follows verdicts and incidents, and knows nobody else’s', () => {
    const down = after(empty, verdict('shop', 'down'), incident('opened', 'shop'));
    expect(frame(down)[1]).toMatch(`shop     down      eu ·  us ·           incident ${INCIDENT}`);
    expect(frame(after(down, incident('resolved', 'shop')))[1]).not.toContain('incident');
    expect(after(down, vote('other', 1, 'eu', 'up'))).toBe(down);
    const read = boardOf([monitor('shop', { enabled: false })], [], down);
    expect(frame(read)).toEqual(['shop     paused    eu ·  us ·', 'live']);
  });

  test('is cut to the terminal; what is not plainly up stays', () => {
    const many = Array.from({ length: 30 }, (_, i) => monitor(`m${10 + i}`));
    const board = after(boardOf(many, MEMBERS, new Map()), verdict('m38', 'down'));
    const lines = frame(board, { columns: 20, rows: 8 });
    expect(lines).toEqual([
      'm10      up',
      'm11      up',
      'm12      up',
      'm38      down',
      'and 26 monitors mor',
      'live',
    ]);
  });
});

test('silence is told after it has lasted, with its reason where there is one', () => {
  const start = Date.parse(AT);
  const presence = new Presence(start);
  presence.note({ type: 'open' }, start);
  expect(presence.status(start + 19_000).text).toBe('live');
  expect(presence.news(start + 19_000)).toBeNull();
  expect(presence.status(start + 21_000).text).toBe('no word since 2026-01-31 12:00:00Z (21s)');
  presence.note({ type: 'lost', reason: 'refused' }, start + 22_000);
  expect(presence.news(start + 22_000)).toBe(
    'no word since 2026-01-31 12:00:00Z (22s): refused; trying again',
  );
  expect(presence.news(start + 23_000)).toBeNull();
  presence.note({ type: 'word' }, start + 24_000);
  expect(presence.news(start + 24_000)).toBe('connected again');
});

test('each event is a line', () => {
  const lost: LiveEvent = {
    ...{ type: 'agent.lost', at: AT, agent: 'eu-1', region: 'eu', lastSeenAt: AT },
  };
  const lines = [vote('shop', 1, 'eu', 'down'), verdict('shop', 'down'), lost];
  expect(lines.map((event) => eventLine(event, plain))).toEqual([
    '2026-01-31 12:00:00Z  shop  vote      eu down  134ms',
    '2026-01-31 12:00:00Z  shop  verdict   up -> down',
    `2026-01-31 12:00:00Z  eu-1  agent     nothing heard since ${AT}`,
  ]);
});

/** A server that keeps the streams open; `connections` as they came. */
async function liveApi(monitors: () => MonitorResource[]) {
  const connections: { url: string; lastId: string | undefined; stream: ServerResponse }[] = [];
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    if (url.startsWith('/v1/events')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('retry: 2000\n\n');
      const lastId = headers['last-event-id']?.toString();
      connections.push({ url, lastId, stream: response });
      return;
    }
    const regions = MEMBERS.map((member) => ({
      ...member,
      ...{ agents: 1, alive: 1, flagged: 0, agreement: null },
      ...{ quarantine: null, drain: null, location: null },
    }));
    const data = url.startsWith('/v1/monitors') ? monitors() : regions;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data, nextCursor: null }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = (n: number, id: string, event: LiveEvent) =>
    connections[n]?.stream.write(
      `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
    );
  const connected = (n: number) => vi.waitFor(() => expect(connections.length).toBe(n), 5_000);
  return { url, connections, send, connected };
}

function started(url: string, options: { names?: string[]; json?: boolean; isTerminal?: boolean }) {
  const stdout = new CapturedStream(options.isTerminal ?? false);
  const stderr = new CapturedStream();
  const env = { TM_URL: url, TM_TOKEN: 't', NO_COLOR: '1' };
  const context: Context = {
    terminal: terminalOn(stdout, stderr, env),
    settings: readSettings(env, '0', 'trustmonitor'),
    exitCode: 0,
  };
  const controller = new AbortController();
  const { signal } = controller;
  const names = options.names ?? [];
  const watching = watch(names, { json: options.json }, context, { signal, retryMs: 10 });
  const stop = async () => {
    controller.abort();
    await watching;
  };
  return { stdout, stderr, stop };
}

describe('watching', () => {
  test('goes on where it left off after the connection broke, and says that it did', async () => {
    const api = await liveApi(() => [monitor('shop')]);
    const { stdout, stderr, stop } = started(api.url, { names: ['shop'], json: true });
    await api.connected(1);
    expect(api.connections[0]?.url).toBe('/v1/events?monitor=shop');
    api.send(0, '4-0', vote('shop', 1, 'eu', 'up'));
    api.send(0, '4-1', { type: 'future.thing' } as never);
    api.send(0, '5-0', verdict('shop', 'down'));
    const ids = () =>
      stdout.text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id);
    await vi.waitFor(() => expect(ids()).toEqual(['4-0', '5-0']), 5_000);
    api.connections[0]?.stream.destroy();
    await api.connected(2);
    expect(api.connections[1]?.lastId).toBe('5-0');
    api.send(1, '6-0', incident('opened', 'shop'));
    await vi.waitFor(() => expect(ids()).toEqual(['4-0', '5-0', '6-0']), 5_000);
    expect(stderr.text).toMatch(/^no word since [^\n]+; trying again\nconnected again\n$/);
    await stop();
  });

  test('redraws one line for each monitor on a terminal, and reads anew what it missed', async () => {
    let name = 'shop';
    const api = await liveApi(() => [monitor(name)]);
    const { stdout, stop } = started(api.url, { isTerminal: true });
    await api.connected(1);
    api.send(0, '1-0', vote('shop', 1, 'eu', 'down'));
    await vi.waitFor(
      () => expect(stdout.text).toContain('shop     up        eu ✗  us ·    134ms'),
      5_000,
    );
    expect(stdout.text).toContain('\u001B[2A\r\u001B[2K');
    name = 'fresh';
    api.connections[0]?.stream.write('event: stream.reset\ndata: {"reason":"gone"}\n\n');
    await vi.waitFor(() => expect(stdout.text).toContain('fresh    up'), 5_000);
    await stop();
    // What the terminal shows last is left standing.
    expect(stdout.text.endsWith('live\n\u001B[J')).toBe(true);
  });

  test('of a monitor that is not there ends with 3, of an API that is not there with 5', async () => {
    const api = await liveApi(() => [monitor('shop')]);
    const env = { TM_URL: api.url, TM_TOKEN: 't' };
    const missing = await tm(['watch', 'ship'], { env });
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining('no monitor ship')]);
    const nobody = await tm(['watch'], { env: { ...env, TM_URL: 'http://127.0.0.1:1' } });
    expect(nobody.code).toBe(5);
  });
});
