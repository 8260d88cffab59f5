/** PostgreSQL dies, stalls, has no connection left, or is gone while agents go on probing. */
import { setTimeout as pause } from 'node:timers/promises';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startFaultProxy } from '@trustmonitor/testkit/faults';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { showLogsOnFailure } from '../support/network.ts';
import { until } from '../support/until.ts';
import { expectInvariants, footprint, type Footprint } from './support/invariants.ts';
import { startFlood } from './support/flood.ts';
import { metricsOf } from './support/metrics.ts';
import { limitFor, say, scaled } from './support/scale.ts';
import { fragilePostgres } from './support/servers.ts';
import { DOWN, UP } from './support/truth.ts';
import { REGIONS, startWorld, verdict, watch } from './support/world.ts';

const postgres = await fragilePostgres({ max_connections: '30' });
const way = await startFaultProxy(postgres.address);
afterAll(() => way.close());
const world = await startWorld({
  databaseUrl: postgres.url,
  // The test asks the database itself; the coordinator goes by the way that is cut.
  env: (_name, usual) =>
    usual['DATABASE_URL'] === undefined
      ? {}
      : { DATABASE_URL: way.through(usual['DATABASE_URL']), TM_METRICS_PUBLIC: '1' },
});
const { network, truth, sql } = world;
const { api } = network;

await watch(world, 'steady');
await watch(world, 'failing');
let before: Footprint;
beforeEach(async () => {
  showLogsOnFailure(network, REGIONS);
  before = await footprint(world);
});

const KILLS = { full: 20, fast: 2, unit: 'kills' };
test(
  'fault 19: PostgreSQL is killed -9 again and again',
  async () => {
    const count = scaled('fault 19', KILLS);
    const taken: number[] = [];
    for (let i = 0; i < count; i++) {
      // Killed on the way to an incident, and on the way out of it.
      truth.set('failing', i % 2 === 0 ? DOWN : UP);
      await truth.nextRequest('failing');
      const results = await sql.count('result');
      await postgres.kill();
      await postgres.startAgain();
      const began = performance.now();
      expect(await sql.count('result'), 'results after the crash').toBeGreaterThanOrEqual(results);
      await verdict(world, 'failing', i % 2 === 0 ? 'down' : 'up', 60_000);
      taken.push(performance.now() - began);
    }
    truth.set('failing', UP);
    await verdict(world, 'failing', 'up', 60_000);
    say('fault 19', `the change is decided ${Math.round(Math.max(...taken))} ms after, at most`);
    await expectInvariants(world, 'fault 19', before);
  },
  limitFor(KILLS, 30_000),
);

const STALL = { full: 60, fast: 6, unit: 'seconds' };
test(
  'fault 20: PostgreSQL stalls, and its connections are exhausted',
  async () => {
    const seconds = scaled('fault 20', STALL);
    const count = await sql.count('round', "monitor = 'steady'");
    way.inject({ timeout: { timeoutMs: 0 } });
    await pause(seconds * 1_000);
    expect(await sql.count('incident', 'resolved_at is null')).toBe(0);
    way.heal();
    await until('rounds after the stall', async () =>
      (await sql.count('round', "monitor = 'steady'")) > count + 1 ? true : null,
    );
    const metric = await metricsOf(api.url);
    const left =
      metric('trustmonitor_rounds_missed_total') + metric('trustmonitor_rounds_skipped_total');
    say('fault 20', `left out, and shown so: ${left} rounds`);
    expect(left).toBeGreaterThan(0);

    const hoarded = await hoardConnections();
    way.down();
    way.up();
    await pause((seconds * 1_000) / 2);
    expect((await fetch(`${api.url}/readyz`)).status).toBe(503);
    await Promise.all(hoarded.map((client) => client.end()));
    await expectInvariants(world, 'fault 20', before);
  },
  limitFor(STALL, 3_000),
);

/** Takes every connection that the coordinator could have. */
async function hoardConnections(): Promise<pg.Client[]> {
  const clients: pg.Client[] = [];
  do {
    await sql.terminateOthers();
    for (;;) {
      const client = new pg.Client({ connectionString: postgres.url });
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch {
        break;
      }
      clients.push(client);
    }
  } while ((await sql.others()).length > 0);
  return clients;
}

const PATIENCE_MS = 60_000;
const GONE = { full: 120, fast: 8, unit: 'seconds without a database' };
const JOBS_PER_SECOND = 100;
/** Most of these results are a batch each, and each batch has its place in the log. */
const DRAINED_PER_SECOND = 50;
/** The monitor that is watched goes on all the time: some results are always under way. */
const EMPTY_ENOUGH_BYTES = 50_000;
test(
  'a database that is gone makes spools grow, and not the memory of the coordinator',
  async () => {
    const seconds = scaled('intake', GONE);
    const flood = await startFlood(world, 'steady', JOBS_PER_SECOND);
    const results = await sql.count('result');
    await until(
      'a committed flood',
      async () => ((await sql.count('result')) > results + JOBS_PER_SECOND ? true : null),
      PATIENCE_MS,
    );
    const running = await footprint(world);
    await postgres.kill();
    const [killedAt, spooledThen] = [flood.jobs, await spooledBytes()];
    await pause(seconds * 1_000);
    const [spooled, gone] = [await spooledBytes(), await footprint(world)];
    const probed = flood.jobs - killedAt;
    const { rssMb: rssThen } = running.get('coordinator')!;
    const { rssMb } = gone.get('coordinator')!;
    say(
      'intake',
      `${probed} results while the database was gone: spools grew by ` +
        `${((spooled - spooledThen) / 1e6).toFixed(1)} MB, the coordinator from ` +
        `${Math.round(rssThen)} to ${Math.round(rssMb)} MB`,
    );
    // A result takes about 1 kB and more in a spool: most of them must be there.
    expect(spooled - spooledThen).toBeGreaterThan(probed * 500);
    expect(rssMb - rssThen).toBeLessThan(64);

    await flood.stop();
    await postgres.startAgain();
    const began = performance.now();
    // What the agents took, and not what was sent: a job that reaches one too late is refused.
    await until(
      'the spools to be as empty as before',
      async () => {
        expect(await spooledBytes()).toBeLessThan(spooledThen + EMPTY_ENOUGH_BYTES);
        return true;
      },
      PATIENCE_MS + (flood.jobs / DRAINED_PER_SECOND) * 1_000,
    );
    say('intake', `drained ${((performance.now() - began) / 1_000).toFixed(1)} s after healing`);
    await expectInvariants(world, 'intake', before);
  },
  limitFor(GONE, 8_000),
);

/** Bytes of the results that all agents keep on disk. */
async function spooledBytes(): Promise<number> {
  const folders = REGIONS.map((region) => join(network.dataDirectory(region), 'spool'));
  const names = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  // A batch may be receipted, and its file go, while this looks.
  const sizes = names.flat().map((name) =>
    stat(name).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
