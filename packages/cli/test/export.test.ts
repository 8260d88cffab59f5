/** `export`: monitors in force as a file that applies to the very same, secrets by name. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  completeMonitorWithSecrets,
  completeRouting,
  completeSlo,
  monitorInputParser,
  sloInputParser,
  type MonitorInput,
  type RoutingInput,
} from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { loadMonitors } from '../src/monitors-file/load.ts';
import { tmWith, type Asked, type FakeAnswer } from './fake-api.ts';
import { scratchFolder, tm } from './harness.ts';

const WRITTEN: readonly MonitorInput[] = [
  {
    ...{ id: 'shop', name: 'Shop: "a" # b', url: 'https://shop.example/?q=${X}', interval: '45s' },
    group: 'yes',
    labels: { raw: '$${Y}', number: '12', empty: '' },
    http: {
      method: 'POST',
      headers: { 'x-tenant': { secret: 'tenant one' }, accept: 'text/*' },
      body: { secret: '{"a": "${Z}"}\nsecond line' },
      auth: { bearer: '12345' },
    },
    assertions: ['body matches "^\\\\d+$"', "json($['a b']) == \"it's\"", 'status in 2xx'],
    alerts: [{ notify: 'ops' }],
    slo: { target: '99.95%', window: '7d', latency: { threshold: 0.5, target: 99 } },
  },
  {
    ...{ id: '1st', name: 'First', type: 'tcp', host: 'db.example', port: 5432 },
    tcp: { script: [{ send: { secret: 'AUTH\r\n' } }, { expect: '\\+OK' }] },
  },
  {
    id: 'cert',
    name: 'Cert',
    type: 'tls',
    host: '2001:db8::1',
    assertions: ['cert.daysLeft > 14'],
  },
  { id: 'dns', name: 'Dns', type: 'dns', host: 'shop.example', dns: { recordType: 'TXT' } },
  { id: 'ping', name: 'Ping', type: 'icmp', host: 'shop.example', enabled: false },
  { id: 'rpc', name: 'Rpc', type: 'grpc', host: 'rpc.example', port: 80, grpc: { tls: false } },
  { id: 'ws', name: 'Ws', type: 'websocket', url: 'wss://shop.example/', websocket: { send: 'x' } },
  { id: 'mail', name: 'Mail', type: 'smtp', host: 'mail.example', smtp: { security: 'starttls' } },
  { id: 'job', name: 'Job', type: 'heartbeat', heartbeat: { period: '1d' } },
];

const COMPLETE = WRITTEN.map((input) => completeMonitorWithSecrets(input));
const CHANNEL = { id: 'ops', type: 'webhook', url: 'https://hooks.example/x' };

/** As the API shows them: the database has put the keys into an order of its own. */
const RESOURCES = COMPLETE.map(({ monitor }, i) => ({
  ...(JSON.parse(JSON.stringify(monitor, reversed)) as typeof monitor),
  revision: 3,
  checkDigest: '0'.repeat(64),
  verdict: null,
  unconfirmed: false,
  shown: { state: 'up', reason: 'verdict' },
  openAnomalies: [],
  pingUrl: null,
  openIncident: null,
  flapping: null,
  inMaintenance: null,
  lastRoundAt: null,
  createdAt: '2026-01-31T12:00:00.000Z',
  updatedAt: '2026-01-31T12:00:00.000Z',
  owner: i === 0 ? 'acme/shop' : null,
}));

function reversed(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toReversed());
}

const SLO = completeSlo({
  ...{ id: 'front', name: 'The front', selector: { groups: ['web'] }, target: 99.95 },
  ...{ window: '28d', partial: 'bad', latency: { threshold: '500ms', target: 95 } },
  alerts: [{ notify: 'ops', onResolve: false }],
});
/** One about several, and a monitor's own, which comes with the monitor. */
const SLOS = [
  { ...SLO, monitor: null, owner: null, monitors: 2, indicators: [] },
  { ...SLO, id: 'monitor:shop', monitor: 'shop', selector: null, owner: null, monitors: 1 },
].map((slo) => ({ indicators: [], ...slo }));

