import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { EXIT } from '../src/exit.ts';
import { loadMonitors } from '../src/monitors-file/load.ts';
import { scratchFolder, tm } from './harness.ts';

const FILE = new URL('import/gatus.yaml', import.meta.url).pathname;
const ENV = { SHOP_HOST: 'shop.example', PAGE: '7', TOKEN: 't' };

const MONITORS = [
  {
    ...{ id: 'front-page', name: 'Front page', group: 'Shop', interval: '30s', timeout: '5s' },
    ...{ confirm: { rounds: 4 }, recover: { rounds: 3 } },
    url: 'https://shop.example/?a=7',
    http: {
      headers: { authorization: 'Bearer t', 'x-price': '5$' },
      tls: { verify: false },
    },
    assertions: [
      'status in 200, 429',
      'latency < 300ms',
      'body contains "<h1>Welcome</h1>"',
      'json($.user.name) not matches "(?s)^jo.*n$"',
      'json($.count) >= 3',
      'json($.state) == "UP"',
      'json($.items[1]) exists',
      'json($.items[2]) not exists',
      'json($.errors) not exists',
      'header(content-type) contains "json"',
      'cert.daysLeft >= 2',
    ],
  },
  {
    ...{ id: 'blog-front-page', name: 'Front page', group: 'Blog', interval: '1m' },
    labels: { team: 'blog', tier: '2' },
    url: 'https://blog.example/',
    http: {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ posts { id } }"}',
      followRedirects: false,
    },
    assertions: ['status < 600'],
  },
  {
    ...{ id: 'resolver', name: 'resolver', type: 'dns', host: 'shop.example', interval: '1m' },
    dns: { server: '8.8.8.8', recordType: 'A' },
    assertions: ['dns.answers contains "192.0.2.1"', 'dns.rcode == NOERROR'],
  },
  {
    ...{ id: 'router', name: 'router', type: 'icmp', host: '192.0.2.9' },
    ...{ enabled: false, interval: '1m30s' },
  },
  {
    ...{ id: 'database', name: 'database', type: 'tcp', host: 'db.example', port: 5432 },
    ...{ interval: '1m', assertions: ['latency < 1000ms'] },
  },
  {
    ...{ id: 'imap', name: 'imap', type: 'tls', host: '2001:db8::1', port: 993, interval: '1m' },
    assertions: ['cert.daysLeft >= 1'],
  },
  {
    ...{ id: 'mail', name: 'mail', type: 'smtp', host: 'mail.example', port: 587, interval: '1m' },
    smtp: { security: 'starttls' },
  },
  {
    ...{ id: 'chat', name: 'chat', type: 'websocket', url: 'wss://chat.example/ws' },
    ...{ interval: '1m', websocket: { send: 'ping' } },
    assertions: ['body matches "^\\\\s*(?:pong)\\\\s*$"'],
  },
  {
    ...{ id: 'bastion', name: 'bastion', type: 'tcp', host: 'bastion.example', port: 2222 },
    ...{ interval: '1m', tcp: { script: [{ expect: '^SSH-' }] } },
  },
  {
    ...{ id: 'rpc', name: 'rpc', type: 'grpc', host: 'rpc.example', port: 50051 },
    ...{ interval: '1m', grpc: { tls: false } },
  },
  { id: 'backup', name: 'backup', type: 'heartbeat', heartbeat: { period: '1d' } },
];

test('every kind of endpoint becomes a monitor that validates, and all else is named', async () => {
  const { code, stdout, stderr } = await tm(['import', 'gatus', FILE, '--owner', 'acme']);
  expect(code).toBe(EXIT.ok);
  const file = join(await scratchFolder(), 'trustmonitor.yaml');
  await writeFile(file, stdout);
  expect((await tm(['validate', file], { env: ENV })).stderr).toContain('valid: 11 monitors');
  const result = await loadMonitors(file, ENV);
  expect(result.ok ? result.loaded.body : result.faults).toMatchObject({
    owner: 'acme',
    monitors: MONITORS,
  });
  const said = stderr.replaceAll(/\S*gatus\.yaml/g, 'gatus.yaml').split('\n');
  expect(said).toEqual([
    expect.stringMatching(/^gatus\.yaml:2:\d+: is not translated: write `notifications`/),
    expect.stringMatching(
      /^gatus\.yaml:8:5 Front page: "\[DOMAIN_EXPIRATION\] > 720h" was left out/,
    ),
    expect.stringMatching(/^gatus\.yaml:8:5 Front page: "age\(\[BODY\]\.at\) < 10m" was left out/),
    expect.stringMatching(/^gatus\.yaml:26:5 Front page: client\.oauth2 was left out: fetch no/),
    expect.stringMatching(/ bastion: only the greeting of the SSH server/),
    expect.stringMatching(/ syslog: was left out: there is no check of UDP$/),
    expect.stringMatching(/ backup: reports to another address now/),
    expect.stringMatching(/ silent: was left out: it has no heartbeat\.interval/),
    expect.stringMatching(/ resolver: "\[STATUS\] == 200" was left out: .*type dns/),
    expect.stringMatching(/ nowhere: was left out: .*not an http or https URL/),
    'Imported 11 monitors; 10 notes above.',
    '',
  ]);
  expect(stderr).not.toContain('secret-token');
});

test('what is no configuration of Gatus is refused', async () => {
  const file = join(await scratchFolder(), 'x.yaml');
  await writeFile(file, 'endpoints: [\n');
  expect((await tm(['import', 'gatus', file])).stderr).toMatch(
    /x\.yaml is not YAML.*\n.*x\.yaml:\d/,
  );
  await writeFile(file, 'monitors: []\n');
  const none = await tm(['import', 'gatus', file]);
  expect([none.code, none.stderr]).toEqual([EXIT.usage, expect.stringContaining('no endpoints')]);
  await writeFile(file, 'endpoints: [{name: x, url: "udp://x:1"}]\n');
  const nothing = await tm(['import', 'gatus', file]);
  expect(nothing).toMatchObject({ code: EXIT.failed, stdout: '' });
  expect((await tm(['import', 'gatus', '/nonexistent-file'])).code).toBe(EXIT.notFound);
});

test('as data', async () => {
  const { stdout } = await tm(['import', 'gatus', FILE, '--json']);
  const { document, notes } = JSON.parse(stdout) as { document: object; notes: object[] };
  expect(document).toEqual(parse((await tm(['import', 'gatus', FILE])).stdout));
  expect(notes[0]).toMatchObject({ what: expect.stringContaining('not translated') });
  expect(await readFile(FILE, 'utf8')).toContain('endpoints');
});
