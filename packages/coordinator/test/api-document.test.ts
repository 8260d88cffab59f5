/**
 * The API as its own document describes it: every route called well, every answer as promised, and
 * given again, without doing it again, to who sends a request once more under its key. Wrong calls
 * are in api-contract.test.ts.
 */
import type { CreatedToken, MonitorResource, SilenceResource } from '@trustmonitor/protocol';
import { Compile } from 'typebox/compile';
import { beforeAll, describe, expect, test } from 'vitest';
import { quick, type List } from './support/api-client.ts';
import { MAINTENANCE_SAMPLES } from './support/maintenance-samples.ts';
import { sessionSamples } from './support/session-samples.ts';
import { testNetwork } from './support/network.ts';
import type { Document } from './support/openapi-document.ts';
import { expectKept } from './support/replayed.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

const network = await testNetwork();
await network.start();
const { api } = network;
const document = await api.get<Document>('/openapi.json');
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    path,
    operation,
  })),
);

let incident = '';
let stuck = '';
let round = '';
let pingPath = '';
let token = '';
let ban = '';
let deployment = '';
let decision = '';
let silence = '';
const quiet = { match: {}, until: '2999-01-01T00:00:00.000Z', reason: 'sample' };
beforeAll(async () => {
  network.voteAll('shown', 'up');
  await api.create('shown');
  await api.verdict('shown', 'up');
  network.voteAll('shown', 'down');
  incident = (await api.incidentOf('shown', 'open')).id;
  round = (await api.rounds('shown')).data[0]!.id;
  network.voteAll('retired', 'down');
  await api.create('retired');
  stuck = (await api.incidentOf('retired', 'open')).id;
  await api.create('retired', { enabled: false });
  const disposable = { name: 'disposable', scopes: ['read'] };
  token = (await api.call<CreatedToken>('POST', '/v1/tokens', { body: disposable })).body.id;
  const [banned] = await network.sql.rows<{ id: string }>(
    `insert into ban (subject, reason, offence, until)
     values ('address:203.0.113.9', 'sample', 1, now() + interval '1 hour') returning id`,
  );
  ban = banned!.id;
  const told = { service: 'shop', version: '1.0' };
  const added = await api.call<{ id: string }>('POST', '/v1/deployments', { body: told });
  deployment = added.body.id;
  const asked = { body: { service: 'shop' } };
  decision = (await api.call<{ id: string }>('POST', '/v1/gate', asked)).body.id;
  silence = (await api.call<SilenceResource>('POST', '/v1/silences', { body: quiet })).body.id;
  const job = { name: 'pinged', type: 'heartbeat', heartbeat: { period: '1h' } };
  const { body } = await api.call<MonitorResource>('PUT', '/v1/monitors/pinged', { body: job });
  pingPath = new URL(body.pingUrl ?? '').pathname;
});

const channel = { id: 'sample', type: 'webhook', url: 'http://127.0.0.1:9/' };

