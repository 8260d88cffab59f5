/** The load run of `main.mjs`. */
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fnv1a } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import {
  expectInvariants,
  footprint,
  type Footprint,
} from '../../test/faults/support/invariants.ts';
import { fragileBroker, fragilePostgres } from '../../test/faults/support/servers.ts';
import { DOWN, UP } from '../../test/faults/support/truth.ts';
import { startWorld, type World } from '../../test/faults/support/world.ts';
import { until } from '../../test/support/until.ts';

const MONITORS = Number(process.env['TM_LOAD_MONITORS']);
const INTERVAL_MS = Number(process.env['TM_LOAD_INTERVAL_S']) * 1_000;
const MINUTES = Number(process.env['TM_LOAD_MINUTES']);
const ANSWERED = process.env['TM_LOAD_ANSWERED'] === '1';
const REGIONS = ['ap-south', 'eu-west', 'sa-east', 'us-east', 'za-south'];
const OUTAGES = 20;
const PER_CALL = ANSWERED ? 250 : 100;
const SETTLE_MS = 30_000;
const PAUSE_MS = 2_000;
const CLOCK_TICKS_PER_S = 100;

const postgres = await fragilePostgres();
const world = await startWorld({
  regions: REGIONS,
  databaseUrl: postgres.url,
  broker: (config) => fragileBroker(config),
  env: (name) => (name === 'coordinator' ? { NODE_OPTIONS: '--max-semi-space-size=64' } : {}),
  ...(ANSWERED ? { agentScript: resolve(import.meta.dirname, 'answering-agent.mjs') } : {}),
});
const { network, truth, sql } = world;
const ids = Array.from({ length: MONITORS }, (_, i) => `load-${i}`);
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

test('load', async () => {
  const started = performance.now();
  await watchAll();
  print(`${MONITORS} monitors up after ${seconds(performance.now() - started)} s`);
  await pause(SETTLE_MS);

  const [before, cpuBefore, bytesBefore] = [
    await footprint(world),
    await cpu(world),
    await bytes(),
  ];
  const [since, began] = [Date.now(), performance.now()];
  const largest = new Map<string, number>();
  const loads: number[] = [];
  for (let minute = 0; minute < MINUTES; minute += 1) {
    await outages(minute);
    for (let i = 0; i < 6; i += 1) {
      noteLargest(largest, await footprint(world));
      loads.push(loadavg()[0] ?? 0);
      await pause(Math.max(0, began + (minute * 6 + i + 1) * 10_000 - performance.now()));
    }
  }
  const ranS = (performance.now() - began) / 1_000;
  const [cpuAfter, bytesAfter] = [await cpu(world), await bytes()];
  for (const id of ids) if (truth.isDown(id)) truth.set(id, UP);

  await report({ since, ranS, loads });
  print('| process | memory at most | CPU |');
  print('| --- | ---: | ---: |');
  for (const [name, mb] of largest) {
    const used = ((cpuAfter.get(name) ?? 0) - (cpuBefore.get(name) ?? 0)) / ranS;
    print(`| ${name} | ${Math.round(mb)} MB | ${(used * 100).toFixed(1)} % of a core |`);
  }
  print(`database: ${((bytesAfter - bytesBefore) / 1e6 / (ranS / 60)).toFixed(1)} MB a minute`);
  // One that is unknown is asked again at its next tick.
  await expectInvariants(world, 'load', before, 2 * INTERVAL_MS + 60_000);
});

async function watchAll(): Promise<void> {
  for (let from = 0; from < ids.length; from += PER_CALL) {
    const monitors = ids.slice(from, from + PER_CALL).map((id, i) => {
      truth.set(id, UP);
      const url = truth.urlOf(id) + (ANSWERED && from + i >= OUTAGES ? '?answered' : '');
      return {
        ...{ id, name: id, url, interval: `${INTERVAL_MS / 1_000}s` },
        ...{ timeout: '5s', confirm: { rounds: 2, after: '5s' } },
      };
    });
    expect((await network.api.call('POST', '/v1/apply', { monitors })).status).toBe(200);
    // All regions are asked at first: no more at once than agents with a part of this machine answer.
    await pause(ANSWERED ? PAUSE_MS / 8 : PAUSE_MS);
  }
  await until(
    'all of them to be up',
    async () => ((await sql.count('monitor_state', "verdict = 'up'")) === MONITORS ? true : null),
    900_000,
    PAUSE_MS,
  );
}

/** In the first half some go down, and in the second they come back. */
async function outages(minute: number): Promise<void> {
  for (const id of ids.slice(0, OUTAGES)) {
    if (minute === 1) truth.set(id, DOWN);
    if (minute === Math.ceil(MINUTES / 2)) truth.set(id, UP);
  }
  await Promise.resolve();
}

async function report(run: { since: number; ranS: number; loads: number[] }): Promise<void> {
  const { since, ranS, loads } = run;
  const rounds = await sql.rows<{ monitor: string; at: number; ms: number; verdict: string }>(
    `select monitor, verdict, (extract(epoch from opened_at) * 1000)::float8 as at,
            (extract(epoch from closed_at - opened_at) * 1000)::float8 as ms
       from round where opened_at > to_timestamp($1::float8 / 1000)`,
    [since],
  );
  const results = await sql.count('result', 'received_at > to_timestamp($1::float8 / 1000)', [
    since,
  ]);
  // A round of a monitor that is being confirmed is at no tick of its own.
  const ofTicks = rounds.filter(({ monitor }) => !ids.slice(0, OUTAGES).includes(monitor));
  const late = ofTicks.map(({ monitor, at }) => (at - fnv1a(monitor)) % INTERVAL_MS);
  const took = ofTicks.map(({ ms }) => ms);
  const undecided = rounds.filter(({ verdict }) => verdict === 'unknown').length;
  const meanLoad = loads.reduce((sum, one) => sum + one, 0) / loads.length;
  print(
    `${MONITORS} monitors every ${INTERVAL_MS / 1_000} s from ${REGIONS.length} regions for ` +
      `${Math.round(ranS)} s; load average of the machine ${meanLoad.toFixed(1)}`,
  );
  print(`rounds ${(rounds.length / ranS).toFixed(1)}/s, results ${(results / ranS).toFixed(1)}/s`);
  print(`lateness of rounds: ${quantiles(late)}; from opening to verdict: ${quantiles(took)}`);
  print(`rounds that could not be decided: ${undecided} of ${rounds.length}`);
  print(`incidents: ${await sql.count('incident')} of ${OUTAGES} outages`);
}

function quantiles(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number): string => (sorted[Math.floor((sorted.length - 1) * q)] ?? 0).toFixed(0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`;
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

function noteLargest(largest: Map<string, number>, now: Footprint): void {
  for (const [name, { rssMb }] of now) largest.set(name, Math.max(largest.get(name) ?? 0, rssMb));
}

/** Seconds of CPU of each process so far. */
async function cpu({ network: { running } }: World): Promise<Map<string, number>> {
  const used = new Map<string, number>();
  for (const [name, { pid }] of running) {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    used.set(name, (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_S);
  }
  return used;
}

async function bytes(): Promise<number> {
  const [row] = await sql.rows<{ n: number }>(
    'select pg_database_size(current_database())::float8 as n',
  );
  return row?.n ?? 0;
}
