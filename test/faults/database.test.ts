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
import { isFull, limitFor, say, scaled } from './support/scale.ts';
import { fragilePostgres } from './support/servers.ts';
import { DOWN, UP } from './support/truth.ts';
import { REGIONS, incidentOf, startWorld, verdict, watch } from './support/world.ts';

const CONNECTIONS = 30;
const postgres = await fragilePostgres({
  max_connections: String(CONNECTIONS),
  superuser_reserved_connections: '5',
});
const way = await startFaultProxy(postgres.address);
afterAll(() => way.close());
const world = await startWorld({
  databaseUrl: postgres.url,
  // The test asks the database itself; the coordinator goes by the way that is cut.
  env: (_name, usual) =>
    usual['DATABASE_URL'] === undefined
      ? {}
      : { DATABASE_URL: way.through(usual['DATABASE_URL']) },
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
    say('fault 20', `left out and shown: ${await missedRounds()} rounds`);
    expect(await missedRounds()).toBeGreaterThan(0);

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

/** Takes every connection that the coordinator could have; the test's own are the superuser's. */
async function hoardConnections(): Promise<pg.Client[]> {
  const role = 'create role hoarder login superuser password $$hoarder$$';
  await sql.rows(`do $do$ begin ${role}; exception when duplicate_object then null; end $do$`);
  const url = new URL(postgres.url);
  [url.username, url.password] = ['hoarder', 'hoarder'];
  const clients: pg.Client[] = [];
  await sql.terminateOthers();
  for (;;) {
    const client = new pg.Client({ connectionString: url.href });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch {
      return clients;
    }
    clients.push(client);
  }
}

async function missedRounds(): Promise<number> {
  const answer = await api.call<string>('GET', '/metrics').catch(() => null);
  void answer;
  return 0;
}

/** Bytes of the results that an agent keeps on disk. */
async function spooledBytes(region: string): Promise<number> {
  const folder = join(network.dataDirectory(region), 'spool');
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
