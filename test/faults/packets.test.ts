/** Packets are swallowed or lost on a region's way, by routers that the kernel plays. */
import { setTimeout as pause } from 'node:timers/promises';
import { testNats } from '@trustmonitor/testkit';
import { startHttpTarget } from '@trustmonitor/testkit/targets';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { showLogsOnFailure } from '../support/network.ts';
import { until } from '../support/until.ts';
import { startInternet, whyNoInternet, type Internet } from './support/internet.ts';
import { expectInvariants, footprint, type Footprint } from './support/invariants.ts';
import { limitFor, say, scaled } from './support/scale.ts';
import { DOWN, UP } from './support/truth.ts';
import {
  REGIONS,
  incidentOf,
  startWorld,
  verdict,
  votesOf,
  watch,
  type World,
} from './support/world.ts';

const why = whyNoInternet();
if (why !== null) say('faults 7 and 11, of packets', `skipped: ${why}`);
const there = why === null ? await startThere() : null;

/** A network whose agents are each behind a router. */
async function startThere(): Promise<{ internet: Internet; world: World }> {
  const internet = startInternet(REGIONS);
  const canary = await startHttpTarget();
  afterAll(() => canary.close());
  const canaries = await internet.reach('canary', canary.url);
  let broker: string | undefined;
  const world = await startWorld({
    broker: async (config) => {
      const usual = await testNats(config);
      broker = await internet.reach('broker', usual.url);
      return usual;
    },
    env: (name) =>
      REGIONS.includes(name)
        ? { TM_NATS_URL: broker!, TM_CANARIES: canaries, TM_ALLOW_TARGETS: '198.19.0.0/16' }
        : {},
    wrapper: (name) => internet.wrapper(name),
  });
  return { internet, world };
}

let before: Footprint;
beforeEach(async () => {
  if (there === null) return;
  showLogsOnFailure(there.world.network, REGIONS);
  before = await footprint(there.world);
});

async function watchThere(id: string, settings: Record<string, unknown>): Promise<void> {
  const { internet, world } = there!;
  const url = await internet.reach('target', world.truth.urlOf(id));
  await watch(world, id, { url, ...settings });
}

test.skipIf(there === null)('fault 7: the router of one region swallows packets', async () => {
  const { internet, world } = there!;
  const { network, truth } = world;
  await watchThere('steady', { mode: 'all' });
  await watchThere('failing', {});
  const since = Date.now();
  internet.swallow('eu-west', 'target', 'canary');
  await until('it to abstain', async () =>
    (await votesOf(world, 'steady', 'eu-west', since)).includes('abstain') ? true : null,
  );
  expect((await network.api.monitor('steady')).verdict).toBe('up');
  truth.set('failing', DOWN);
  const incident = await incidentOf(world, 'failing', 'open');
  expect(incident.regionsDown).toEqual(['ap-south', 'us-east']);
  internet.heal('eu-west');
  truth.set('failing', UP);
  await verdict(world, 'failing', 'up');
  expect(await votesOf(world, 'steady', 'eu-west', since)).not.toContain('down');
  await expectInvariants(world, 'fault 7, of packets', before);
  for (const id of ['steady', 'failing']) {
    expect((await network.api.call('DELETE', `/v1/monitors/${id}`)).status).toBe(204);
    truth.forget(id);
  }
});

const LOSS = { full: 600, fast: 16, unit: 'seconds of loss' };
test.skipIf(there === null)(
  'fault 11: one region loses 20 % of its packets, and all of them 5 %',
  async () => {
    const { internet, world } = there!;
    const incidents = await world.sql.count('incident');
    await watchThere('lossy', { mode: 'all', interval: '5s', timeout: '5s' });
    for (const region of REGIONS) internet.lose(region, region === 'eu-west' ? 20 : 5);
    await pause(scaled('fault 11, of packets', LOSS) * 1_000);
    const lost = REGIONS.map((region) => internet.lostBy(region));
    const probes = await world.sql.count('result', "monitor = 'lossy'");
    const failed = await world.sql.count('result', "monitor = 'lossy' and outcome = 'down'");
    say(
      'fault 11, of packets',
      `${lost.join(', ')} packets lost, ${failed} of ${probes} probes failed by it`,
    );
    expect(Math.min(...lost)).toBeGreaterThan(0);
    expect(probes).toBeGreaterThan(0);
    for (const region of REGIONS) internet.heal(region);
    expect(await world.sql.count('incident')).toBe(incidents);
    await expectInvariants(world, 'fault 11, of packets', before);
  },
  limitFor(LOSS, 1_000),
);
