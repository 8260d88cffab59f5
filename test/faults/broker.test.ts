/** The broker dies, loses everything, hangs, is gone for long, or is hard to reach. */
import { setTimeout as pause } from 'node:timers/promises';
import { startFaultProxy, type FaultProxy } from '@trustmonitor/testkit/faults';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { showLogsOnFailure } from '../support/network.ts';
import { until } from '../support/until.ts';
import { expectInvariants, footprint, type Footprint } from './support/invariants.ts';
import { isFull, limitFor, say, scaled } from './support/scale.ts';
import { fragileBroker, type FragileServer } from './support/servers.ts';
import { DOWN, UP } from './support/truth.ts';
import { REGIONS, incidentOf, startWorld, verdict, watch } from './support/world.ts';

let broker!: FragileServer;
/** Each process reaches the broker by a way of its own. */
const ways = new Map<string, FaultProxy>();
const world = await startWorld({
  broker: async (config) => {
    broker = await fragileBroker(config);
    for (const name of ['coordinator', ...REGIONS]) {
      ways.set(name, await startFaultProxy(broker.address));
    }
    return broker;
  },
  env: (name, usual) => ({ TM_NATS_URL: ways.get(name)!.through(usual['TM_NATS_URL']!) }),
});
afterAll(() => Promise.all([...ways.values()].map((way) => way.close())));
const { network, truth, receiver, sql } = world;
const { api } = network;

await watch(world, 'steady');
await watch(world, 'failing');
let before: Footprint;
beforeEach(async () => {
  showLogsOnFailure(network, REGIONS);
  before = await footprint(world);
});

/** Milliseconds until a round is decided that was opened after now. */
async function resumption(monitor: string, limitMs: number): Promise<number> {
  const began = performance.now();
  const since = Date.now();
  await until(
    `${monitor} to be decided about again`,
    async () =>
      (await sql.count(
        'round',
        "monitor = $1 and verdict <> 'unknown' and opened_at > to_timestamp($2::float8 / 1000)",
        [monitor, since],
      )) > 0
        ? true
        : null,
    limitMs,
  );
  return performance.now() - began;
}

/** It fails while it is watched, and recovers, once: an incident of this scenario. */
async function outage(): Promise<void> {
  const { data } = await api.incidents('failing');
  truth.set('failing', DOWN);
  await verdict(world, 'failing', 'down', 60_000);
  truth.set('failing', UP);
  await verdict(world, 'failing', 'up', 60_000);
  expect((await api.incidents('failing')).data).toHaveLength(data.length + 1);
}

const KILLS = { full: 50, fast: 1, unit: 'kills' };
test(
  'fault 1: the broker is killed -9 again and again',
  async () => {
    const taken: number[] = [];
    const count = scaled('fault 1', KILLS);
    for (let i = 0; i < count; i++) {
      // In the middle of an incident, too.
      if (i === Math.floor(count / 2)) truth.set('failing', DOWN);
      await broker.kill();
      await broker.startAgain();
      taken.push(await resumption('steady', 10_000));
    }
    await verdict(world, 'failing', 'down', 30_000);
    truth.set('failing', UP);
    say('fault 1', `decides again ${Math.round(Math.max(...taken))} ms after a start, at most`);
    await expectInvariants(world, 'fault 1', before);
  },
  limitFor(KILLS, 15_000),
);

test('fault 2: the broker loses its data directory', async () => {
  truth.set('failing', DOWN);
  const incident = await incidentOf(world, 'failing', 'open');
  await broker.kill();
  await broker.loseData();
  await broker.startAgain();
  truth.set('failing', UP);
  await verdict(world, 'failing', 'up', 60_000);
  expect((await incidentOf(world, 'failing', 'resolved')).id).toBe(incident.id);
  await expectInvariants(world, 'fault 2', before);
});

const PAUSE = { full: 300, fast: 4, unit: 'seconds' };
test(
  'fault 3: the broker is paused',
  async () => {
    const longest = scaled('fault 3', PAUSE);
    for (const seconds of new Set([5, 30, longest].filter((each) => each <= longest))) {
      const incidents = (await api.incidents('steady')).data.length;
      broker.pause();
      await pause(seconds * 1_000);
      broker.resume();
      const took = await resumption('steady', 60_000);
      say('fault 3', `${seconds} s: decides again after ${Math.round(took)} ms`);
      expect((await api.incidents('steady')).data).toHaveLength(incidents);
    }
    if (isFull) await outage();
    await expectInvariants(world, 'fault 3', before);
  },
  limitFor(PAUSE, 1_500),
);

