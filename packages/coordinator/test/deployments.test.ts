/** Deployments and the metrics over them, over the API and a real database. */
import type {
  AuditResource,
  CreatedToken,
  DeploymentResource,
  DoraMetrics,
} from '@trustmonitor/protocol';
import { beforeEach, expect, test } from 'vitest';
import type { List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';

const network = await testNetwork();
await network.start();
const { api, sql } = network;
beforeEach(() => network.showLogsOnFailure());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

const add = (body: object, headers: Record<string, string> = {}) =>
  api.call<DeploymentResource>('POST', '/v1/deployments', { body, headers });

test('a deployment is told once, listed and audited', async () => {
  const told = { service: 'told', version: 'v1', committedAt: '2026-01-31T12:00:00+02:00' };
  const first = await add(told, { 'idempotency-key': 'run-1' });
  expect([first.status, first.text]).toEqual([201, expect.any(String)]);
  expect(first.body).toMatchObject({
    ...{ service: 'told', version: 'v1', outcome: 'succeeded', createdBy: 'admin' },
    committedAt: '2026-01-31T10:00:00.000Z',
  });
  const again = await add(told, { 'idempotency-key': 'run-1' });
  expect(again.body).toEqual(first.body);
  const { id } = first.body;
  expect(await api.get(first.headers.get('location')!)).toEqual(first.body);
  const second = await add({ service: 'told', version: 'v2', outcome: 'rolled_back' });
  await add({ service: 'other', version: 'v1' });
  const list = (query: string) => api.get<List<DeploymentResource>>(`/v1/deployments?${query}`);
  const page = await list('service=told&limit=1');
  expect(page.data).toEqual([second.body]);
  expect((await list(`service=told&limit=1&cursor=${page.nextCursor}`)).data).toEqual([first.body]);
  expect((await list(`service=told&to=${ago(HOUR)}`)).data).toEqual([]);
  const audit = await api.get<List<AuditResource>>(
    '/v1/audit?action=deployment.added&subject=told',
  );
  expect(audit.data.map(({ detail }) => detail['version'])).toEqual(['v2', 'v1']);
  expect(audit.data[1]?.detail).toEqual({ id, version: 'v1', outcome: 'succeeded' });
});

test.each([
  ['in the future', { deployedAt: ago(-HOUR) }, '/deployedAt'],
  ['before its commit', { deployedAt: ago(HOUR), committedAt: ago(HOUR - 1) }, '/committedAt'],
  ['on a day that there is none of', { deployedAt: '2026-02-31T12:00:00Z' }, '/deployedAt'],
  [
    'with an offset that there is none of',
    { committedAt: '2026-01-31T12:00:00+99:00' },
    '/committedAt',
  ],
  ['of no service', { service: 'a service' }, '/service'],
])('a deployment %s is refused', async (_what, changes, pointer) => {
  const { status, body } = await add({ service: 'refused', version: '1', ...changes });
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'input.invalid' });
  expect(JSON.stringify(body)).toContain(pointer);
  expect(await sql.count('deployment', `service = 'refused'`)).toBe(0);
});

test('a token for deployments can do only that', async () => {
  const body = { name: 'ci', scopes: ['deployments:write'] };
  const { token } = (await api.call<CreatedToken>('POST', '/v1/tokens', { body })).body;
  const ci = api.as(token);
  const told = { service: 'by-ci', version: '1' };
  expect((await ci.call('POST', '/v1/deployments', { body: told })).status).toBe(201);
  expect((await ci.call('GET', '/v1/dora?service=by-ci')).status).toBe(200);
  for (const path of ['/v1/monitors', '/v1/incidents', '/v1/audit', '/v1/gate/decisions']) {
    expect([path, (await ci.call('GET', path)).status]).toEqual([path, 403]);
  }
});

test('the metrics are of the deployments and of the incidents of monitors with the label', async () => {
  const labels = { service: 'shop' };
  await api.create('shop-web', { enabled: false, labels });
  await api.create('shop-api', { enabled: false, labels });
  await api.create('stranger', { enabled: false, labels: { service: 'shop-2' } });
  // Deleted, and what it saw stays.
  await api.call('DELETE', '/v1/monitors/shop-api');
  const outage = (monitor: string, fromMs: number, lastedMs: number | null) =>
    sql.rows(
      `insert into incident (id, monitor, kind, verdict, summary, opened_at, resolved_at)
       values (uuid7(), $1, 'down', 'down', '{}', $2, $3)`,
      [monitor, ago(fromMs), lastedMs === null ? null : ago(fromMs - lastedMs)],
    );
  await outage('shop-web', 5 * DAY - HOUR / 2, 10 * 60_000);
  await outage('shop-api', 3 * DAY - 2 * HOUR, 30 * 60_000);
  await outage('stranger', 4 * DAY - 1, HOUR);
  for (const [days, version, more] of [
    [5, 'v1', { committedAt: ago(5 * DAY + 2 * HOUR) }],
    [4, 'v2', { committedAt: ago(4 * DAY + 6 * HOUR) }],
    [3, 'v3', {}],
    [2, 'v4', { outcome: 'failed' }],
  ] as const) {
    await add({ service: 'shop', version, deployedAt: ago(days * DAY), ...more });
  }
  const dora = await api.get<DoraMetrics>(`/v1/dora?service=shop&from=${ago(10 * DAY)}`);
  expect(dora.monitors).toEqual(['shop-api', 'shop-web']);
  expect(dora.deploymentFrequency).toMatchObject({ n: 3, unit: 'per_day' });
  expect(dora.deploymentFrequency.value).toBeCloseTo(0.3, 5);
  expect(dora.leadTime.n).toBe(2);
  expect(dora.leadTime.value! / HOUR).toBeCloseTo(4, 3);
  expect(dora.changeFailureRate).toMatchObject({ value: 0.5, n: 4 });
  expect(dora.failures.map(({ version, outcome }) => [version, outcome])).toEqual([
    ['v4', 'failed'],
    ['v1', 'succeeded'],
  ]);
  expect(dora.failedDeploymentRecovery).toMatchObject({ value: 600_000, n: 1 });
  expect(dora.timeToRestore).toMatchObject({ value: 1_200_000, n: 2, reason: null });

  // Another window, another answer; and what it means is said with it.
  const wide = await api.get<DoraMetrics>(`/v1/dora?service=shop&from=${ago(10 * DAY)}&window=3h`);
  expect(wide.changeFailureRate).toMatchObject({ value: 0.75, n: 4 });
  expect(wide.changeFailureRate.definition).toContain('within 3h');

  const nobody = await api.get<DoraMetrics>('/v1/dora?service=nobody');
  expect(nobody.changeFailureRate).toMatchObject({ value: null, n: 0, reason: expect.any(String) });
  for (const query of [
    'window=1s',
    'window=x',
    'from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z',
  ]) {
    expect((await api.call('GET', `/v1/dora?service=shop&${query}`)).status).toBe(422);
  }
});
