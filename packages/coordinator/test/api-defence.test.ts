/** Bans as they are kept, seen and lifted; the rules for them are in pure/defence.test.ts. */
import type { BanResource } from '@trustmonitor/protocol';
import { pino } from 'pino';
import { afterAll, describe, expect, test } from 'vitest';
import { BanList } from '../src/api/defence/ban-list.ts';
import { Guard } from '../src/api/defence/guard.ts';
import { POLICY } from '../src/api/defence/install.ts';
import type { ApiClient, List } from './support/api-client.ts';
import { testStore } from './support/database.ts';
import { testNetwork } from './support/network.ts';
import { startPostgresProxy } from './support/postgres-proxy.ts';
import { until } from './support/until.ts';

const network = await testNetwork();
await network.start();
const { api, sql } = network;
const store = await testStore();
const { database } = store;

const guards: Guard[] = [];
afterAll(() => guards.forEach((guard) => guard.stop()));
function guard(laterMs = 0): Guard {
  const policy = { ...POLICY, floor: 5, ceiling: 5, refusalsToBan: 3 };
  const clock = () => Date.now() + laterMs;
  const made = new Guard({ database, clock, log: pino({ level: 'silent' }), policy });
  guards.push(made);
  return made;
}

test('who goes on after the limit is banned, at every replica, and it is audited', async () => {
  const [one, two] = [guard(), guard()];
  const results = Array.from({ length: 8 }, () => one.count('address:203.0.113.9', true).allowed);
  expect(results).toEqual([true, true, true, true, true, false, false, false]);
  expect(one.bannedFor('address:203.0.113.9')).toBeGreaterThan(0);
  await until('the other to know', async () => {
    await two.refresh();
    return two.bannedFor('address:203.0.113.9');
  });
  const { rows } = await database.query<{ action: string }>('select action from audit');
  expect(rows.map(({ action }) => action)).toEqual(['ban.started']);
});

test('offences count over restarts and replicas, and a ban that is lifted is forgiven by all', async () => {
  const subject = 'address:198.51.100.7';
  const overdo = (at: Guard) => Array.from({ length: 8 }, () => at.count(subject, true));
  const offences = async () => {
    const { rows } = await database.query<{ offence: number }>(
      'select offence from ban where subject = $1 order by id',
      [subject],
    );
    return rows.map(({ offence }) => offence);
  };
  overdo(guard());
  await until('the first', async () => (await offences()).length === 1);
  // The first is over when this one starts.
  const [restarted, other] = [guard(31_000), guard(31_000)];
  overdo(restarted);
  await until('the second, twice as long', () => (restarted.bannedFor(subject) ?? 0) > 50);
  // It has not heard of it yet: it is the same ban.
  overdo(other);
  await until('the other to hold it as well', () => (other.bannedFor(subject) ?? 0) > 50);
  expect(await offences()).toEqual([1, 2]);

  await database.query('update ban set lifted_at = now() where subject = $1', [subject]);
  for (const replica of [restarted, other]) {
    await replica.refresh();
    expect(replica.bannedFor(subject)).toBeNull();
    expect(
      overdo(replica)
        .map(({ ban }) => ban?.offence)
        .filter(Boolean),
    ).toEqual([1]);
  }
  await until('another first', async () => (await offences()).length === 3);
  expect(await offences()).toEqual([1, 2, 1]);
});

test('a ban that could not be written holds to its end; one whose answer was lost can be lifted', async () => {
  const proxy = await startPostgresProxy(store.url);
  const far = await store.open({ url: proxy.url, poolSize: 1 });
  let nowMs = Date.now();
  const bans = new BanList({ database: far, clock: () => nowMs, policy: POLICY });
  const ban = { offence: 1, until: nowMs + 30_000, reason: 'too much' };
  proxy.cut();
  await expect(bans.start('address:192.0.2.1', ban)).rejects.toThrow();
  proxy.mend();
  proxy.loseCommitAnswerAfter('insert into ban');
  await expect(bans.start('address:192.0.2.2', ban)).rejects.toThrow();
  for (let i = 0; i < 3; i += 1) expect(await bans.refresh()).toEqual([]);
  const held = ['address:192.0.2.1', 'address:192.0.2.2'].map((one) => bans.until(one) > nowMs);
  expect(held).toEqual([true, true]);

  await database.query(`update ban set lifted_at = now() where subject = 'address:192.0.2.2'`);
  expect(await bans.refresh()).toEqual(['address:192.0.2.2']);
  expect(bans.until('address:192.0.2.1')).toBe(ban.until);
  nowMs = ban.until;
  expect(await bans.refresh()).toEqual([]);
  expect(bans.until('address:192.0.2.1')).toBe(0);
  await proxy.close();
});

test('who may not be banned is only limited', () => {
  const one = guard();
  for (let i = 0; i < 20; i++) one.count('address:127.0.0.1', false);
  expect(one.bannedFor('address:127.0.0.1')).toBeNull();
});

test('a token that mostly fails is tightened by itself, wherever it is used from', async () => {
  const [failing, other] = await Promise.all(
    ['failing', 'other'].map(async (name) => {
      const body = { name, scopes: ['read'] };
      const { token } = (await api.call<{ token: string }>('POST', '/v1/tokens', { body })).body;
      return api.as(token);
    }),
  );
  const limitOf = async (caller: ApiClient) =>
    Number((await caller.call('GET', '/v1/agents')).headers.get('ratelimit-limit'));
  await until('it to surge', async () => {
    for (let i = 0; i < 30; i += 1) await failing!.call('GET', '/v1/monitors/none');
    return (await limitOf(failing!)) === POLICY.surgeFloor;
  });
  expect(await limitOf(other!)).toBe(POLICY.ceiling);
});

