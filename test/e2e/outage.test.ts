/** The main job, with real processes: a target fails, three regions agree, evidence stands. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { applyRetention } from '../../packages/coordinator/src/retention.ts';
import { openDatabase } from '../../packages/coordinator/src/store/database.ts';
import { DAY_MS } from '../../packages/coordinator/src/store/partitions.ts';
import { showLogsOnFailure, startNetwork, tellSoon } from '../support/network.ts';
import { startReceiver } from '../support/receiver.ts';
import { startTarget } from '../support/target.ts';
import { until } from '../support/until.ts';

const REGIONS = ['ap-south', 'eu-west', 'us-east'];
const CLI = resolve(import.meta.dirname, '../../packages/cli/dist/main.js');
const run = promisify(execFile);

const network = await startNetwork({
  members: REGIONS.map((region) => ({ region, group: `provider-${region}` })),
});
const { api } = network;
const receiver = await startReceiver();
const scratch = await mkdtemp(join(tmpdir(), 'tm-e2e-bundles-'));
afterAll(async () => {
  await receiver.close();
  await rm(scratch, { recursive: true });
});

const channel = { id: 'ops', type: 'webhook', url: receiver.url };
expect((await api.call('PUT', '/v1/channels/ops', channel)).status).toBe(200);
await tellSoon(api);

/** A monitor of its own target, quick enough for a test. */
async function monitorTarget(id: string, settings: Record<string, unknown> = {}) {
  showLogsOnFailure(network, REGIONS);
  const target = await startTarget();
  const input = {
    id,
    name: id,
    url: target.url,
    interval: '1s',
    timeout: '1s',
    confirm: { rounds: 2, after: '1s' },
    ...settings,
  };
  expect((await api.call('POST', '/v1/monitors', input)).status).toBe(201);
  return target;
}

const verdictOf = async (id: string, verdict: string) =>
  until(`${id} to be ${verdict}`, async () =>
    (await api.monitor(id)).verdict === verdict ? true : null,
  );

const incidentOf = (id: string, state: 'open' | 'resolved') =>
  until(`${id} to have an incident that is ${state}`, async () =>
    (await api.incidents(id)).data.find((incident) => incident.state === state),
  );

const announced = (monitor: string, type: string) =>
  until(`${type} of ${monitor}`, () =>
    receiver.told.find((body) => body.monitor?.id === monitor && body.type === type),
  );

/** `trustmonitor verify`, as an outsider runs it: a file, a root, and no network. */
async function verify(bundle: Uint8Array): Promise<{ code: number; stderr: string }> {
  const file = join(scratch, `bundle-${Math.random()}.json`);
  await writeFile(file, bundle);
  return run(process.execPath, [CLI, 'verify', file, '--root', network.rootFile], {
    env: { PATH: process.env['PATH'] },
  }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    (error: unknown) => error as { code: number; stderr: string },
  );
}

describe('a healthy target', () => {
  test('is up by the votes of all regions, then by one region a round, in turn', async () => {
    await using target = closing(await monitorTarget('healthy'));
    await verdictOf('healthy', 'up');
    const first = (await api.rounds('healthy')).data.at(-1);
    expect(first?.votes.map(({ region }) => region).toSorted()).toEqual(REGIONS);

    const turns = await until('four rotating rounds', async () => {
      const { data } = await api.rounds('healthy');
      const rotating = data.filter(({ votes }) => votes.length === 1);
      return rotating.length >= 4 ? rotating : null;
    });
    expect(new Set(turns.map(({ votes }) => votes[0]?.region)).size).toBe(3);
    expect(turns.every(({ verdict }) => verdict === 'up')).toBe(true);
    expect((await api.incidents('healthy')).data).toEqual([]);
    expect([...target.requests.keys()].toSorted()).toEqual(REGIONS);
  });
});

describe('a target that is down for everybody', () => {
  test('becomes one incident, announced, proven offline, and resolved when it is back', async () => {
    await using target = closing(await monitorTarget('hard-down'));
    await verdictOf('hard-down', 'up');
    target.fail('all');
    const incident = await incidentOf('hard-down', 'open');
    // Two of three decide; the third vote may come after the round was closed.
    expect(incident.regionsDown.length).toBeGreaterThanOrEqual(2);
    expect(incident.regions).toEqual(REGIONS);
    expect(incident.reason).toContain('5xx');

    const opened = await announced('hard-down', 'incident.opened');
    expect(opened.links.evidence).toBe(`${api.url}/v1/incidents/${incident.id}/evidence`);
    expect(opened.summary).toMatch(/[23] of 3 regions agree/);
    expect(await verify(await api.evidence(incident.id))).toMatchObject({ code: 0 });

    target.fail([]);
    const resolved = await incidentOf('hard-down', 'resolved');
    expect(resolved.id).toBe(incident.id);
    await announced('hard-down', 'incident.resolved');
    const detail = await api.incident(incident.id);
    expect(detail.records.map(({ step }) => step)).toEqual(['open', 'resolve']);
    const bundle = await api.evidence(incident.id);
    const passed = await verify(bundle);
    expect(passed.stderr).toContain('PASSED');
    expect(passed.stderr).toMatch(/ok +log\.inclusion +leaf \d+ of \d+/);
    expect(passed.stderr).toMatch(/ok +witness\.policy +[23] witness cosignatures/);
    expect(passed.stderr).toMatch(/ok +time\.bracket +between 2/);
    expect(passed.code).toBe(0);

    const sigstore = await api.call<{ mediaType: string }>(
      'GET',
      `/v1/incidents/${incident.id}/evidence?format=sigstore`,
    );
    expect(sigstore.body.mediaType).toContain('sigstore.bundle.v0.3');

    const tampered = new TextDecoder().decode(bundle).replace('"retries"', '"retrieS"');
    const failed = await verify(new TextEncoder().encode(tampered));
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toContain('FAILED');
  });
});

