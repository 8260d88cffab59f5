import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { loadMonitors } from '../src/monitors-file/load.ts';
import { scratchFolder, tm } from './harness.ts';

const run = promisify(execFile);
/** No part of every machine: without it a database cannot be made here either. */
const hasSqlite = await run('sqlite3', ['-version']).then(
  () => true,
  () => false,
);
const env = { PATH: process.env['PATH'] };

const usual = { active: true, interval: 60, maxretries: 0, accepted_statuscodes: ['200-299'] };

/** As a backup of version 1 has them, one for each type. */
const BACKUP = {
  version: '1.23.11',
  notificationList: [{ id: 1, name: 'Team chat', config: '{"webhook":"planted-hook"}' }],
  monitorList: [
    { ...usual, id: 1, type: 'group', name: 'Shop' },
    { ...usual, id: 2, type: 'group', name: 'Payment', parent: 1 },
    {
      ...{ ...usual, id: 3, type: 'keyword', name: 'Checkout ${X}', parent: 2, timeout: 48 },
      ...{ url: 'https://pay.example/', method: 'POST', body: '{"a":1}', maxretries: 3 },
      ...{ headers: '{"X-Api-Key":"planted-key","Accept":"text/html"}', ignoreTls: true },
      ...{ keyword: 'all "good"', invertKeyword: false, maxredirects: 0, expiryNotification: true },
      ...{ authMethod: 'basic', basic_auth_user: 'me', basic_auth_pass: 'planted-pass' },
      ...{ accepted_statuscodes: ['200-299', '304'], tags: [{ name: 'team', value: 'pay' }] },
    },
    {
      ...usual,
      id: 4,
      type: 'http',
      name: 'Checkout ${X}',
      url: 'http://b.example',
      active: false,
    },
    {
      ...{ ...usual, id: 5, type: 'json-query', name: 'Stock', url: 'https://c.example/' },
      ...{ jsonPath: 'items[0].left', expectedValue: '5', jsonPathOperator: '>=', proxyId: 2 },
    },
    {
      ...{ ...usual, id: 6, type: 'json-query', name: 'Sum', url: 'https://c.example/' },
      ...{ jsonPath: '$sum(items.left)', expectedValue: '5' },
    },
    { ...usual, id: 7, type: 'port', name: 'Db', hostname: 'db.example', port: 5432 },
    { ...usual, id: 8, type: 'ping', name: 'Router', hostname: '192.0.2.9', interval: 20 },
    {
      ...{ ...usual, id: 9, type: 'dns', name: 'Name', hostname: 'shop.example', port: 53 },
      ...{ dns_resolve_server: '1.1.1.1, 9.9.9.9', dns_resolve_type: 'MX' },
    },
    { ...usual, id: 10, type: 'push', name: 'Backup', interval: 86_400, pushToken: 'planted-push' },
    {
      ...{ ...usual, id: 11, type: 'grpc-keyword', name: 'Rpc', grpcUrl: 'rpc.example:50051' },
      grpcEnableTls: false,
    },
    { ...usual, id: 12, type: 'smtp', name: 'Mail', hostname: 'm.example', port: 465 },
    { ...usual, id: 13, type: 'websocket-upgrade', name: 'Chat', url: 'wss://chat.example/' },
    { ...usual, id: 14, type: 'postgres', name: 'Pg', databaseConnectionString: 'planted-url' },
    { ...usual, id: 15, type: 'docker', name: 'Box', docker_container: 'box' },
    { ...usual, id: 16, type: 'http', name: 'Closed', url: 'https://d.example/', upsideDown: true },
    { ...usual, id: 17, type: 'http', name: 'Broken', url: 'ftp://d.example/' },
    { ...usual, id: 18, type: 'http', name: 'Sso', url: 'https://e.example/', authMethod: 'ntlm' },
  ],
};

const MONITORS = [
  {
    ...{
      id: 'checkout-x',
      name: 'Checkout ${X}',
      group: 'Shop / Payment',
      labels: { team: 'pay' },
    },
    ...{ interval: '60s', timeout: '48000ms', confirm: { rounds: 4 }, url: 'https://pay.example/' },
    http: {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': { secret: 'key' },
        accept: 'text/html',
      },
      body: '{"a":1}',
      auth: { basic: { username: 'me', password: { secret: 'pass' } } },
      followRedirects: false,
      tls: { verify: false },
    },
    assertions: ['status in 200..299, 304', 'body contains "all \\"good\\""'],
  },
  { id: 'checkout-x-2', url: 'http://b.example', enabled: false },
  { id: 'stock', assertions: ['status in 200..299', 'json($.items[0].left) >= 5'] },
  { id: 'sum', assertions: ['status in 200..299'] },
  { id: 'db', type: 'tcp', host: 'db.example', port: 5432 },
  { id: 'router', type: 'icmp', host: '192.0.2.9', interval: '20s' },
  { id: 'name', type: 'dns', dns: { server: '1.1.1.1', recordType: 'MX' } },
  { id: 'backup', type: 'heartbeat', heartbeat: { period: '86400s' } },
  { id: 'rpc', type: 'grpc', host: 'rpc.example', port: 50051, grpc: { tls: false } },
  { id: 'mail', type: 'smtp', host: 'm.example', port: 465 },
  { id: 'chat', type: 'websocket', url: 'wss://chat.example/' },
  { id: 'sso', url: 'https://e.example/' },
];
const ENV = { CHECKOUT_X_HTTP_HEADERS_X_API_KEY: 'key', CHECKOUT_X_HTTP_AUTH_PASSWORD: 'pass' };

