/** Two coordinators: killed at any statement, cut off, or without the key that they sign with. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { shardOf } from '@trustmonitor/protocol';
import { startFaultProxy, type FaultProxy } from '@trustmonitor/testkit/faults';
import { createTestDatabase, testNats } from '@trustmonitor/testkit';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { showLogsOnFailure, type Replica } from '../support/network.ts';
import { until } from '../support/until.ts';
import { expectInvariants, footprint } from './support/invariants.ts';
import { isFull, limitFor, say, scaled } from './support/scale.ts';
import { DOWN, UP } from './support/truth.ts';
import { REGIONS, incidentOf, startWorld, verdict, watch } from './support/world.ts';

const DIE_AT = join(import.meta.dirname, 'support/die-at.cjs');
/** Promised; the lease is 10 s of them. */
const TAKEOVER_MS = 15_000;
/** Promised of one that has lost the broker alone: it notices, waits, and hands over. */
const BROKER_TAKEOVER_MS = 30_000;
/** For a machine that is busy with all the other tests of a run. */
const SLACK_MS = isFull ? 0 : 10_000;

const { url: databaseUrl } = await createTestDatabase();
const { hostname, port } = new URL(databaseUrl);
interface Ways {
  readonly database: FaultProxy;
  readonly broker: FaultProxy;
}
const ways = new Map<string, Ways>();
/** The ways that are there before the processes that take them: the next ones go to the next name. */
const spare: Ways[] = [];
let brokerPort = 0;
const layWays = async () =>
  spare.push({
    database: await startFaultProxy({ host: hostname, port: Number(port) }),
    broker: await startFaultProxy({ host: '127.0.0.1', port: brokerPort }),
  });
let settings: Record<string, string> = {};
const dieAt = join(await mkdtemp(join(tmpdir(), 'tm-faults-die-')), 'at.json');
const world = await startWorld({
  databaseUrl,
  broker: async (config) => {
    const broker = await testNats(config);
    brokerPort = Number(new URL(broker.url).port);
    await layWays();
    return broker;
  },
  env: (name, usual) => {
    if (usual['DATABASE_URL'] === undefined) return {};
    const way = ways.get(name) ?? spare.pop()!;
    ways.set(name, way);
    return {
      DATABASE_URL: way.database.through(usual['DATABASE_URL']),
      TM_NATS_URL: way.broker.through(usual['TM_NATS_URL']!),
      NODE_OPTIONS: `--require ${DIE_AT}`,
      TM_TEST_DIE_FILE: dieAt,
      ...settings,
    };
  },
});
afterAll(async () => {
  const all = [...ways.values()].flatMap(({ database, broker }) => [database, broker]);
  await Promise.all(all.map((way) => way.close()));
  await rm(dirname(dieAt), { recursive: true });
});
const { network, truth, sql } = world;

interface Named extends Replica {
  readonly name: string;
}
let replicas: Named[] = [
  { name: 'coordinator', process: network.coordinator, api: network.api },
  await addReplica(),
];
await watch(world, 'steady');
await watch(world, 'failing');
beforeEach(() => showLogsOnFailure(network, REGIONS));

/** In place of one that is gone, so that there are two again. */
async function replace(gone: Named): Promise<void> {
  replicas = replicas.filter((one) => one !== gone);
  if (gone.name === 'coordinator') {
    await network.startCoordinator();
    replicas.push({ ...gone, process: network.coordinator });
  } else replicas.push(await addReplica());
}

async function addReplica(): Promise<Named> {
  await layWays();
  const replica = await network.startReplica();
  return { name: `coordinator-${new URL(replica.api.url).port}`, ...replica };
}

const portOf = ({ api }: Replica): string => new URL(api.url).port;

/** Who decides about the monitor, and somebody else. */
async function roles(monitor: string): Promise<{ holder: Named; other: Named }> {
  const holderPort = await until(`a holder of ${monitor}`, async () => {
    const [row] = await sql.rows<{ port: string }>(
      `select substring(c.name from '[0-9]+$') as port from shard s join coordinator c on c.id = s.owner
        where s.id = $1 and s.expires_at > clock_timestamp()`,
      [shardOf(monitor)],
    );
    return row?.port;
  });
  const holder = replicas.find((one) => portOf(one) === holderPort);
  const other = replicas.find((one) => portOf(one) !== holderPort);
  if (holder === undefined || other === undefined) throw new Error(`nobody is at ${holderPort}`);
  return { holder, other };
}