describe('a target that is down for one region only', () => {
  test('is partial, is shown, and opens no incident by default', async () => {
    await using target = closing(await monitorTarget('one-region', { mode: 'all' }));
    await verdictOf('one-region', 'up');
    target.fail(['eu-west']);
    await verdictOf('one-region', 'partial');
    const { data } = await api.rounds('one-region');
    const partial = data.find(({ verdict }) => verdict === 'partial');
    const votes = new Map(partial?.votes.map(({ region, vote }) => [region, vote]));
    expect(votes.get('eu-west')).toBe('down');
    expect((await api.incidents('one-region')).data).toEqual([]);
  });

  test('opens an incident where the monitor asks for it', async () => {
    await using target = closing(
      await monitorTarget('one-region-paged', { mode: 'all', partial: 'incident' }),
    );
    await verdictOf('one-region-paged', 'up');
    target.fail(['us-east']);
    const incident = await incidentOf('one-region-paged', 'open');
    expect(incident).toMatchObject({ kind: 'partial', regionsDown: ['us-east'] });
    expect(await verify(await api.evidence(incident.id))).toMatchObject({ code: 0 });
  });
});

describe('an agent that is killed', () => {
  test('abstains: two of three still decide, and one of three never does', async () => {
    await using target = closing(await monitorTarget('agent-killed'));
    await verdictOf('agent-killed', 'up');
    await network.agent('ap-south').end('SIGKILL');
    target.fail('all');
    const incident = await incidentOf('agent-killed', 'open');
    expect(incident.regionsDown).toEqual(['eu-west', 'us-east']);
    expect(incident.regions).toEqual(REGIONS);

    await network.agent('us-east').end('SIGKILL');
    target.fail([]);
    await verdictOf('agent-killed', 'unknown');
    expect((await api.incidents('agent-killed')).data).toMatchObject([{ state: 'open' }]);

    network.startAgent('ap-south');
    network.startAgent('us-east');
    expect((await incidentOf('agent-killed', 'resolved')).id).toBe(incident.id);
  });
});

describe('a coordinator that is killed in the middle of an incident', () => {
  test('goes on with the same incident, and records its end', async () => {
    await using target = closing(await monitorTarget('coordinator-killed'));
    await verdictOf('coordinator-killed', 'up');
    target.fail('all');
    const incident = await incidentOf('coordinator-killed', 'open');
    await network.coordinator.end('SIGKILL');
    await network.startCoordinator();
    target.fail([]);
    const resolved = await incidentOf('coordinator-killed', 'resolved');
    expect(resolved.id).toBe(incident.id);
    expect((await api.incidents('coordinator-killed')).data).toHaveLength(1);
    expect(await verify(await api.evidence(incident.id))).toMatchObject({ code: 0 });
  });
});

describe('a monitor that is edited during its incident', () => {
  test('keeps the incident, and its evidence holds both definitions', async () => {
    await using target = closing(await monitorTarget('edited'));
    await verdictOf('edited', 'up');
    target.fail('all');
    const incident = await incidentOf('edited', 'open');
    const edited = {
      name: 'edited',
      url: target.url,
      interval: '1s',
      timeout: '900ms',
      confirm: { rounds: 2, after: '1s' },
    };
    expect((await api.call('PUT', '/v1/monitors/edited', edited)).status).toBe(200);
    target.fail([]);
    expect((await incidentOf('edited', 'resolved')).id).toBe(incident.id);
    const bundle = await api.evidence(incident.id);
    const { definitions } = JSON.parse(new TextDecoder().decode(bundle)) as {
      definitions: { timeoutMs: number }[];
    };
    expect(definitions.map(({ timeoutMs }) => timeoutMs)).toEqual([1_000, 900]);
    expect(await verify(bundle)).toMatchObject({ code: 0 });
  });
});

test('what is proven stays proven when the raw rows and the heads of its days are gone', async () => {
  const resolved = await until('an incident that is over', async () =>
    (await api.incidents('hard-down')).data.find(({ state }) => state === 'resolved'),
  );
  const database = await openDatabase({ url: network.databaseUrl, poolSize: 1 });
  const heads = async (): Promise<number> =>
    (await database.query<{ n: number }>('select count(*)::int as n from checkpoint')).rows[0]!.n;
  const before = await heads();
  const keep = { rawDays: 14, minuteDays: 7, hourDays: 180, deliveryDays: 90 };
  const dropped = await applyRetention(database, keep, Date.now() + 20 * DAY_MS);
  expect(dropped).toBeGreaterThan(0);
  expect(await heads()).toBeLessThan(before);
  await database.close();
  const passed = await verify(await api.evidence(resolved.id));
  expect(passed.stderr).toMatch(/ok +time\.bracket +between 2/);
  expect(passed.code).toBe(0);
});

test('the admin token is readable by its owner only', async () => {
  expect((await stat(network.adminTokenFile)).mode & 0o777).toBe(0o600);
  expect(await readFile(network.adminTokenFile, 'utf8')).toMatch(/^tm_/);
});

/** Lets `await using` close a target at the end of its test. */
function closing<T extends { close(): Promise<void> }>(thing: T): T & AsyncDisposable {
  return Object.assign(thing, { [Symbol.asyncDispose]: () => thing.close() });
}
