/** Agents die, sleep, lose their names or their time; regions lose packets. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { showLogsOnFailure } from '../support/network.ts';
import { until } from '../support/until.ts';
import { expectInvariants, footprint, type Footprint } from './support/invariants.ts';
import { startNames, whyNoOwnNames, type NameServers } from './support/names.ts';
import { isFull, limitFor, say, scaled } from './support/scale.ts';
import { DOWN, UP } from './support/truth.ts';
import { REGIONS, incidentOf, startWorld, verdict, watch, votesOf } from './support/world.ts';

const CLOCK = join(import.meta.dirname, 'support/turned-clock.cjs');
const TEN_MINUTES_MS = 600_000;

const noNames = whyNoOwnNames();
if (noNames !== null) say('fault 12', `skipped: ${noNames}`);
const names: NameServers | null = noNames === null ? await startNames(REGIONS) : null;

const world = await startWorld({
  env: (name) => {
    if (!REGIONS.includes(name)) return {};
    return {
      NODE_OPTIONS: `--require ${CLOCK}`,
      TM_TEST_CLOCK_JUMP_MS: String(name === 'us-east' ? -TEN_MINUTES_MS : TEN_MINUTES_MS),
    };
  },
  wrapper: (name) => names?.wrapper(name) ?? [],
});
const { network, truth, sql } = world;
const { api } = network;

await watch(world, 'steady', { mode: 'all' });
await watch(world, 'failing');
let before: Footprint;
beforeEach(async () => {
  showLogsOnFailure(network, REGIONS);
  before = await footprint(world);
});

test('fault 5: an agent is killed -9 in the middle of a probe', async () => {
  truth.set('failing', { is: 'hanging' });
  await truth.nextRequest('failing');
  await network.agent('eu-west').end('SIGKILL');
  const since = Date.now();
  const incident = await incidentOf(world, 'failing', 'open');
  expect(incident.regionsDown).toEqual(['ap-south', 'us-east']);
  expect(await votesOf(world, 'failing', 'eu-west', since)).not.toContain('down');
  network.startAgent('eu-west');
  truth.set('failing', UP);
  await verdict(world, 'failing', 'up');
  await expectInvariants(world, 'fault 5', before);
});

const SLEEP = { full: 60, fast: 4, unit: 'seconds asleep' };
test(
  'fault 6: an agent is paused, then continued',
  async () => {
    const asleep = network.agent('eu-west');
    truth.set('steady', { is: 'hanging', regions: ['eu-west'] });
    await truth.nextRequest('steady', 'eu-west');
    asleep.signal('SIGSTOP');
    const since = Date.now();
    truth.set('steady', UP);
    await pause(scaled('fault 6', SLEEP) * 1_000);
    const late = "agent = 'eu-west-1' and not counted";
    const then = await sql.count('result', late);
    asleep.signal('SIGCONT');
    await until('its late results, stored and not counted', async () =>
      (await sql.count('result', late)) > then ? true : null,
    );
    expect(await votesOf(world, 'steady', 'eu-west', since)).not.toContain('down');
    await expectInvariants(world, 'fault 6', before);
  },
  limitFor(SLEEP, 1_000),
);

const LOSS = { full: 600, fast: 8, unit: 'seconds of loss' };
test(
  'fault 11: one region loses 20 % of its probes, and all of them 5 %',
  async () => {
    await watch(world, 'lossy-region', { mode: 'all' });
    await watch(world, 'lossy');
    truth.set('lossy-region', { is: 'hanging', regions: ['eu-west'], share: 0.2 });
    truth.set('lossy', { is: 'hanging', share: 0.05 });
    await pause(scaled('fault 11', LOSS) * 1_000);
    const failed = await sql.count('result', "monitor like 'lossy%' and outcome = 'down'");
    say(
      'fault 11',
      `${failed} probes lost, of ${await sql.count('result', "monitor like 'lossy%'")}`,
    );
    for (const id of ['lossy', 'lossy-region']) {
      expect((await api.incidents(id)).data).toEqual([]);
      expect((await api.call('DELETE', `/v1/monitors/${id}`)).status).toBe(204);
      // Two regions that lose the same round by chance see it down: no incident, and no truth.
      truth.forget(id);
    }
    await expectInvariants(world, 'fault 11', before);
  },
  limitFor(LOSS, 1_000),
);

test('fault 13: a clock is off by ten minutes, or jumps', async () => {
  /** Turns the region's clock, or turns it back, and waits until it is shown to be so. */
  const turn = async (region: string, shownMs: number): Promise<void> => {
    network.agent(region).signal('SIGUSR2');
    await until(`the clock of ${region} to be shown`, async () => {
      const { data } = await api.agents();
      const { skewMs } = data.find((agent) => agent.region === region)!;
      return Math.abs((skewMs ?? Infinity) - shownMs) < 5_000 ? true : null;
    });
  };
  await turn('eu-west', TEN_MINUTES_MS);
  const since = Date.now();
  truth.set('failing', DOWN);
  // What it says is stored, and counts for nothing: no verifier could place it in time.
  const incident = await incidentOf(world, 'failing', 'open');
  expect(incident.regionsDown).toEqual(['ap-south', 'us-east']);
  expect(await votesOf(world, 'steady', 'eu-west', since)).toEqual([]);
  await turn('eu-west', 0);
  await turn('us-east', -TEN_MINUTES_MS);
  truth.set('failing', UP);
  await verdict(world, 'failing', 'up');
  await turn('us-east', 0);
  const after = Date.now();
  for (const region of ['eu-west', 'us-east']) {
    await until(`votes of ${region} to count again`, async () =>
      (await votesOf(world, 'steady', region, after)).includes('up') ? true : null,
    );
  }
  await expectInvariants(world, 'fault 13', before);
});

// Last: whoever is flagged is put in quarantine for a while.
test.skipIf(names === null)('fault 12: names are broken, or poisoned, for one agent', async () => {
  const url = new URL(truth.urlOf('named'));
  url.hostname = 'shop.example';
  await watch(world, 'named', { url: url.href, mode: 'all' });
  const flagged = async () =>
    (await api.agents()).data.find(({ agent }) => agent === 'eu-west-1')?.flagged ?? false;
  expect(await flagged()).toBe(false);
  const since = Date.now();
  for (const broken of isFull
    ? ['servfail', 'silence', '127.0.0.66']
    : ['servfail', '127.0.0.66']) {
    names!.set('eu-west', broken);
    const rounds = await sql.count('round', "monitor = 'named'");
    await until('some rounds', async () =>
      (await sql.count('round', "monitor = 'named'")) > rounds + 3 ? true : null,
    );
  }
  await until('it to be flagged', async () => ((await flagged()) ? true : null), 60_000);
  say(
    'fault 12',
    `flagged after ${(await votesOf(world, 'named', 'eu-west', since)).length} votes`,
  );
  expect(await sql.count('incident', "monitor = 'named'")).toBe(0);
  names!.set('eu-west', '127.0.0.1');
  await verdict(world, 'named', 'up', 60_000);
  expect((await api.call('DELETE', '/v1/monitors/named')).status).toBe(204);
  truth.forget('named');
  await expectInvariants(world, 'fault 12', before);
});
