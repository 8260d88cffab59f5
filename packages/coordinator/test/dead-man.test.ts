/** The heartbeat outside: there while the coordinator decides, and gone when it does not. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { DeadMan } from '../src/dead-man.ts';
import { whyIdle, type DecidingParts } from '../src/whether-deciding.ts';
import { testNetwork } from './support/network.ts';
import { startPostgresProxy, type PostgresProxy } from './support/postgres-proxy.ts';
import { until } from './support/until.ts';

let proxy!: PostgresProxy;
const network = await testNetwork(undefined, {
  databaseUrl: async (url) => {
    proxy = await startPostgresProxy(url);
    return proxy.url;
  },
});

const beats: string[] = [];
const users = new Set<string | undefined>();
const outside = createServer((request, response) => {
  beats.push(`${request.method} ${request.url}`);
  users.add(request.headers.authorization);
  response.writeHead(204).end();
});
outside.listen(0, '127.0.0.1');
await once(outside, 'listening');
afterAll(async () => {
  await network.close();
  outside.close();
  await proxy.close();
});
beforeEach(() => network.showLogsOnFailure());

async function nextBeats(count: number): Promise<void> {
  const before = beats.length;
  await until(`${count} heartbeats`, () => beats.length >= before + count);
}

test('it is sent while decisions can be made, and not while they cannot', async () => {
  const { port } = outside.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/ping/secret`;
  await network.start({ deadMan: { url, authorization: 'Basic dTpw', intervalMs: 100 } });
  await nextBeats(2);
  expect(new Set(beats)).toEqual(new Set(['POST /ping/secret']));
  expect([...users]).toEqual(['Basic dTpw']);

  proxy.cut();
  const isSilent = ({ msg }: { msg: string }) => msg.startsWith('no heartbeat is sent outside');
  const silences = (): number => network.logs.filter(isSilent).length;
  await until('it is left out', () => silences() > 0);
  const [sent, silent] = [beats.length, silences()];
  await until('it is left out again', () => silences() >= silent + 3);
  expect(beats).toHaveLength(sent);
  proxy.mend();
  await nextBeats(2);

  await network.stop();
  const atTheEnd = beats.length;
  expect(JSON.stringify(network.logs)).not.toContain('/ping/secret');
  expect(beats).toHaveLength(atTheEnd);
});

test.each([
  ['nobody answers at', 'http://127.0.0.1:9/planted', { error: 'TypeError' }],
  // As a setting would be that nobody has looked at: fetch repeats it in its message.
  ['fetch refuses', 'http://user:planted@127.0.0.1/', { error: 'TypeError', code: null }],
])('an address that %s is told of without the address', async (_what, url, reason) => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const whyNot = () => Promise.resolve(null);
  const deadMan = new DeadMan({
    url,
    authorization: null,
    intervalMs: 60_000,
    whyIdle: whyNot,
    log,
  });
  deadMan.start();
  await until('the line', () => lines.length > 0);
  await deadMan.stop();
  expect(JSON.parse(lines[0]!)).toMatchObject(reason);
  expect(lines.join()).not.toContain('planted');
});

describe('a coordinator does not decide', () => {
  const parts = (changes: {
    loop?: Partial<DecidingParts['loop']>;
    connected?: boolean;
    databaseAway?: boolean;
    lagMs?: number;
    fails?: boolean;
  }): DecidingParts => ({
    loop: {
      isFresh: true,
      held: 4,
      cycle: { databaseAway: changes.databaseAway ?? false, lagMs: changes.lagMs ?? 1_000 },
      ...changes.loop,
    },
    bus: { connected: changes.connected ?? true },
    database: {
      query: () =>
        changes.fails === true ? Promise.reject(new Error('away')) : Promise.resolve({} as never),
    },
  });

  test.each([
    ['when its leases may be lost', { loop: { isFresh: false } }, /leases/],
    ['when others have all monitors', { loop: { held: 0 } }, /other coordinators/],
    ['without the broker', { connected: false }, /broker/],
    ['while its decisions wait', { databaseAway: true }, /cannot be written/],
    ['when its loop is stuck', { lagMs: 31_000 }, /31 s overdue/],
    ['without the database', { fails: true }, /database is away/],
  ])('%s', async (_when, changes, why) => {
    expect(await whyIdle(parts(changes))).toMatch(why);
  });

  test('and otherwise it does', async () => {
    expect(await whyIdle(parts({}))).toBeNull();
  });
});
