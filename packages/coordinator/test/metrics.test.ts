/** `/metrics`: true to what was decided, bounded in number, and in a form that Prometheus reads. */
import { formatTimestamp, type CreatedToken, type Result } from '@trustmonitor/protocol';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { testNetwork } from './support/network.ts';
import { promtoolCheck } from './support/promtool.ts';
import { until } from './support/until.ts';

const network = await testNetwork();
afterAll(() => network.close());
await network.start();
beforeEach(() => network.showLogsOnFailure());

async function scrape(): Promise<string> {
  const { status, text } = await network.api.call('GET', '/metrics');
  expect(status).toBe(200);
  return text;
}

/** Value of one series, labels as they are written; null where it is absent. */
async function read(series: string): Promise<number | null> {
  const line = (await scrape()).split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

const reads = (series: string, value: number | null) =>
  until(`${series} to be ${value}`, async () => (await read(series)) === value);

const seenOverTls: NonNullable<Result['response']> = {
  address: '192.0.2.1',
  addresses: ['192.0.2.1'],
  family: 4,
  httpVersion: '1.1',
  status: 503,
  headers: {},
  bodyBytes: 120,
  bodySha256: null,
  redirects: [],
  certificates: [
    { sha256: 'a'.repeat(64), notAfter: formatTimestamp(Date.UTC(2031, 0, 2)) },
    { sha256: 'b'.repeat(64), notAfter: formatTimestamp(Date.UTC(2030, 0, 1)) },
  ],
  tlsVersion: 'TLSv1.3',
  tlsCipher: null,
  tlsVerified: true,
  dns: null,
  icmp: null,
  failedAssertions: [],
};

describe('what it shows of a monitor', () => {
  test('is the newest probe of each region, as blackbox_exporter would have it', async () => {
    network.behave('shown', (job, agent) => {
      if (job.region === 'ap') return 'up';
      if (job.region === 'us') return 'abstain';
      return [agent.resultOf(job, { outcome: 'down', response: seenOverTls })];
    });
    await network.api.create('shown');
    const eu = 'monitor="shown",region="eu"';
    await reads(`probe_success{${eu}}`, 0);
    await reads('probe_success{monitor="shown",region="ap"}', 1);
    await reads('probe_success{monitor="shown",region="us"}', null);
    expect(await read(`probe_failure_info{${eu},class="server_error"}`)).toBe(1);
    expect(await read(`probe_duration_seconds{${eu}}`)).toBe(0.012);
    expect(await read(`probe_http_status_code{${eu}}`)).toBe(503);
    expect(await read(`probe_http_duration_seconds{${eu},phase="processing"}`)).toBe(0.01);
    expect(await read(`probe_http_duration_seconds{${eu},phase="tls"}`)).toBeNull();
    expect(await read(`probe_ssl_earliest_cert_expiry{${eu}}`)).toBe(Date.UTC(2030, 0, 1) / 1_000);
    expect(await read(`probe_tls_version_info{${eu},version="TLS 1.3"}`)).toBe(1);
    expect(await read('trustmonitor_votes_total{outcome="down"}')).toBeGreaterThan(0);

    network.voteAll('shown', 'up');
    await reads(`probe_success{${eu}}`, 1);
    expect(await read(`probe_failure_info{${eu},class="server_error"}`)).toBeNull();
  });

  test('goes away with it', async () => {
    network.voteAll('passing', 'up');
    await network.api.create('passing');
    await reads('probe_success{monitor="passing",region="eu"}', 1);
    const { status } = await network.api.call('DELETE', '/v1/monitors/passing', {
      headers: { 'if-match': '*' },
    });
    expect(status).toBe(204);
    await until('its series to go', async () => !(await scrape()).includes('passing'));
  });

  test('follows its incident', async () => {
    network.voteAll('counted', 'up');
    await network.api.create('counted');
    await reads('trustmonitor_monitor_verdict_info{monitor="counted",verdict="up"}', 1);
    const before = (await read('trustmonitor_incidents_open')) ?? 0;
    network.voteAll('counted', 'down');
    await reads('trustmonitor_monitor_verdict_info{monitor="counted",verdict="down"}', 1);
    await reads('trustmonitor_incidents_open', before + 1);
    expect(await read('trustmonitor_monitors{verdict="down"}')).toBe(1);
    expect(await read('trustmonitor_rounds_total{verdict="down"}')).toBeGreaterThanOrEqual(2);
    network.voteAll('counted', 'up');
    await reads('trustmonitor_incidents_open', before);
  });
});

test('a limit on monitors holds, and says how many it leaves out', async () => {
  await network.api.create('aaa-first');
  network.voteAll('aaa-first', 'up');
  const running = network.coordinator;
  await network.stop(running);
  await network.start({ metrics: { isPublic: true, monitors: 1 } });
  await reads('probe_success{monitor="aaa-first",region="eu"}', 1);
  const text = await scrape();
  expect(text.match(/monitor="(?!aaa-first)[^"]+"/g)).toBeNull();
  expect(await read('trustmonitor_metrics_monitors_omitted')).toBeGreaterThan(0);
  expect((await network.api.as(null).call('GET', '/metrics')).status).toBe(200);
  await network.restart();
});

test('only a token that may read all sees it', async () => {
  const narrow = { name: 'narrow', scopes: ['monitors:read'] };
  const wide = { name: 'wide', scopes: ['read'] };
  const tokenOf = async (body: object) =>
    (await network.api.call<CreatedToken>('POST', '/v1/tokens', { body })).body.token;
  expect((await network.api.as(null).call('GET', '/metrics')).status).toBe(401);
  const as = async (body: object) => network.api.as(await tokenOf(body)).call('GET', '/metrics');
  expect((await as(narrow)).status).toBe(403);
  expect(await as(wide)).toMatchObject({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
  });
});

test('agents are counted by region', async () => {
  await network.agent('eu-1').beat({ skewMs: 1_500, spooledBatches: 3 });
  await reads('trustmonitor_agents_alive{region="eu"}', 1);
  expect(await read('trustmonitor_agents_enrolled{region="ap"}')).toBe(1);
  expect(await read('trustmonitor_agent_clock_skew_seconds{agent="eu-1",region="eu"}')).toBe(1.5);
  expect(await read('trustmonitor_agent_spooled_batches{agent="eu-1",region="eu"}')).toBe(3);
});

test('the exposition is sound: histograms add up, no series twice, promtool has no objection', async () => {
  network.voteAll('measured', 'up');
  await network.api.create('measured');
  await reads('probe_success{monitor="measured",region="eu"}', 1);
  const text = await scrape();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const series = lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
  expect(series.toSorted()).toEqual([...new Set(series)].toSorted());
  const lateness = lines.filter((line) => line.startsWith('trustmonitor_round_lateness_seconds_'));
  const values = lateness.map((line) => Number(line.split(' ').at(-1)));
  const buckets = values.slice(0, -2);
  expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
  expect(values.at(-1)).toBe(buckets.at(-1));
  expect(values.at(-1)).toBeGreaterThan(0);
  expect(text).toContain('process_resident_memory_bytes');
  expect(promtoolCheck(text) ?? '').toBe('');
});