test('a ban is answered with 429, listed, and lifted', async () => {
  const made = await api.call<{ id: string; token: string }>('POST', '/v1/tokens', {
    body: { name: 'greedy', scopes: ['read'] },
  });
  const greedy = api.as(made.body.token);
  const first = await greedy.call('GET', '/v1/agents');
  expect(Number(first.headers.get('ratelimit-remaining'))).toBeLessThan(
    Number(first.headers.get('ratelimit-limit')),
  );
  expect(first.headers.get('ratelimit-reset')).toMatch(/^\d+$/);
  await sql.rows(
    `insert into ban (subject, reason, offence, until)
     values ($1, 'too much', 1, now() + interval '1 hour')`,
    [`token:${made.body.id}`],
  );
  const refused = await until('the ban to hold', async () => {
    const answer = await greedy.call('GET', '/v1/agents');
    return answer.status === 429 ? answer : null;
  });
  expect(refused.body.code).toBe('rate.banned');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_000);
  const { data } = await api.get<List<BanResource>>('/v1/bans');
  expect(data).toMatchObject([{ subject: `token:${made.body.id}`, state: 'active' }]);
  expect((await api.call('DELETE', `/v1/bans/${data[0]!.id}`)).status).toBe(204);
  expect((await greedy.call('GET', '/v1/agents')).status).toBe(200);
  const after = (await api.get<List<BanResource>>('/v1/bans')).data;
  expect(after).toMatchObject([{ state: 'lifted', liftedBy: 'admin' }]);
});

let behindProxy: Promise<ApiClient> | null = null;
/** The API of a coordinator that trusts a proxy on this machine. */
const proxied = (): Promise<ApiClient> =>
  (behindProxy ??= network
    .start({ trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] })
    .then(() => network.api));

describe('X-Forwarded-For', () => {
  /** The address that the audit log has for a caller who sends this header. */
  async function seenAs(at: ApiClient, forwarded: string): Promise<string | null> {
    const name = `from ${forwarded}`.slice(0, 100);
    const made = await at.call<{ id: string }>('POST', '/v1/tokens', {
      body: { name, scopes: ['read'] },
      headers: { 'x-forwarded-for': forwarded },
    });
    expect(made.status).toBe(201);
    const [row] = await sql.rows<{ address: string | null }>(
      "select address from audit where action = 'token.created' and subject = $1",
      [made.body.id],
    );
    return row?.address ?? null;
  }

  test('is not believed of anybody', async () => {
    expect(await seenAs(api, '203.0.113.7')).toBe('127.0.0.1');
  });

  test('is believed of a trusted proxy, from its end and no further than the proxies go', async () => {
    const behind = await proxied();
    expect(await seenAs(behind, '203.0.113.7')).toBe('203.0.113.7');
    expect(await seenAs(behind, '2001:db8::7, 10.1.2.3')).toBe('2001:db8::7');
    // What a caller wrote itself stands before what the proxy added.
    expect(await seenAs(behind, '127.0.0.1, 198.51.100.4, 203.0.113.7, 10.1.2.3')).toBe(
      '203.0.113.7',
    );
    expect(await seenAs(behind, 'not an address')).toBe('127.0.0.1');

    await sql.rows(
      `insert into ban (subject, reason, offence, until)
       values ('address:203.0.113.66', 'too much', 1, now() + interval '1 hour')`,
    );
    const ask = (forwarded: string) =>
      behind.call('GET', '/v1/agents', { headers: { 'x-forwarded-for': forwarded } });
    await until('the ban to hold', async () => (await ask('203.0.113.66')).status === 429);
    expect((await ask('203.0.113.66, 203.0.113.7')).status).toBe(200);
    expect((await api.call('GET', '/v1/agents')).status).toBe(200);
  });
});

test('over https no session is believed that another subdomain can plant; without it there is one', async () => {
  const behind = (await proxied()).as(null);
  const ours = { 'x-trustmonitor-console': '1' };
  const https = { ...ours, 'x-forwarded-proto': 'https' };
  const signIn = async (headers: Record<string, string>): Promise<string> => {
    const body = { token: await network.token() };
    const { headers: answered } = await behind.call('POST', '/v1/session', { body, headers });
    return answered.get('set-cookie')?.split(';')[0] ?? '';
  };
  const statusOf = async (method: string, cookie: string, headers: object = https) =>
    (await behind.call(method, '/v1/session', { headers: { ...headers, cookie } })).status;
  const [cookie, plain] = [await signIn(https), await signIn(ours)];
  expect([cookie, plain].map((one) => one.split('=')[0])).toEqual([
    '__Host-tm_session',
    'tm_session',
  ]);
  // It stands first: it was set for a longer path.
  expect(await statusOf('GET', `${plain}; ${cookie}`)).toBe(200);
  await statusOf('DELETE', `${plain}; ${cookie}`);
  expect(await statusOf('GET', `${plain}; ${cookie}`)).toBe(401);
  expect([await statusOf('GET', plain), await statusOf('DELETE', plain)]).toEqual([401, 401]);
  // On the server's own machine, where the API is asked without the proxy.
  expect([await statusOf('GET', plain, ours), await statusOf('GET', cookie, ours)]).toEqual([
    200, 401,
  ]);
});
