/** What goes on while one listens: events, one-off checks; and what is not done twice. */
import type {
  CheckEvent,
  CreatedToken,
  HttpCheck,
  LiveEvent,
  MonitorResource,
  Problem,
} from '@trustmonitor/protocol';
import { ONE_OFF } from '@trustmonitor/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { quick, type Answer } from './support/api-client.ts';
import { Listener } from './support/listener.ts';
import { testNetwork } from './support/network.ts';
import { until } from './support/until.ts';

const network = await testNetwork();
await network.start();
const { api, sql } = network;
beforeEach(() => network.showLogsOnFailure());

const listeners: Listener[] = [];
afterEach(() => listeners.splice(0).forEach((listener) => listener.close()));
async function listen(query = '', lastId?: string): Promise<Listener> {
  const listener = await Listener.open(`${api.url}/v1/events${query}`, {
    authorization: `Bearer ${await network.token()}`,
    ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
  });
  listeners.push(listener);
  return listener;
}

describe('events', () => {
  test('tell of votes, verdicts and incidents, and go on where one left off', async () => {
    const listener = await listen('?monitor=lively');
    network.voteAll('lively', 'up');
    await api.create('lively');
    await listener.until('verdict.changed', (event) => event['to'] === 'up');
    network.voteAll('lively', 'down');
    const opened = await listener.until('incident.opened');
    expect(opened.data['incident']).toBe((await api.incidentOf('lively', 'open')).id);
    const cast = listener.events.filter(({ event }) => event === 'vote.cast');
    expect(new Set(cast.map(({ data }) => data['region']))).toEqual(new Set(['ap', 'eu', 'us']));
    expect(cast.every(({ data }) => Number(data['latencyUs']) > 0)).toBe(true);

    const at = listener.events.findIndex(({ event }) => event === 'verdict.changed');
    const missed = listener.events.slice(at + 1).map(({ id }) => id);
    const resumed = await listen('?monitor=lively', listener.events[at]!.id);
    await until('what was missed', () => resumed.events.length >= missed.length);
    expect(resumed.events.slice(0, missed.length).map(({ id }) => id)).toEqual(missed);
  });

  test('of one kind only are told to those who ask for them', async () => {
    const listener = await listen('?type=verdict.changed&type=incident.resolved');
    network.voteAll('narrow', 'up');
    await api.create('narrow');
    await listener.until('verdict.changed', (event) => event['monitor'] === 'narrow');
    expect(listener.events.filter(({ event }) => event === 'vote.cast')).toEqual([]);
  });

  test('that are no longer kept are said to be missing', async () => {
    await sql.rows("insert into event (events) values ('[]')");
    const listener = await listen('', '0-0');
    const reset = await listener.until('stream.reset');
    expect(reset.data['reason']).toContain('0-0');
    const refused = await api.call('GET', '/v1/events', {
      headers: { 'last-event-id': 'yesterday' },
    });
    expect([refused.status, refused.body.code]).toEqual([422, 'input.invalid']);
  });

  test('come from whichever coordinator wrote them', async () => {
    const listener = await listen('?type=agent.lost');
    const event: LiveEvent = {
      type: 'agent.lost',
      at: '2026-01-31T12:00:00.000Z',
      agent: 'eu-1',
      region: 'eu',
      lastSeenAt: '2026-01-31T11:59:00.000Z',
    };
    await sql.rows('insert into event (events) values ($1)', [JSON.stringify([event])]);
    expect((await listener.until('agent.lost')).data).toEqual(event);
  });
});

const steps = ({ text }: Answer<unknown>): CheckEvent[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CheckEvent);
const check = (settings: Record<string, unknown> = {}, headers = {}) =>
  api.call('POST', '/v1/checks', {
    body: { url: 'https://once.example/', timeout: '300ms', ...settings },
    headers,
  });
const last = (events: readonly CheckEvent[]) => events.at(-1)!;

