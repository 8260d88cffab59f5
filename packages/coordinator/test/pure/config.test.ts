import { DEFAULT_STAGES } from '@trustmonitor/alerting';
import { isTrustMonitorError } from '@trustmonitor/protocol';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';

const GOOD = {
  DATABASE_URL: 'postgres://localhost/trustmonitor',
  TM_NATS_URL: 'nats://localhost:4222',
  TM_NETWORK: 'local',
  TM_REPORT_KEY_FILE: '/keys/report.pem',
  TM_ROOT_FILE: '/keys/root.json',
  TM_KEYRING_FILE: '/keys/keyring.json',
  TM_ADMIN_TOKEN_FILE: '/data/admin.token',
};

const faultOf = (changes: Record<string, string | undefined>) => {
  try {
    readConfig({ ...GOOD, ...changes });
    return null;
  } catch (error) {
    if (!isTrustMonitorError(error, 'config.invalid')) throw error;
    return { where: error.where, message: error.message };
  }
};

test('has a default for everything that has one', () => {
  expect(readConfig(GOOD)).toMatchObject({
    natsSeed: null,
    httpHost: '127.0.0.1',
    httpPort: 7070,
    publicUrl: 'http://127.0.0.1:7070',
    secretKeyFile: '/data/secret.key',
    retention: { rawDays: 14, minuteDays: 7, hourDays: 180, deliveryDays: 90 },
    deadMan: null,
    gate: { stages: DEFAULT_STAGES, opa: null },
    oidc: null,
    logLevel: 'info',
  });
});

test.each(Object.keys(GOOD))('%s is needed', (name) => {
  for (const value of [undefined, '']) {
    expect(faultOf({ [name]: value })).toEqual({ where: name, message: `${name} is not set` });
  }
});

test.each([
  ['TM_DEADMAN_URL', 'beats.example/ping'],
  ['TM_DEADMAN_URL', 'https://us%er:pass@beats.example/ping'],
  ['TM_DEADMAN_INTERVAL', '1m'],
  ['TM_DEADMAN_INTERVAL', '0'],
  ['TM_OPA_URL', 'opa:8181'],
  ['TM_OPA_URL', 'http://opa:8181/'],
  ['TM_OPA_URL', 'http://user:pass@opa:8181/v1/data/gate'],
  ['TM_OPA_URL', 'http://opa:8181/v0/data/gate'],
  ['TM_GATE_FILE', '/nonexistent/gate.json'],
  ['TM_HTTP_ADDR', 'localhost'],
  ['TM_HTTP_ADDR', ':7070'],
  ['TM_HTTP_ADDR', '127.0.0.1:port'],
  ['TM_HTTP_ADDR', '127.0.0.1:65536'],
  ['TM_HTTP_ADDR', '::1:7070'],
  ['TM_RETENTION_RAW_DAYS', '2'],
  ['TM_RETENTION_MINUTE_DAYS', '7d'],
  ['TM_RETENTION_HOUR_DAYS', '-180'],
  ['TM_RETENTION_DELIVERY_DAYS', '1'],
  ['TM_PUBLIC_URL', 'monitor.example'],
  ['TM_PUBLIC_URL', 'ftp://monitor.example'],
  ['TM_PUBLIC_URL', 'https://'],
  ['TM_LOG_LEVEL', 'loud'],
  ['TM_TRUSTED_PROXIES', 'proxy.example'],
  ['TM_TRUSTED_PROXIES', '10.0.0.0/8,10.0.0.1/33'],
  ['TM_TRUSTED_PROXIES', 'loopback'],
  ['TM_WITNESS_URLS', 'https://witness.example'],
  ['TM_WITNESS_URLS', 'a=ftp://witness.example'],
  ['TM_WITNESS_URLS', 'a=https://b.example,a=https://c.example'],
  ['TM_NATS_SEED_FILE', '/nowhere/at/all'],
])('%s=%s is refused by name', (name, value) => {
  const fault = faultOf({ [name]: value });
  expect(fault?.where).toBe(name);
  expect(fault?.message).toContain(name);
});

test('an IPv6 address stands in brackets, in links too', () => {
  expect(readConfig({ ...GOOD, TM_HTTP_ADDR: '[::1]:0' })).toMatchObject({
    httpHost: '::1',
    httpPort: 0,
    publicUrl: 'http://[::1]:0',
  });
});

test('the public URL loses the slash at its end, and an empty one is none', () => {
  const publicUrl = (value: string) => readConfig({ ...GOOD, TM_PUBLIC_URL: value }).publicUrl;
  expect(publicUrl('https://monitor.example/tm/')).toBe('https://monitor.example/tm');
  expect(publicUrl('')).toBe('http://127.0.0.1:7070');
});

test('proxies are trusted by address or by block', () => {
  const trusted = (value: string) =>
    readConfig({ ...GOOD, TM_TRUSTED_PROXIES: value }).trustedProxies;
  expect(trusted('')).toEqual([]);
  expect(trusted('10.0.0.0/8, ::1,fd00::/8')).toEqual(['10.0.0.0/8', '::1', 'fd00::/8']);
});

test('sends a user of the heartbeat outside as Basic, and leaves the URL alone without one', () => {
  const deadMan = (url: string) => readConfig({ ...GOOD, TM_DEADMAN_URL: url }).deadMan;
  expect(deadMan('https://us%40er:p%3Ass@beats.example/ping?k=%2f')).toEqual({
    url: 'https://beats.example/ping?k=%2f',
    authorization: `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`,
    intervalMs: 60_000,
  });
  const plain = 'https://beats.example';
  expect(deadMan(plain)).toMatchObject({ url: plain, authorization: null });
});

test('refuses a token that no header can hold, and does not repeat it', () => {
  const url = { TM_OPA_URL: 'http://opa:8181/v1/data/gate' };
  expect(readConfig({ ...GOOD, ...url, TM_OPA_TOKEN: 's3cret' }).gate.opa?.token).toBe('s3cret');
  for (const token of ['s3\ncret', 's3 cret', 's3crét']) {
    const fault = faultOf({ ...url, TM_OPA_TOKEN: token });
    expect(fault).toMatchObject({ where: 'TM_OPA_TOKEN' });
    expect(JSON.stringify(fault)).not.toContain('cr');
  }
});

test('reads the stages of the gate from a file, and says what is wrong with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tm-gate-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'gate.json');
  const of = async (text: string) => {
    await writeFile(path, text);
    return { TM_GATE_FILE: path };
  };
  const written = { production: {}, edge: { minBudgetLeftPercent: 12.5, maxBurnRate: 1.5 } };
  const edge = { ...written.edge, maxP99Ms: null, maxOpenIncidents: 2 };
  const env = await of(JSON.stringify({ stages: { ...written, edge } }));
  expect(readConfig({ ...GOOD, ...env }).gate.stages).toEqual({
    production: DEFAULT_STAGES['production'],
    edge: {
      ...{ maxOpenIncidents: 2, minBudgetLeftPpm: 125_000, maxBurnRateMilli: 1_500 },
      maxP99Us: null,
    },
  });
  for (const text of [
    '',
    '{}',
    '{"stages":{}}',
    '{"stages":{"a":{"maxP99ms":1}}}',
    '{"stages":{"A b":{}}}',
  ]) {
    expect(faultOf(await of(text))).toMatchObject({
      where: 'TM_GATE_FILE',
      message: expect.stringContaining(path),
    });
  }
});