/** One call for each route, in this order; each succeeds with the status given. */
interface Sample {
  readonly path: string;
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A call that needs nothing of what was made before. */
const at =
  (path: string, status = 200, body?: unknown) =>
  (): Sample => ({ path, status, body });

const SAMPLES: Readonly<Record<string, () => Sample>> = {
  'GET /healthz': () => ({ path: '/healthz', status: 200 }),
  'GET /readyz': () => ({ path: '/readyz', status: 200 }),
  'GET /v1/keys/root': () => ({ path: '/v1/keys/root', status: 200 }),
  'GET /.well-known/trustmonitor/keyring.json': at('/.well-known/trustmonitor/keyring.json'),
  'POST /v1/monitors': () => ({ path: '/v1/monitors', status: 201, body: quick('sample') }),
  'PUT /v1/monitors/{id}': at('/v1/monitors/sample', 200, quick('sample')),
  'GET /v1/monitors': () => ({ path: '/v1/monitors?limit=5', status: 200 }),
  'GET /v1/monitors/{id}': () => ({ path: '/v1/monitors/shown', status: 200 }),
  'PATCH /v1/monitors/{id}': () => ({
    ...at('/v1/monitors/sample', 200, { enabled: false })(),
    headers: { 'if-match': '*' },
  }),
  'GET /v1/monitors/{id}/revisions': at('/v1/monitors/shown/revisions'),
  'GET /v1/monitors/{id}/revisions/{revision}': at('/v1/monitors/shown/revisions/1'),
  'DELETE /v1/monitors/{id}': () => ({ path: '/v1/monitors/sample', status: 204 }),
  'POST /v1/plan': () => ({ path: '/v1/plan', status: 200, body: { monitors: [quick('p')] } }),
  'POST /v1/apply': () => ({ path: '/v1/apply', status: 200, body: { monitors: [quick('p')] } }),
  'GET /v1/monitors/{id}/rounds': at('/v1/monitors/shown/rounds?from=2020-01-01T00:00:00Z'),
  'GET /v1/log/checkpoints': at('/v1/log/checkpoints'),
  'GET /v1/monitors/{id}/history': () => ({ path: '/v1/monitors/shown/history', status: 200 }),
  'GET /v1/monitors/{id}/baseline': () => ({ path: '/v1/monitors/shown/baseline', status: 200 }),
  'GET /v1/monitors/{id}/schedule': () => ({ path: '/v1/monitors/shown/schedule', status: 200 }),
  'GET /v1/monitors/{id}/uptime': at('/v1/monitors/shown/uptime?window=90d'),
  'GET /v1/rounds/{id}': () => ({ path: `/v1/rounds/${round}`, status: 200 }),
  'GET /v1/incidents': () => ({ path: '/v1/incidents?state=open', status: 200 }),
  'GET /v1/incidents/{id}': () => ({ path: `/v1/incidents/${incident}`, status: 200 }),
  'GET /v1/monitors/{id}/report': at(
    '/v1/monitors/shown/report?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z',
  ),
  'GET /v1/incidents/{id}/evidence': () => ({
    path: `/v1/incidents/${incident}/evidence`,
    status: 200,
  }),
  'POST /v1/incidents/{id}/ack': () => ({
    path: `/v1/incidents/${incident}/ack`,
    status: 200,
    body: {},
  }),
  'POST /v1/incidents/{id}/notes': () => ({
    path: `/v1/incidents/${incident}/notes`,
    status: 201,
    body: { note: 'seen' },
  }),
  'POST /v1/incidents/{id}/resolve': () => ({
    path: `/v1/incidents/${stuck}/resolve`,
    status: 200,
    body: { reason: 'retired' },
  }),
  'POST /v1/channels': () => ({ path: '/v1/channels', status: 201, body: channel }),
  'PUT /v1/channels/{id}': () => ({ path: '/v1/channels/sample', status: 200, body: channel }),
  'GET /v1/channels': () => ({ path: '/v1/channels', status: 200 }),
  'GET /v1/channels/{id}': () => ({ path: '/v1/channels/sample', status: 200 }),
  'POST /v1/channels/{id}/test': () => ({ path: '/v1/channels/sample/test', status: 200 }),
  'GET /v1/channels/{id}/deliveries': at('/v1/channels/sample/deliveries'),
  'DELETE /v1/channels/{id}': () => ({ path: '/v1/channels/sample', status: 204 }),
  'PUT /v1/status-pages/{id}': () => ({
    path: '/v1/status-pages/sample',
    status: 200,
    body: { id: 'sample', title: 'Shop', groups: [{ name: 'All', select: {} }] },
  }),
  'GET /v1/status-pages': () => ({ path: '/v1/status-pages', status: 200 }),
  'GET /v1/status-pages/{id}': () => ({ path: '/v1/status-pages/sample', status: 200 }),
  'GET /v1/status-pages/{id}/files': at(
    '/v1/status-pages/sample/files?base=https://status.example/',
  ),
  'DELETE /v1/status-pages/{id}': () => ({ path: '/v1/status-pages/sample', status: 204 }),
  'POST /v1/deployments': at('/v1/deployments', 201, { service: 'shop', version: '1' }),
  'GET /v1/deployments': () => ({ path: '/v1/deployments?service=shop', status: 200 }),
  'GET /v1/deployments/{id}': () => ({ path: `/v1/deployments/${deployment}`, status: 200 }),
  'GET /v1/dora': () => ({ path: '/v1/dora?service=shop', status: 200 }),
  'POST /v1/gate': () => ({ path: '/v1/gate', status: 200, body: { service: 'shop' } }),
  'GET /v1/gate/decisions': () => ({ path: '/v1/gate/decisions?service=shop', status: 200 }),
  'GET /v1/gate/decisions/{id}': () => ({ path: `/v1/gate/decisions/${decision}`, status: 200 }),
  'PUT /v1/routing': at('/v1/routing', 200, { remindEvery: '1h' }),
  'GET /v1/routing': at('/v1/routing'),
  'POST /v1/silences': at('/v1/silences', 201, quiet),
  'GET /v1/silences': at('/v1/silences?state=open'),
  'GET /v1/silences/{id}': () => ({ path: `/v1/silences/${silence}`, status: 200 }),
  'DELETE /v1/silences/{id}': () => ({ path: `/v1/silences/${silence}`, status: 204 }),
  ...MAINTENANCE_SAMPLES,
  'GET /v1/tokens': () => ({ path: '/v1/tokens', status: 200 }),
  'POST /v1/tokens': at('/v1/tokens', 201, { name: 'sample', scopes: ['read'] }),
  'GET /v1/tokens/{id}': () => ({ path: `/v1/tokens/${token}`, status: 200 }),
  ...sessionSamples(await network.token()),
  'DELETE /v1/tokens/{id}': () => ({ path: `/v1/tokens/${token}`, status: 204 }),
  'GET /v1/status': () => ({ path: '/v1/status', status: 200 }),
  'GET /v1/system': () => ({ path: '/v1/system', status: 200 }),
  'GET /v1/bans': () => ({ path: '/v1/bans', status: 200 }),
  'GET /v1/bans/{id}': () => ({ path: `/v1/bans/${ban}`, status: 200 }),
  'DELETE /v1/bans/{id}': () => ({ path: `/v1/bans/${ban}`, status: 204 }),
  'GET /v1/audit': () => ({ path: '/v1/audit', status: 200 }),
  'GET /v1/agents': () => ({ path: '/v1/agents', status: 200 }),
  'GET /v1/agents/{agent}': () => ({ path: '/v1/agents/eu-1', status: 200 }),
  ...Object.fromEntries(
    ['', '/fail', '/start'].flatMap((end) =>
      ['GET', 'POST'].map((method) => [
        `${method} /ping/{monitor}/{secret}${end}`,
        () => ({ path: `${pingPath}${end}`, status: 200 }),
      ]),
    ),
  ),
  'PUT /v1/regions/{region}/location': at('/v1/regions/eu/location', 200, {
    latitude: 48.2,
    longitude: 16.4,
  }),
  'DELETE /v1/regions/{region}/location': at('/v1/regions/eu/location', 204),
  'PUT /v1/regions/{region}/drain': at('/v1/regions/eu/drain', 200, { force: true }),
  'DELETE /v1/regions/{region}/drain': at('/v1/regions/eu/drain', 204),
  'PUT /v1/agents/{agent}/drain': at('/v1/agents/eu-1/drain', 200, { reason: 'reboot' }),
  'DELETE /v1/agents/{agent}/drain': at('/v1/agents/eu-1/drain', 204),
  'POST /v1/agents/join-tokens': at('/v1/agents/join-tokens', 201, { region: 'eu' }),
  'GET /v1/slos': () => ({ path: '/v1/slos', status: 200 }),
  'POST /v1/slos': () => ({
    path: '/v1/slos',
    status: 201,
    body: { id: 'all', name: 'All', selector: {}, target: 99.9, alerts: [] },
  }),
  'PUT /v1/slos/{id}': () => ({
    path: '/v1/slos/all',
    status: 200,
    body: { name: 'All', selector: {}, target: '99.95%', latency: { threshold: '1s', target: 95 } },
  }),
  'GET /v1/slos/{id}': () => ({ path: '/v1/slos/all', status: 200 }),
  'DELETE /v1/slos/{id}': () => ({ path: '/v1/slos/all', status: 204 }),
  'GET /v1/notices': () => ({ path: '/v1/notices', status: 200 }),
  'GET /v1/regions': () => ({ path: '/v1/regions', status: 200 }),
  'GET /v1/regions/{region}': () => ({ path: '/v1/regions/eu', status: 200 }),
};

/** What needs keys of its own is tested in enrolment.test.ts, streams in api-live.test.ts. */
const ELSEWHERE = [
  '/v1/agents/join',
  '/v1/agents/{agent}/credential',
  '/v1/agents/{agent}/revoke',
  '/v1/keyrings',
  '/v1/events',
  '/v1/checks',
];
/** Routes of the transparency log answer only where a log is kept, and are tested there. */
const here = operations.filter(
  ({ path }) => !path.startsWith('/log/') && !ELSEWHERE.includes(path),
);

describe('the document', () => {
  test('is OpenAPI 3.1, and every route is described', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info.title).not.toBe('');
    expect(operations.length).toBeGreaterThan(15);
    for (const { name, path, operation } of operations) {
      expect([name, operation.summary ?? '']).not.toEqual([name, '']);
      expect([name, operation.tags?.length]).toEqual([name, 1]);
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, param]) => param);
      const declared = operation.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
      expect([name, declared.map((parameter) => parameter.name)]).toEqual([name, inPath]);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[1-5]\d\d$|^default$/);
        expect(response.description).toBeTypeOf('string');
      }
      expect(Object.keys(operation.responses['default']?.content ?? {})).toEqual([
        'application/problem+json',
      ]);
    }
  });

  test('has schemas that compile, for whatever goes in and comes out', () => {
    for (const { operation } of operations) {
      const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap(
        (part) => Object.values(part?.content ?? {}),
      );
      for (const { schema } of contents) Compile(schema);
      for (const { schema } of operation.parameters ?? []) Compile(schema);
    }
  });

  test('says which routes need no token', async () => {
    for (const { name, path, operation } of operations) {
      if (!name.startsWith('GET ')) continue;
      const status = (await api.as(null).call('GET', path.replace('{*}', 'x'))).status;
      expect([name, operation.security?.length === 0]).toEqual([name, status !== 401]);
    }
  });

  test('has no route that is not exercised here', () => {
    expect(here.map(({ name }) => name).toSorted()).toEqual(Object.keys(SAMPLES).toSorted());
  });

  test.each(Object.keys(SAMPLES))('%s answers as it is described', async (name) => {
    const { path, status, body, headers = {} } = SAMPLES[name]!();
    const [method = ''] = name.split(' ');
    const { operation } = operations.find((candidate) => candidate.name === name)!;
    const call = { headers: { ...headers, 'idempotency-key': name.replace(' ', ':') }, body };
    const answer = await api.call<unknown>(method, path, call);
    expect([answer.status, answer.status === status ? '' : answer.text]).toEqual([status, '']);
    if (method === 'POST' && operation.security?.length !== 0) {
      const schema = operation.requestBody?.content['application/json']?.schema;
      await expectKept(api, { path, call, schema }, answer);
    }
    const described = operation.responses[String(status)];
    expect(described).toBeDefined();
    if (status === 204) {
      expect(answer.text).toBe('');
      return;
    }
    const [type = '', content] = Object.entries(described?.content ?? {})[0] ?? [];
    expect(answer.type).toContain(type);
    expect([...Compile(content!.schema).Errors(answer.body)]).toEqual([]);
  });
});