describe('a check that is run once', () => {
  test('is told region by region, then decided by quorum', async () => {
    network.vote(ONE_OFF, { eu: 'up', us: 'down', ap: 'up' });
    const answer = await check({ quorum: 2 });
    expect([answer.status, answer.type]).toEqual([200, 'application/x-ndjson']);
    const events = steps(answer);
    expect(events.map(({ type }) => type)).toEqual([
      'check.started',
      'check.result',
      'check.result',
      'check.result',
      'check.verdict',
    ]);
    expect(events[0]).toMatchObject({ required: 2, target: 'https://once.example/' });
    expect(last(events)).toMatchObject({ verdict: 'partial', down: ['us'], abstained: [] });
  });

  test('counts silence as no vote, over the full membership', async () => {
    network.vote(ONE_OFF, { eu: 'down' });
    const events = steps(await check());
    expect(events.filter(({ type }) => type === 'check.silent')).toHaveLength(2);
    expect(last(events)).toMatchObject({ verdict: 'unknown', abstained: ['ap', 'us'] });
    const one = steps(await check({ regions: ['e*'] }));
    expect(last(one)).toMatchObject({ verdict: 'down', required: 1 });
  });

  test('comes as server-sent events where they are asked for', async () => {
    network.voteAll(ONE_OFF, 'up');
    const answer = await check({}, { accept: 'text/event-stream' });
    expect(answer.type).toContain('text/event-stream');
    expect(answer.text).toMatch(/event: check\.verdict\ndata: \{.*"verdict":"up"/);
  });

  test('is stored with what was signed, and is no vote and no round', async () => {
    network.voteAll(ONE_OFF, 'down');
    const [started] = steps(await check());
    const id = (started as { id: string }).id;
    await until(
      'results to be stored',
      async () => (await sql.count('result', 'round = $1', [id])) === 3,
    );
    expect(await sql.count('result', 'round = $1 and counted', [id])).toBe(0);
    expect(await sql.count('round', 'monitor = $1', [ONE_OFF])).toBe(0);
    expect(await sql.count('incident', 'monitor = $1', [ONE_OFF])).toBe(0);
    const stolen = await api.call('POST', '/v1/monitors', { body: quick(ONE_OFF) });
    expect([stolen.status, stolen.body.errors[0]?.pointer]).toEqual([422, '/id']);
  });

  test.each([
    [{ timeout: '31s' }, '/timeout'],
    [{ interval: '1s' }, '/interval'],
    [{ regions: ['mars'] }, '/regions'],
    [{ quorum: 4 }, '/quorum'],
    [{ url: 'nonsense' }, '/url'],
    [{ type: 'heartbeat' }, '/type'],
    [{ http: { headers: { a: { secretRef: 'http.headers.a' } } } }, '/http/headers/a'],
  ])('is refused: %j', async (settings, pointer) => {
    const answer = await check(settings);
    expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([422, pointer]);
  });

  test('keeps the secrets of a monitor for who may write it, and where they were written for', async () => {
    const url = 'https://kept.example/';
    const withToken = (value: unknown) => ({ headers: { authorization: value } });
    const http = withToken({ secret: 'Bearer s3cret' });
    await api.create('keeper', { url, http, enabled: false });
    const stored = await api.get<MonitorResource>('/v1/monitors/keeper');
    const kept = (stored.check as HttpCheck).http.headers['authorization'];
    const asked = { url, http: withToken(kept), secretsOf: 'keeper' };
    network.voteAll(ONE_OFF, 'up');
    expect(last(steps(await check({ ...asked, assertions: ['status == 201'] })))).toMatchObject({
      verdict: 'up',
    });
    const { secretRef = '' } = kept as { secretRef?: string };
    expect(network.agent('eu-1').lastJob(ONE_OFF)?.secrets).toEqual({
      [secretRef]: 'Bearer s3cret',
    });
    const { body: runner } = await api.call<CreatedToken>('POST', '/v1/tokens', {
      body: { name: 'runner', scopes: ['checks:run', 'monitors:read'] },
    });
    for (const [settings, status, by] of [
      [{ ...asked, secretsOf: undefined }, 422, api],
      [{ ...asked, secretsOf: 'nobody' }, 404, api],
      [{ ...asked, url: 'https://elsewhere.example/' }, 422, api],
      [asked, 403, api.as(runner.token)],
    ] as const) {
      const answer = await by.call('POST', '/v1/checks', {
        body: { timeout: '300ms', ...settings },
      });
      expect([settings, answer.status]).toEqual([settings, status]);
    }
  });

  test('is one of few at a time', async () => {
    network.vote(ONE_OFF, {});
    const answers = await Promise.all(Array.from({ length: 6 }, () => check()));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 429, 429]);
    network.voteAll(ONE_OFF, 'up');
    expect((await check()).status).toBe(200);
  });
});

describe('an Idempotency-Key', () => {
  const post = <T = Problem>(key: string, body: unknown, path = '/v1/tokens', by = api) =>
    by.call<T>('POST', path, { body, headers: { 'idempotency-key': key } });
  const body = { name: 'once', scopes: ['read'] };

  test('makes one of several, and gives the same answer to all', async () => {
    const first = await post<CreatedToken>('k-1', body);
    const again = await post<CreatedToken>('k-1', body);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await sql.count('token', "name = 'once'")).toBe(1);
    const [row] = await sql.rows<{ text: string }>('select i::text as text from idempotency i');
    expect(row!.text).not.toContain(first.body.token);
  });

  test('is for one request, of one token', async () => {
    const other = await post('k-1', { ...body, name: 'other' });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.reused']);
    const maker = (await post<CreatedToken>('k-2', { name: 'maker', scopes: ['admin'] })).body;
    expect((await post('k-1', body, '/v1/tokens', api.as(maker.token))).status).toBe(201);
  });

  test('is free again after a refusal, and lasts a day', async () => {
    const taken = quick('taken', { enabled: false });
    await api.create('taken', { enabled: false });
    expect((await post('k-3', taken, '/v1/monitors')).status).toBe(409);
    await api.call('DELETE', '/v1/monitors/taken');
    expect((await post('k-3', taken, '/v1/monitors')).status).toBe(201);
    await sql.rows("update idempotency set created_at = now() - interval '25 hours'");
    expect((await post('k-3', taken, '/v1/monitors')).status).toBe(409);
  });

  test('of a request that is under way is refused, also when it never ended', async () => {
    const release = await sql.hold('lock table audit in share mode');
    const slow = post('k-4', { ...body, name: 'slow' });
    await until('it to wait', () => sql.count('idempotency', "key = 'k-4'"));
    const busy = await post('k-4', { ...body, name: 'slow' }).finally(release);
    expect([busy.status, busy.body.code]).toEqual([409, 'idempotency.busy']);
    expect((await slow).status).toBe(201);
    await sql.rows(
      `update idempotency set status = null, created_at = now() - interval '2 minutes'
        where key = 'k-4'`,
    );
    expect((await post('k-4', { ...body, name: 'slow' })).body.hint).toContain('new key');
  });

  test('also keeps a stream', async () => {
    network.voteAll(ONE_OFF, 'up');
    const headers = { 'idempotency-key': 'k-5' };
    const first = await check({}, headers);
    const again = await until('the stream to be kept', async () => {
      const answer = await check({}, headers);
      return answer.status === 200 ? answer : null;
    });
    expect(again.text).toBe(first.text);
  });

  test.each(['', 'with space', 'x'.repeat(201)])('that is none: %j', async (key) => {
    expect((await post(key, body)).status).toBe(422);
  });
});