const ROUTING: RoutingInput = {
  notify: ['ops'],
  groupWait: '5s',
  quietHours: { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' },
  routes: [
    { severity: ['critical'], remindEvery: '1h', escalate: [{ after: '15m', notify: ['ops'] }] },
  ],
};

const answer = ({ url }: Asked): FakeAnswer => ({
  body: url === '/v1/routing' ? completeRouting(ROUTING) : { data: listAt(url), nextCursor: null },
});

function listAt(url: string): readonly unknown[] {
  if (url.startsWith('/v1/slos')) return SLOS;
  return url.startsWith('/v1/channels') ? [CHANNEL] : RESOURCES;
}

/** What the names stand for, in files that end with a line break. */
const SECRETS = {
  SHOP_HTTP_HEADERS_X_TENANT: 'tenant one',
  SHOP_HTTP_BODY: '{"a": "${Z}"}\nsecond line',
  SHOP_HTTP_AUTH_TOKEN: '12345',
  M_1ST_TCP_SCRIPT_0_SEND: 'AUTH\r\n',
};

test('what it prints is valid without secrets, and with them completes to the same', async () => {
  const folder = await scratchFolder();
  const file = join(folder, 'trustmonitor.yaml');
  const ran = await tmWith(['export', '--notifications', '-o', file], answer);
  expect([ran.code, ran.stdout]).toEqual([EXIT.ok, '']);
  for (const name of Object.keys(SECRETS)) expect(ran.stderr).toContain(`  ${name}  `);
  expect(ran.stderr).toContain('belong to acme/shop');
  expect(ran.stderr).not.toContain('tenant one');

  const valid = await tm(['validate', file, '--json']);
  expect(JSON.parse(valid.stdout)).toEqual({
    valid: true,
    faults: [],
    unsetSecrets: expect.toSatisfy(
      (names: string[]) => names.toSorted().join() === Object.keys(SECRETS).toSorted().join(),
    ),
  });
  expect((await tm(['validate', file])).stderr).toContain('SHOP_HTTP_BODY');
  const refused = await tm(['plan', file]);
  expect([refused.code, refused.stderr]).toEqual([EXIT.usage, expect.stringContaining('4 faults')]);

  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(SECRETS)) {
    env[`${name}_FILE`] = join(folder, name);
    await writeFile(join(folder, name), `${value}\n`);
  }
  const result = await loadMonitors(file, env);
  expect(result.ok ? result.loaded.body.channels : result.faults).toEqual([CHANNEL]);
  expect(result.ok && result.loaded.body.routing).toEqual(ROUTING);
  const again = (result.ok ? result.loaded.body.monitors : []).map((input) =>
    completeMonitorWithSecrets(monitorInputParser.parse(input)),
  );
  expect(again).toEqual(COMPLETE);
  const slos = result.ok ? result.loaded.body.slos : [];
  expect(slos.map((input) => completeSlo(sloInputParser.parse(input)))).toEqual([SLO]);
});

test('some of them, of one owner, as data, and with the stored secrets kept', async () => {
  const args = ['export', 'shop', '--owner', 'acme/shop', '--keep-secrets', '--json'];
  const { code, stdout } = await tmWith(args, answer);
  expect(code).toBe(EXIT.ok);
  expect(JSON.parse(stdout)).toMatchObject({
    apiVersion: 'trustmonitor/v1',
    owner: 'acme/shop',
    monitors: [{ id: 'shop', http: { auth: { bearer: { secretRef: 'http.auth.token' } } } }],
  });
  expect(JSON.parse(stdout)).not.toHaveProperty('notifications');
  const missing = await tmWith(['export', 'ping', '--owner', 'acme/shop'], answer);
  expect(missing).toMatchObject({ code: EXIT.notFound, stdout: '' });
});
