/** Monitors over the API: written, guarded, planned, applied, and never giving a secret back. */
import type { CreatedToken, MonitorResource, PlanResult, Problem } from '@trustmonitor/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { quick, type List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';
import { until } from './support/until.ts';

const network = await testNetwork();
await network.start();
const { api, sql } = network;
beforeEach(() => network.showLogsOnFailure());

const put = <T = MonitorResource>(id: string, body: unknown, headers = {}) =>
  api.call<T>('PUT', `/v1/monitors/${id}`, { body, headers });

describe('a monitor', () => {
  test('is created, read, replaced and deleted, each revision under its ETag', async () => {
    const created = await api.call<MonitorResource>('POST', '/v1/monitors', {
      body: quick('crud'),
    });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/v1/monitors/crud');
    expect(created.headers.get('etag')).toBe('"1"');
    expect(created.body).toMatchObject({ id: 'crud', revision: 1, openIncident: null });

    const replaced = await put('crud', quick('crud', { name: 'Another' }), { 'if-match': '"1"' });
    expect(replaced.headers.get('etag')).toBe('"2"');
    const read = await api.call<MonitorResource>('GET', '/v1/monitors/crud');
    expect(read.headers.get('etag')).toBe('"2"');
    expect(read.body).toMatchObject({ name: 'Another', revision: 2 });

    expect((await api.call('DELETE', '/v1/monitors/crud')).status).toBe(204);
    expect((await api.call('GET', '/v1/monitors/crud')).status).toBe(404);
    const audited = await sql.rows<{ action: string; actor: string }>(
      "select action, actor from audit where subject = 'crud' order by id",
    );
    expect(audited.map(({ action }) => action)).toEqual([
      'monitor.created',
      'monitor.updated',
      'monitor.deleted',
    ]);
    expect(audited.every(({ actor }) => actor === 'admin')).toBe(true);
  });

  test('is not created twice, not even by two at once', async () => {
    const create = () => api.call('POST', '/v1/monitors', { body: quick('twice') });
    // Nobody may write yet: all four have looked for it before the first of them writes it.
    const release = await sql.hold('lock table monitor in share mode');
    const creating = Promise.all([create(), create(), create(), create()]);
    await until('all four to wait', async () => {
      const waiting = await sql.count(
        'pg_stat_activity',
        "datname = current_database() and wait_event_type = 'Lock'",
      );
      return waiting >= 4;
    });
    await release();
    const answers = await creating;
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({ code: 'monitor.exists', errors: [{ pointer: '/id' }] });
  });

  test('is changed by one of two who saw the same revision', async () => {
    await put('guarded', quick('guarded'));
    const change = (name: string) =>
      put<Problem>('guarded', quick('guarded', { name }), { 'if-match': '"1"' });
    const answers = await Promise.all([change('one'), change('two'), change('three')]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
    const refused = answers.find(({ status }) => status === 412);
    expect(refused?.body).toMatchObject({ code: 'conflict' });
    expect(refused?.body.hint).toContain('"2"');
  });

  test('is not changed under an ETag that is none', async () => {
    await put('etags', quick('etags'));
    for (const etag of ['1', 'W/"1"', '"one', '"1" "2"', 'one, two']) {
      const answer = await put<Problem>('etags', quick('etags'), { 'if-match': etag });
      expect([answer.status, answer.body.code]).toEqual([400, 'input.malformed']);
    }
    for (const [headers, status] of [
      [{ 'if-match': '"9", "one"' }, 412],
      [{ 'if-none-match': '*' }, 412],
      [{ 'if-match': '"9", "1"' }, 200],
      [{ 'if-match': '*' }, 200],
    ] as const) {
      expect([headers, (await put('etags', quick('etags'), headers)).status]).toEqual([
        headers,
        status,
      ]);
    }
    expect((await put('not-there', quick('not-there'), { 'if-match': '*' })).status).toBe(412);
    const gone = await api.call('DELETE', '/v1/monitors/etags', { headers: { 'if-match': '"7"' } });
    expect([gone.status, gone.body.code]).toEqual([412, 'conflict']);
  });

  test('is paused and resumed by whoever says what they saw, and keeps every revision', async () => {
    await put('paused', quick('paused', { enabled: true }));
    const patch = (enabled: boolean, headers = {}) =>
      api.call<Problem & MonitorResource>('PATCH', '/v1/monitors/paused', {
        body: { enabled },
        headers,
      });
    expect((await patch(false)).body).toMatchObject({ status: 428, code: 'precondition.required' });
    expect((await patch(false, { 'if-match': '"2"' })).status).toBe(412);
    const paused = await patch(false, { 'if-match': '"1"' });
    expect([paused.body.enabled, paused.headers.get('etag')]).toEqual([false, '"2"']);
    expect((await patch(true, { 'if-match': '*' })).body.revision).toBe(3);
    type Revision = { revision: number; definition: { enabled: boolean } };
    const path = '/v1/monitors/paused/revisions';
    const first = await api.get<List<Revision>>(`${path}?limit=2`);
    expect(first.data.map(({ revision }) => revision)).toEqual([3, 2]);
    const rest = await api.get<List<Revision>>(`${path}?cursor=${first.nextCursor}`);
    expect([rest.data.map(({ revision }) => revision), rest.nextCursor]).toEqual([[1], null]);
    expect((await api.get<Revision>(`${path}/2`)).definition.enabled).toBe(false);
    expect((await api.call('GET', `${path}/4`)).status).toBe(404);
    expect((await api.call('GET', '/v1/monitors/nobody/revisions')).status).toBe(404);
  });

  test('is found by group, labels and whether it is paused', async () => {
    const [shop, eu] = [{ group: 'Shop' }, { team: 'pay', zone: 'eu' }];
    await put('found-1', quick('found-1', { ...shop, labels: eu, enabled: false }));
    await put('found-2', quick('found-2', { ...shop, labels: { team: 'pay' }, enabled: false }));
    await put('found-3', quick('found-3', { ...shop, enabled: true }));
    const found = async (query: string) =>
      (await api.get<List<MonitorResource>>(`/v1/monitors?${query}`)).data.map(({ id }) => id);
    expect(await found('group=Shop')).toEqual(['found-1', 'found-2', 'found-3']);
    expect(await found('group=Shop&enabled=true')).toEqual(['found-3']);
    expect(await found('label=team=pay')).toEqual(['found-1', 'found-2']);
    expect(await found('label=team=pay&label=zone=eu')).toEqual(['found-1']);
    expect(await found('group=Shop&verdict=down')).toEqual([]);
    expect((await api.call('GET', '/v1/monitors?label=team')).status).toBe(422);
  });

  test('keeps its revision when nothing changed', async () => {
    await put('same', quick('same'));
    expect((await put('same', quick('same'))).body.revision).toBe(1);
  });

  test('cannot be given another id', async () => {
    const answer = await put<Problem>('this', { ...quick('this'), id: 'that' });
    expect(answer.body).toMatchObject({ code: 'input.invalid', errors: [{ pointer: '/id' }] });
  });
});

describe('monitors as code', () => {
  const call = <T = { changes: { id: string; action: string }[] }>(path: string, body: unknown) =>
    api.call<T>('POST', path, { body });
  const apply = (body: unknown) => call('/v1/apply', body);
  const refused = async (path: string, body: unknown) => (await call<Problem>(path, body)).body;

  test('a plan says what applying will do, and applying does it', async () => {
    const file = (name: string) => ({
      channels: [{ id: 'hook', type: 'webhook', url: 'https://hook.example/' }],
      monitors: [
        { ...quick('code-a'), id: 'code-a', alerts: [{ notify: 'hook' }] },
        { ...quick('code-b'), id: 'code-b', name },
      ],
    });
    const actions = (path: string, name: string) =>
      call(path, file(name)).then(({ body }) => body.changes.map(({ action }) => action));
    expect(await actions('/v1/plan', 'B')).toEqual(['create', 'create']);
    expect(await sql.count('monitor', "id like 'code-%'")).toBe(0);
    expect(await actions('/v1/apply', 'B')).toEqual(['create', 'create']);
    expect(await actions('/v1/plan', 'B2')).toEqual(['unchanged', 'update']);
    expect(await actions('/v1/apply', 'B2')).toEqual(['unchanged', 'update']);
    expect(await actions('/v1/apply', 'B2')).toEqual(['unchanged', 'unchanged']);
    expect((await api.monitor('code-b')).revision).toBe(2);
  });

  test('the faults of several monitors come together, and nothing is written', async () => {
    const hook = { id: 'hook-2', type: 'webhook', url: 'https://hook.example/' };
    const mail = { host: 'smtp.example', from: 'a@example.com', to: ['b@example.com'] };
    const login = { security: 'none', username: 'me', password: 'secret' };
    const body = {
      channels: [
        { id: 'mail', type: 'email', ...mail, ...login },
        { id: 'pager', type: 'pagerduty', routingKey: { secretRef: 'routingKey' } },
        ...[hook, hook],
      ],
      monitors: [
        { ...quick('fine'), id: 'fine' },
        { ...quick('bad-quorum'), id: 'bad-quorum', quorum: 4 },
        { ...quick('bad-region'), id: 'bad-region', regions: ['mars'] },
        { ...quick('fine'), id: 'fine' },
        { ...quick('bad-alert'), id: 'bad-alert', alerts: [{ notify: 'nobody' }] },
      ],
    };
    for (const path of ['/v1/plan', '/v1/apply']) {
      const problem = await refused(path, body);
      expect(problem.code).toBe('input.invalid');
      expect(problem.errors.map(({ pointer }) => pointer)).toEqual([
        ...['/channels/0/password', '/channels/1/routingKey', '/channels/3/id'],
        '/monitors/1/quorum',
        '/monitors/2/regions',
        '/monitors/3/id',
        '/monitors/4/alerts/0/notify',
      ]);
      expect(problem.errors[3]?.detail).toContain('only 3');
    }
    expect(await sql.count('monitor', "id = 'fine' or id like 'bad-%'")).toBe(0);
  });

  test('a quorum above the number of groups is named by its place', async () => {
    const problem = await refused('/v1/apply', { monitors: [{ ...quick('q'), quorum: 4 }] });
    expect(problem.errors).toMatchObject([{ pointer: '/monitors/0/quorum' }]);
  });

  test('what the database refuses in the middle leaves nothing', async () => {
    await sql.rows("alter table monitor add constraint no_late check (id <> 'late')");
    const monitors = ['early', 'late', 'zeta'].map((id) => ({ ...quick(id), id }));
    expect((await apply({ monitors })).status).toBe(500);
    expect(await sql.count('monitor', "id in ('early', 'late', 'zeta')")).toBe(0);
    await sql.rows('alter table monitor drop constraint no_late');
    expect((await apply({ monitors })).status).toBe(200);
  });

  test('two that apply the same monitors in different order both succeed', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `order-${i}`);
    const monitors = (name: string) => ids.map((id) => ({ ...quick(id), id, name }));
    const answers = await Promise.all([
      apply({ monitors: monitors('one') }),
      apply({ monitors: monitors('two').toReversed() }),
      apply({ monitors: monitors('three') }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const names = await Promise.all(ids.map(async (id) => (await api.monitor(id)).name));
    expect(new Set(names).size).toBe(1);
  });

  test('a file with secrets that is applied again changes nothing', async () => {
    const monitors = (secret: string) => [
      { ...quick('sealed'), id: 'sealed', http: { headers: { 'x-key': { secret } } } },
    ];
    const action = async (secret: string) =>
      (await apply({ monitors: monitors(secret) })).body.changes[0]?.action;
    expect(await action('one')).toBe('create');
    expect(await action('one')).toBe('unchanged');
    expect(await action('two')).toBe('update');
    expect((await api.monitor('sealed')).revision).toBe(2);
  });
});

describe('a secret', () => {
  const PLANTED = 'planted-c0ffee-secret';
  const written = quick('secretive', {
    http: {
      headers: { authorization: `Bearer ${PLANTED}-1`, 'x-custom': { secret: `${PLANTED}-2` } },
      body: { secret: `${PLANTED}-3` },
    },
  });

  test('reaches the agent, and no response, log line or row', async () => {
    const eu = network.agent('eu-1');
    network.voteAll('secretive', 'up');
    await put('secretive', written);
    await api.verdict('secretive', 'up');
    const job = await until('a job', () => eu.lastJob('secretive'));
    expect(Object.values(job.secrets).toSorted()).toEqual([
      `Bearer ${PLANTED}-1`,
      `${PLANTED}-2`,
      `${PLANTED}-3`,
    ]);
    expect(JSON.stringify(job.check)).not.toContain(PLANTED);
    network.voteAll('secretive', 'down');
    const incident = await api.incidentOf('secretive', 'open');

    const round = (await api.rounds('secretive')).data[0]?.id;
    for (const path of [
      '/v1/monitors',
      '/v1/monitors/secretive',
      '/v1/monitors/secretive/rounds',
      `/v1/rounds/${round}`,
      '/v1/incidents',
      `/v1/incidents/${incident.id}`,
      `/v1/incidents/${incident.id}/evidence`,
    ]) {
      const { status, text } = await api.call('GET', path);
      expect([path, status]).toEqual([path, 200]);
      expect(text).not.toContain(PLANTED);
    }
    const wrong = await put<Problem>('secretive', { ...written, quorum: 9 });
    expect(wrong.status).toBe(422);
    expect(wrong.text).not.toContain(PLANTED);
    expect(JSON.stringify(network.logs)).not.toContain(PLANTED);
    expect(await dumpOfEverything()).not.toContain(PLANTED);
  });

  test('is kept by writing back what was read, and asked for where there is none', async () => {
    const shown = (await api.monitor('secretive')).check as { http: Record<string, unknown> };
    const { headers, body } = shown.http;
    const back = await put('secretive', { ...written, name: 'Renamed', http: { headers, body } });
    expect(back.status).toBe(200);
    const job = await until('a job of the new revision', () => {
      const last = network.agent('eu-1').lastJob('secretive');
      return Object.keys(last?.secrets ?? {}).length === 3 ? last : null;
    });
    expect(Object.values(job.secrets)).toContain(`${PLANTED}-2`);

    const other = await put<Problem>('other-secret', { ...written, http: { headers, body } });
    expect(other.status).toBe(422);
    expect(other.body.detail).toContain('no stored secret');
    expect(other.body.errors).toHaveLength(3);
  });

  test('is sent nowhere that it was not written for, and no guess at it is confirmed', async () => {
    const made = async (scopes: string[]) => {
      const body = { name: scopes.join(), scopes };
      return api.as((await api.call<CreatedToken>('POST', '/v1/tokens', { body })).body.token);
    };
    const [writer, reader] = [await made(['monitors:write']), await made(['monitors:read'])];
    const bound = (value: object, url = 'https://a.example/') => ({
      ...{ id: 'bound', name: 'Bound', url, enabled: false },
      http: { headers: { 'x-custom': value } },
    });
    const secret = `${PLANTED}-4`;
    await put('bound', bound({ secret }));
    const ref = { secretRef: 'http.headers.x-custom' };
    const evil = bound(ref, 'https://evil.example/');
    const moved = { ...bound(ref), http: { body: ref } };
    for (const [input, pointer] of [
      [evil, '/http/headers/x-custom'],
      [moved, '/http/body'],
    ] as const) {
      const calls = [
        await writer.call('PUT', '/v1/monitors/bound', { body: input }),
        await writer.call('POST', '/v1/apply', { body: { monitors: [input] } }),
        await reader.call('POST', '/v1/plan', { body: { monitors: [input] } }),
      ];
      expect(calls.map(({ status, body }) => [status, body.errors[0]?.pointer])).toEqual([
        [422, pointer],
        [422, `/monitors/0${pointer}`],
        [422, `/monitors/0${pointer}`],
      ]);
      expect(calls[0]?.body.hint).toContain('{ secret: VALUE }');
    }
    expect((await api.monitor('bound')).revision).toBe(1);

    const planned = async (client: typeof api, input: object) => {
      const answer = await client.call<PlanResult>('POST', '/v1/plan', {
        body: { monitors: [input] },
      });
      return answer.body.changes[0]?.action;
    };
    const [right, wrong] = [bound({ secret }), bound({ secret: 'a guess' })];
    expect([await planned(api, right), await planned(api, wrong)]).toEqual(['unchanged', 'update']);
    expect([await planned(reader, right), await planned(reader, wrong)]).toEqual([
      'update',
      'update',
    ]);
    expect(await planned(reader, bound(ref))).toBe('unchanged');
    expect((await put('bound', bound({ secret }, 'https://b.example/'))).status).toBe(200);
  });

  /** Every row of every table, as text. */
  async function dumpOfEverything(): Promise<string> {
    const tables = await sql.rows<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c
        where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`,
    );
    expect(tables.length).toBeGreaterThan(10);
    let dump = '';
    for (const { name } of tables) {
      const rows = await sql.rows<{ line: string }>(`select t::text as line from ${name} t`);
      dump += rows.map(({ line }) => line).join('\n');
      // What is stored as bytes, or as base64 in an envelope, could hide it.
      dump += rows.map(({ line }) => decoded(line)).join('\n');
    }
    return dump;
  }

  function decoded(line: string): string {
    const hex = [...line.matchAll(/\\\\?x([0-9a-f]{16,})/g)].map(([, h]) => Buffer.from(h!, 'hex'));
    const base64 = [...line.matchAll(/[A-Za-z0-9+/]{24,}={0,2}/g)].map(([b]) =>
      Buffer.from(b, 'base64'),
    );
    return [...hex, ...base64].map((bytes) => bytes.toString('latin1')).join('\n');
  }
});