describe('lists', () => {
  /** Walks a list to its end while something is done between its pages. */
  async function walk(path: string, between: () => Promise<unknown>): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page: List<{ id: string }> = await api.get(`${path}${query}`);
      ids.push(...page.data.map(({ id }) => id));
      expect(page.data.length).toBeLessThanOrEqual(3);
      cursor = page.nextCursor;
      await between();
    } while (cursor !== null);
    return ids;
  }

  test('of monitors: every one that was there comes exactly once while others are added', async () => {
    const first = Array.from({ length: 10 }, (_, i) => `page-${i}x`);
    const asleep = { enabled: false };
    for (const id of first) await api.create(id, asleep);
    let added = 0;
    const ids = await walk('/v1/monitors?limit=3', async () => {
      added += 1;
      // Before and behind the place where the walk stands.
      await api.create(`page-${added % 10}`, asleep);
      await api.create(`page-${added % 10}z`, asleep);
    });
    expect(new Set(ids).size).toBe(ids.length);
    expect(first.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('of rounds: each comes exactly once while new ones are made', async () => {
    const before = await until('some rounds', async () => {
      const { data } = await api.rounds('shown');
      return data.length >= 4 ? data.map(({ id }) => id) : null;
    });
    const ids = await walk('/v1/monitors/shown/rounds?limit=3', () =>
      until('another round', async () => (await api.rounds('shown')).data.length > before.length),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(before.filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids).toEqual(ids.toSorted().toReversed());
  });

  test('of incidents can be asked for by state and monitor', async () => {
    const list = (query: string) => api.get<List<{ id: string }>>(`/v1/incidents?${query}`);
    expect((await list('monitor=shown&state=open')).data).toMatchObject([{ id: incident }]);
    expect((await list('monitor=shown&state=resolved')).data).toEqual([]);
    expect((await list('monitor=nobody')).data).toEqual([]);
  });
});

test('the evidence that it gives out verifies, byte for byte', async () => {
  await expectVerified(network, incident);
  const answer = await api.call('GET', `/v1/incidents/${incident}/evidence`);
  expect(answer.headers.get('content-disposition')).toContain(`incident-${incident}.json`);
  const again = await api.call('GET', `/v1/incidents/${incident}/evidence`);
  expect(again.text).toBe(answer.text);
});

test('agents and regions are those of the key ring, alive by their heartbeats', async () => {
  await network.agent('eu-1').beat({ version: '9.9.9', spooledBatches: 3 });
  const agents = (await api.agents()).data;
  expect(agents.map(({ agent, state }) => [agent, state])).toEqual([
    ['ap-1', 'never_seen'],
    ['eu-1', 'alive'],
    ['us-1', 'never_seen'],
  ]);
  expect(agents[1]).toMatchObject({ version: '9.9.9', spooledBatches: 3, group: 'group-eu' });
  const regions = await api.get<List<{ region: string; alive: number }>>('/v1/regions');
  expect(regions.data.find(({ region }) => region === 'eu')).toMatchObject({ alive: 1 });
  expect(await api.get('/v1/regions/eu')).toMatchObject({ region: 'eu', alive: 1 });
  expect(await api.get('/v1/agents/eu-1')).toMatchObject({ agent: 'eu-1', version: '9.9.9' });
  for (const path of ['/v1/agents/nobody', '/v1/regions/mars']) {
    expect((await api.call('GET', path)).body).toMatchObject({ status: 404, code: 'not_found' });
  }
});