/** How many shards it holds. */
const sharesOf = (one: Named): Promise<number> =>
  sql.count(
    'shard s join coordinator c on c.id = s.owner',
    "substring(c.name from '[0-9]+$') = $1 and s.expires_at > clock_timestamp()",
    [portOf(one)],
  );

/** Milliseconds until the monitor is decided about by a round that is opened after now. */
async function takeover(monitor: string, limitMs = TAKEOVER_MS + SLACK_MS): Promise<number> {
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

/** Seeded, so that a run can be repeated (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A turn with an incident has some thirty statements, and one comes every 100 ms or so. */
const STATEMENTS = 60;
const POINTS = { full: 200, fast: 1, unit: 'seeded kill points' };
const SEED = Number(process.env['TM_FAULTS_SEED'] ?? 1);
test(
  'fault 16: a coordinator is killed -9 at seeded points',
  async () => {
    const next = random(SEED);
    const taken: number[] = [];
    const before = await footprint(world);
    const count = scaled(`fault 16 (seed ${SEED})`, POINTS);
    for (let i = 0; i < count; i++) {
      const point = { at: 1 + Math.floor(next() * STATEMENTS), after: next() < 0.5 };
      await writeFile(dieAt, JSON.stringify(point));
      const { holder, other } = await roles('failing');
      const wanted = i % 2 === 0 ? 'down' : 'up';
      truth.set('failing', wanted === 'down' ? DOWN : UP);
      holder.process.signal('SIGUSR2');
      await until('it to die', () => (holder.process.isRunning ? null : true));
      taken.push(await takeover('failing'));
      await verdict({ network: other }, 'failing', wanted, 60_000);
      await replace(holder);
    }
    truth.set('failing', UP);
    await verdict(world, 'failing', 'up', 60_000);
    say('fault 16', `taken over ${Math.round(Math.max(...taken))} ms after, at most`);
    expect(Math.max(...taken)).toBeLessThan(TAKEOVER_MS + SLACK_MS);
    await expectInvariants(world, 'fault 16', before);
  },
  limitFor(POINTS, 40_000),
);

test('fault 18: coordinators are cut from each other', async () => {
  const before = await footprint(world);
  // They meet in the database only: one that does not reach it must not go on by itself.
  const { holder, other } = await roles('failing');
  ways.get(holder.name)!.database.inject({ timeout: { timeoutMs: 0 } });
  truth.set('failing', DOWN);
  say('fault 18', `taken over ${Math.round(await takeover('failing'))} ms after`);
  await verdict({ network: other }, 'failing', 'down', 60_000);
  expect((await roles('failing')).holder.name).toBe(other.name);
  ways.get(holder.name)!.database.heal();
  truth.set('failing', UP);
  await verdict({ network: other }, 'failing', 'up', 60_000);
  expect(holder.process.isRunning).toBe(true);
  await expectInvariants(world, 'fault 18', before);
}, 180_000);

test('fault 18: one of the coordinators is cut from the broker alone', async () => {
  const before = await footprint(world);
  truth.set('failing', DOWN);
  const incident = await incidentOf(world, 'failing', 'open');
  const { holder, other } = await roles('failing');
  ways.get(holder.name)!.broker.inject({ timeout: { timeoutMs: 0 } });
  const took = await takeover('failing', BROKER_TAKEOVER_MS + SLACK_MS);
  say('fault 18', `without the broker: decided by the other ${Math.round(took)} ms after`);
  expect((await roles('failing')).holder.name).toBe(other.name);
  // It stands by, with nothing to decide, and loses nothing by it.
  expect(await sharesOf(holder)).toBe(0);
  truth.set('failing', UP);
  await verdict({ network: other }, 'failing', 'up', 60_000);
  const [latest] = (await other.api.incidents('failing')).data;
  expect([latest?.id, latest?.state]).toEqual([incident.id, 'resolved']);
  ways.get(holder.name)!.broker.heal();
  await until('it to have a share again', async () => ((await sharesOf(holder)) > 0 ? true : null));
  await expectInvariants(world, 'fault 18', before);
}, 180_000);

test('fault 23: the signing key is missing', async () => {
  const before = await footprint(world);
  const records = await sql.count('record');
  settings = { TM_REPORT_KEY_FILE: join(dirname(dieAt), 'no-such-key.pem') };
  await layWays();
  await expect(network.startReplica()).rejects.toThrow(/no-such-key\.pem/);
  settings = {};
  // Nothing of it is left, and the others go on.
  expect(await sql.count('record')).toBe(records);
  await takeover('steady');
  await expectInvariants(world, 'fault 23', before);
});
