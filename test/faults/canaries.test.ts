/** Agents lose their way out, one region or all of them: their canaries tell, and nobody is paged. */
import { startHttpTarget } from '@trustmonitor/testkit/targets';
import { startFaultProxy, type FaultProxy, type Toxics } from '@trustmonitor/testkit/faults';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { showLogsOnFailure } from '../support/network.ts';
import { until } from '../support/until.ts';
import { expectInvariants, footprint, type Footprint } from './support/invariants.ts';
import { DOWN, UP } from './support/truth.ts';
import { REGIONS, incidentOf, startWorld, verdict, watch, votesOf } from './support/world.ts';

const BLACK_HOLE: Toxics = { timeout: { timeoutMs: 0 } };

/** What each region's canaries are: one place outside, by the region's own way. */
const outside = await startHttpTarget();
const ways = new Map<string, FaultProxy>();
for (const region of REGIONS) ways.set(region, await startFaultProxy(outside));
const world = await startWorld({
  env: (name) => {
    const way = ways.get(name);
    return way === undefined ? {} : { TM_CANARIES: way.through(outside.url) };
  },
});
afterAll(async () => {
  await Promise.all([...ways.values()].map((way) => way.close()));
  await outside.close();
});
const { network, truth, receiver, sql } = world;
const { api } = network;

await watch(world, 'steady', { mode: 'all' });
await watch(world, 'failing');
let before: Footprint;
beforeEach(async () => {
  showLogsOnFailure(network, REGIONS);
  before = await footprint(world);
});

test('fault 7: the way out of one region is a black hole', async () => {
  const since = Date.now();
  ways.get('eu-west')!.inject(BLACK_HOLE);
  truth.set('steady', { is: 'hanging', regions: ['eu-west'] });
  await until('it to abstain', async () =>
    (await votesOf(world, 'steady', 'eu-west', since)).includes('abstain') ? true : null,
  );
  expect(await votesOf(world, 'steady', 'eu-west', since)).not.toContain('down');
  expect((await api.monitor('steady')).verdict).toBe('up');
  // Two of three go on to decide.
  truth.set('failing', DOWN);
  const incident = await incidentOf(world, 'failing', 'open');
  expect(incident.regionsDown).toEqual(['ap-south', 'us-east']);
  ways.get('eu-west')!.heal();
  truth.set('steady', UP);
  truth.set('failing', UP);
  await verdict(world, 'failing', 'up');
  await expectInvariants(world, 'fault 7', before);
});

test('fault 9: all agents lose their network', async () => {
  const incidents = await sql.count('incident');
  // What is sure first, what it comes to or its cause, is the one message: that all regions are blind.
  const told = () =>
    receiver.received.filter(
      ({ body: { type, topic } }) =>
        type === 'monitoring.unknown' ||
        (type === 'monitoring.failing' && topic === 'quarantine.withheld'),
    );
  const toldBefore = told().length;
  for (const way of ways.values()) way.inject(BLACK_HOLE);
  for (const id of truth.monitors) truth.set(id, { is: 'hanging', regions: REGIONS });
  await verdict(world, 'steady', 'unknown', 60_000);
  await verdict(world, 'failing', 'unknown', 60_000);
  await until('the self-alert', () => (told().length > toldBefore ? true : null), 60_000);
  for (const way of ways.values()) way.heal();
  for (const id of truth.monitors) truth.set(id, UP);
  await verdict(world, 'steady', 'up', 60_000);
  await verdict(world, 'failing', 'up', 60_000);
  expect(await sql.count('incident')).toBe(incidents);
  expect(told()).toHaveLength(toldBefore + 1);
  await expectInvariants(world, 'fault 9', before);
});