/** The second round of a failure comes 5 s after the first. */
const USUAL = { interval: '30s', confirm: { rounds: 2, after: '5s' } };
const USUAL_LIMIT_MS = 1.5 * 30_000;

async function expectUsual(healedMs: number): Promise<void> {
  await incidentOf(world, 'usual', 'open', USUAL_LIMIT_MS);
  const tookMs = Math.round(performance.now() - healedMs);
  say('fault 4', `incident ${tookMs} ms after healing, of a monitor with an interval of 30 s`);
  expect(tookMs).toBeLessThan(USUAL_LIMIT_MS);
  truth.set('usual', UP);
}

const GONE = { full: 600, fast: 8, unit: 'seconds' };
test(
  'fault 4: the broker is down while a target fails',
  async () => {
    if (isFull) await watch(world, 'usual', USUAL);
    const told = receiver.told.length;
    const downFor = scaled('fault 4', GONE) * 1_000;
    const began = performance.now();
    await broker.kill();
    truth.set('failing', DOWN);
    if (isFull) truth.set('usual', DOWN);
    await until(
      'a message about the monitoring itself',
      () => receiver.told.slice(told).find(({ type }) => type === 'monitoring.unknown'),
      60_000,
    );
    say('fault 4', `self-alert after ${Math.round(performance.now() - began)} ms`);
    expect(receiver.told.slice(told).filter(({ monitor }) => monitor !== undefined)).toEqual([]);
    await pause(Math.max(0, downFor - (performance.now() - began)));
    await broker.startAgain();
    const healed = performance.now();
    await incidentOf(world, 'failing', 'open', 30_000);
    say('fault 4', `incident ${Math.round(performance.now() - healed)} ms after healing`);
    if (isFull) await expectUsual(healed);
    truth.set('failing', UP);
    await verdict(world, 'failing', 'up', 60_000);
    await expectInvariants(world, 'fault 4', before);
  },
  limitFor(GONE, 1_000),
);

const CUT = { full: 600, fast: 3, unit: 'seconds' };
test(
  'fault 10: one region is cut off from the broker',
  async () => {
    const seconds = scaled('fault 10', CUT);
    // What was probed and not receipted lies in the spool when the way is cut in its back.
    ways.get('eu-west')!.inject({ timeout: { timeoutMs: 0 } }, 'upstream');
    truth.set('failing', DOWN);
    const incident = await incidentOf(world, 'failing', 'open');
    expect(incident.regionsDown).toEqual(['ap-south', 'us-east']);
    await pause(seconds * 1_000);
    ways.get('eu-west')!.heal();
    truth.set('failing', UP);
    await verdict(world, 'failing', 'up', 60_000);
    await expectInvariants(world, 'fault 10', before);
    const disordered = await sql.rows(
      `select * from (select agent, seq, received_at, lag(received_at) over
                        (partition by agent order by seq) as before from batch) b
        where agent = 'eu-west-1' and received_at < before - interval '5 seconds'`,
    );
    expect(disordered, 'batches that came long before those ahead of them').toEqual([]);
  },
  limitFor(CUT, 1_000),
);

const FLAPPING = { full: 600, fast: 6, unit: 'seconds' };
test(
  'fault 15: links flap every 3 s',
  async () => {
    const seconds = scaled('fault 15', FLAPPING);
    for (let i = 0; i < seconds / 3; i++) {
      const flapping = [...ways.values()].filter((_, at) => (at + i) % 2 === 0);
      for (const way of flapping) {
        if (i % 4 < 2) way.down();
        else way.inject({ resetPeer: { timeoutMs: 0 } });
      }
      await pause(1_500);
      for (const way of flapping) {
        way.up();
        way.heal();
      }
      await pause(1_500);
    }
    for (const child of network.running.values()) expect(child.isRunning).toBe(true);
    await outage();
    await expectInvariants(world, 'fault 15', before);
  },
  limitFor(FLAPPING, 1_000),
);