test('each type of a backup becomes a monitor that validates, and all else is named', async () => {
  const folder = await scratchFolder();
  const [backup, file] = [join(folder, 'backup.json'), join(folder, 'trustmonitor.yaml')];
  await writeFile(backup, JSON.stringify(BACKUP));
  const { code, stdout, stderr } = await tm(['import', 'uptime-kuma', backup]);
  expect(code).toBe(EXIT.ok);
  expect(stdout + stderr).not.toContain('planted');
  for (const name of Object.keys(ENV)) expect(stderr).toContain(`  ${name}  `);
  await writeFile(file, stdout);
  expect((await tm(['validate', file])).code).toBe(EXIT.ok);
  const result = await loadMonitors(file, ENV);
  expect(result.ok ? result.loaded.body.monitors : result.faults).toMatchObject(MONITORS);
  for (const said of [
    'monitor 5 "Stock": its proxy was left out',
    'monitor 6 "Sum": "$sum(items.left) == 5" was left out: write an assertion json($.path)',
    'monitor 9 "Name": is asked of 1.1.1.1 only',
    'monitor 10 "Backup": reports to another address now',
    'monitor 11 "Rpc": asks the standard health service',
    'monitor 14 "Pg": was left out: there is no check for postgres; a monitor of type tcp',
    'monitor 15 "Box": was left out: there is no check for docker; let it report in',
    'monitor 16 "Closed": was left out: it is upside down',
    'monitor 17 "Broken": was left out: /url "ftp://d.example/" is not an http',
    'monitor 18 "Sso": its authentication (ntlm) was left out',
    'notifications: (Team chat) are not translated',
    'certificate expiry: warnings of 1 monitors are not translated',
    'Imported 12 monitors; 12 notes above.',
  ]) {
    expect(stderr).toContain(said);
  }
});

const DATABASE = `
  create table monitor (id integer primary key, name text, type text, active boolean, url text,
    interval integer, maxretries integer, hostname text, port integer, parent integer,
    accepted_statuscodes_json text, keyword text, invert_keyword boolean, ignore_tls boolean,
    upside_down boolean, basic_auth_user text, basic_auth_pass text, timeout double);
  create table tag (id integer primary key, name text, color text);
  create table monitor_tag (id integer primary key, monitor_id integer, tag_id integer, value text);
  create table notification (id integer primary key, name text);
  insert into monitor values
    (1, 'Shop', 'group', 1, null, 60, 0, null, null, null, '["200-299"]', null, 0, 0, 0, null, null, 48),
    (2, 'It''s up', 'keyword', 1, 'https://a.example/', 30, 1, null, null, 1, '["200-299","418"]',
     'down', 1, 1, 0, 'me', 'planted-pass', 0.8),
    (3, 'Db', 'port', 0, 'https://', 60, 0, 'db.example', 5432, null, '["200-299"]', null, 0, 0, 0,
     null, null, 0);
  insert into tag values (1, 'team', '#fff');
  insert into monitor_tag values (1, 2, 1, 'pay');
  insert into notification values (1, 'Mail');`;

test.runIf(hasSqlite)('a database says the same, also a copy that nobody may write', async () => {
  const folder = await scratchFolder();
  const [database, copy] = [join(folder, 'kuma.db'), join(folder, 'a copy?.db')];
  await run('sqlite3', [database, `pragma journal_mode = wal; ${DATABASE}`]);
  await copyFile(database, copy);
  for (const file of [database, copy]) {
    const { code, stdout, stderr } = await tm(['import', 'uptime-kuma', file, '--json'], { env });
    expect([code, stderr]).toEqual([EXIT.ok, expect.stringContaining('(Mail) are not translated')]);
    expect(stdout).not.toContain('planted');
    const { document } = JSON.parse(stdout) as { document: unknown };
    expect(document).toMatchObject({
      monitors: [
        {
          ...{ id: 'it-s-up', group: 'Shop', labels: { team: 'pay' }, interval: '30s' },
          ...{ timeout: '800ms', http: { tls: { verify: false } } },
          assertions: ['status in 200..299, 418', 'body not contains "down"'],
        },
        { id: 'db', type: 'tcp', host: 'db.example', port: 5432, enabled: false },
      ],
    });
  }
});

test('what cannot be read says what to do', async () => {
  const file = join(await scratchFolder(), 'kuma.db');
  await writeFile(file, 'SQLite format 3\0 and then nothing');
  if (hasSqlite) {
    const broken = await tm(['import', 'uptime-kuma', file], { env });
    expect(broken).toMatchObject({ code: EXIT.usage, stdout: '' });
    expect(broken.stderr).toContain('kuma.db-wal');
  }
  const without = await tm(['import', 'uptime-kuma', file], { env: { PATH: '/nowhere' } });
  expect([without.code, without.stderr]).toEqual([
    EXIT.usage,
    expect.stringContaining('the command sqlite3 is not installed'),
  ]);
  await writeFile(file, '{"some": "json"}');
  expect((await tm(['import', 'uptime-kuma', file])).stderr).toContain('name the JSON backup');
});
