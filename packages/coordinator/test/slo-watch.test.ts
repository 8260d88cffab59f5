/** From rounds to what people are told of an error budget: on a real database, with a clock by hand. */
import { checkDigest } from '@trustmonitor/evidence';
import type { Verdict } from '@trustmonitor/protocol';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SloMessage } from '../src/slo/message.ts';
import { AlertRouter } from '../src/alerts/router.ts';
import { rollUp } from '../src/rollup/roll-up.ts';
import { loadObjectives, type SloSelection } from '../src/slo/objectives.ts';
import { budgetSpending } from '../src/slo/spending.ts';
import { statusesOf } from '../src/slo/status.ts';
import { SloWatch } from '../src/slo/watch.ts';
import { storyOf } from '../src/notify/story.ts';
import { markMonitorDeleted } from '../src/store/monitors.ts';
import { insertRevision } from '../src/store/revisions.ts';
import { ensurePartitionsBetween } from '../src/store/partitions.ts';
import { insertResults } from '../src/store/results.ts';
import { insertSilence } from '../src/store/silences.ts';
import { insertRounds } from '../src/store/rounds.ts';
import { upsertSlo } from '../src/store/slos.ts';
import { Sql, testStore } from './support/database.ts';
import { insertMaintenance, newId, resultOf, roundRow } from './store/rows.ts';
import { monitorOf } from './support/watched.ts';

const testing = await testStore();
const { database } = testing;
const sql = new Sql(testing.url);
afterAll(() => sql.close());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 10);
const KEEP = { rawDays: 14, minuteDays: 7 };
const INTERVAL = 30_000;

let now = T0;
const watch = (on = database): SloWatch =>
  new SloWatch({
    ...{ database: on, clock: () => now, apiUrl: 'https://tm.example' },
    log: pino({ level: 'silent' }),
  });
const router = new AlertRouter({
  ...{ database, clock: () => now, apiUrl: 'https://tm.example', onTold: () => undefined },
  log: pino({ level: 'silent' }),
});

beforeAll(async () => {
  await ensurePartitionsBetween(database, T0 / DAY - 1, T0 / DAY + 2);
  await database.query(`insert into channel (id, definition) values ('ops', $1), ('web', $2)`, [
    JSON.stringify({ id: 'ops', type: 'webhook', url: 'http://127.0.0.1:9/' }),
    JSON.stringify({ id: 'web', type: 'webhook', url: 'http://127.0.0.1:9/' }),
  ]);
  const latency = { threshold: '300ms', target: 90 };
  const alerts = [{ notify: 'ops' }];
  for (const [id, more] of [
    ['shop', { slo: { target: 99.5 }, alerts, group: 'web' }],
    ['cart', { slo: { target: 99, latency }, alerts, group: 'web' }],
    ['quiet', { slo: { target: 99.9 } }],
  ] as const) {
    const definition = monitorOf(id, more);
    await insertRevision(database, definition, 1, checkDigest(definition.check), {});
  }
  await sql.rows('update monitor set created_at = $1', [new Date(T0)]);
  await sql.rows(`insert into routing (definition) values ('{"groupIntervalMs": 0}')`);
  const level = { target: 99.9, windowMs: 7 * DAY, degraded: 'good', partial: 'good' } as const;
  await upsertSlo(database, {
    definition: {
      ...{ id: 'web', name: 'The web', selector: { groups: ['web'] } },
      level: { ...level, latency: null },
      alerts: [{ notify: 'web', onResolve: true }],
    },
    owner: null,
  });
});

/** Rounds of all monitors until `untilMs`, and what they came to. */
async function goOn(untilMs: number, verdicts: Record<string, Verdict> = {}, slowMs = 100) {
  for (const monitor of ['shop', 'cart', 'quiet']) {
    const rounds = [];
    for (let at = now; at < untilMs; at += INTERVAL) {
      const verdict = verdicts[monitor] ?? 'up';
      rounds.push(roundRow({ id: newId(at), monitor, verdict, votes: [], openedAtMs: at }));
    }
    await insertRounds(database, rounds);
    if (monitor !== 'cart') continue;
    await insertResults(
      database,
      rounds.map(({ id }) => {
        const result = resultOf({ monitor, round: id, outcome: 'up', failure: null });
        const phases = { ...result.phases, totalUs: slowMs * 1_000 };
        return { result: { ...result, phases }, leaf: '{}', batch: 'ab', index: 0, counted: true };
      }),
    );
  }
  now = untilMs;
  await rollUp(database, KEEP, now);
}

const statusesFor = async (selection: SloSelection) =>
  statusesOf(database, await loadObjectives(database, selection), now);

/** What was written to channels since the last call: channel, type, objective, indicator, pair. */
async function told(): Promise<string[]> {
  return (await messages()).map(({ channel, payload: { type, slo, sli, burn } }) =>
    [channel, type, slo, sli, burn.pair].join(' '),
  );
}

async function messages(): Promise<{ channel: string; payload: SloMessage }[]> {
  while (await router.look()) continue;
  return sql.rows<{ channel: string; payload: SloMessage }>(
    `with gone as (delete from outbox returning number, channel, payload)
     select channel, payload from gone order by channel, payload->>'slo', number`,
  );
}

/** Minute by minute, with one look in each. */
async function minutes(by: SloWatch, count: number, verdicts?: Record<string, Verdict>) {
  for (let i = 0; i < count; i += 1) {
    await goOn(now + MINUTE, verdicts);
    await by.look();
  }
}

test('a budget that burns is told once, with the arithmetic, and so is its end', async () => {
  await goOn(T0 + 3 * HOUR);
  const first = watch();
  await first.look();
  expect(await told()).toEqual([]);
  // 14.4 x 0.5 % of an hour are 259 s; of three hours that were measured 1x are 54 s, and 3x 162 s.
  await minutes(first, 8, { shop: 'down' });
  const began = (await messages()).filter(({ channel }) => channel === 'ops');
  expect(began.map(({ payload }) => payload.burn.pair)).toEqual(['1x', '3x', '14.4x']);
  const paged = began.at(-1);
  expect(paged?.payload).toMatchObject({
    ...{ type: 'slo.burning', slo: 'monitor:shop', monitor: 'shop', severity: 'critical' },
    objective: { target: 99.5, window: '30d' },
    burn: { pair: '14.4x', long: '1h', short: '5m' },
    budget: { totalMs: 216 * MINUTE },
    links: {
      slo: 'https://tm.example/v1/slos/monitor%3Ashop',
      runbook: 'https://tm.example/runbooks/slo.burning.md',
    },
  });
  expect(paged?.payload.summary).toMatch(
    /^The shop burns its error budget of availability: at 1[456](\.\d)?x the 216 minutes of this month's budget last \d\d(\.\d)? hours; 21\d minutes are left, enough for \d\d(\.\d)? hours$/,
  );
  const story = storyOf(paged!.payload);
  expect([story.alert, story.severity, story.keys]).toEqual([
    ...['open', 'critical', ['slo/monitor:shop/availability']],
  ]);

  // Another coordinator says nothing again; two at once say the end once.
  const both = [watch(), watch(await testing.open())];
  await both[0]!.look();
  expect(await told()).toEqual([]);
  for (let i = 0; i < 40; i += 1) {
    await goOn(now + MINUTE);
    await Promise.all(both.map((one) => one.look()));
  }
  const end = await messages();
  const shop = end.filter(({ payload }) => payload.slo === 'monitor:shop');
  expect(shop.map(({ payload }) => payload.type)).toEqual(['slo.recovered']);
  expect(storyOf(shop[0]!.payload)).toMatchObject({
    ...{ alert: 'close', keys: ['slo/monitor:shop/availability'] },
  });
  expect(shop[0]!.payload.summary).toMatch(/any more; 20\d minutes of the 216 minutes of this/);
  expect(end.filter(({ payload }) => payload.slo === 'web')).toHaveLength(1);
}, 120_000);

test('the status says what was measured, what is left and what is not known', async () => {
  const [shop, ...rest] = await statusesFor({ id: 'monitor:shop' });
  expect(rest).toEqual([]);
  const [status] = shop!.indicators;
  const { measuredMs, unknownMs, budget, ratio, alert } = status!;
  expect(budget.spentMs).toBe(8 * MINUTE);
  expect(ratio).toBeCloseTo(1 - (8 * MINUTE) / measuredMs, 12);
  expect(measuredMs + unknownMs).toBe(Date.parse(status!.to) - T0);
  expect(alert).toEqual({ state: 'quiet', pair: null, severity: null, since: null });
  const both = await statusesFor({ monitor: 'cart' });
  expect(both.map(({ id, monitors }) => [id, monitors])).toEqual([
    ['monitor:cart', 1],
    ['web', 2],
  ]);
  const web = both[1]!.indicators[0]!.budget;
  expect([web.spentMs, web.totalMs]).toEqual([8 * MINUTE, Math.round(0.001 * 7 * DAY * 2)]);
});

test('what is bad in maintenance is left out, unless that says that it counts', async () => {
  const monitors = ['shop', 'quiet'];
  const span = { fromMs: now, toMs: now + 30 * MINUTE };
  await insertMaintenance(database, { monitors: ['quiet'], ...span, uptime: 'excluded' });
  await insertMaintenance(database, { monitors: ['shop'], ...span, uptime: 'counted' });
  await insertSilence(database, {
    ...{ match: { groups: ['w*'] }, startsAt: new Date(now), endsAt: new Date(now + HOUR) },
    ...{ reason: 'we know', createdBy: 'a test' },
  });
  const before = await Promise.all(monitors.map(spentOf));
  const one = watch();
  await minutes(one, 10, { quiet: 'down', shop: 'down' });
  await minutes(one, 2);
  const after = await Promise.all(monitors.map(spentOf));
  expect(after.map((spent, i) => spent.spentMs - before[i]!.spentMs)).toEqual([10 * MINUTE, 0]);
  expect(after.map((spent, i) => spent.besideMs - before[i]!.besideMs)).toEqual([10 * MINUTE, 0]);
  // Figures end a minute ago: one minute of the twelve was before the maintenance.
  const knownMs = after.map((spent, i) => spent.knownMs - before[i]!.knownMs);
  expect(knownMs).toEqual([12 * MINUTE, MINUTE]);
  // Burning is one thing, and being told of it another: nobody is, of one monitor or of several.
  expect(await told()).toEqual([]);
  const held = await sql.rows(
    `select key, state -> 'tracks' -> 0 -> 'held' ->> 'kind' as held from alert
      where ended_at is null order by key`,
  );
  expect(held).toEqual([
    { key: 'slo/monitor:shop/availability', held: 'maintenance' },
    { key: 'slo/web/availability', held: 'silence' },
  ]);
  await goOn(now + 3 * HOUR);
  await one.look();
  expect(await told()).toEqual([]);
}, 60_000);

/** How the monitor's own objective stands; `knownMs`: of its window, measured or not. */
async function spentOf(monitor: string) {
  const [objective] = await loadObjectives(database, { id: `monitor:${monitor}` });
  const [status] = (await statusesOf(database, [objective!], now))[0]!.indicators;
  const { budget, measuredMs, unknownMs, from } = status!;
  const { besideMs } = await budgetSpending(database, objective!, {
    ...{ nowMs: now, fromMs: Date.parse(from), totalMs: budget.totalMs },
    retention: { minuteDays: 7, hourDays: 400 },
  });
  return { spentMs: budget.spentMs, besideMs, knownMs: measuredMs + unknownMs };
}

test('slow answers spend a budget of their own, and what is deleted or paused ends', async () => {
  await told();
  const one = watch();
  for (let i = 0; i < 8; i += 1) {
    await goOn(now + 10 * MINUTE, {}, 900);
    await one.look();
  }
  const burning = (await told()).filter((line) => line.includes('cart'));
  expect(burning[0]).toMatch(/^ops slo.burning monitor:cart latency /);
  const [cart] = await statusesFor({ id: 'monitor:cart' });
  const [available, latency] = cart!.indicators;
  expect(available!.budget.spentMs).toBe(0);
  expect(latency!.answers!.slow).toBe(158);
  expect(latency!.budget.spentMs).toBeGreaterThan(75 * MINUTE);
  await markMonitorDeleted(database, 'cart');
  await one.look();
  const [gone] = await messages();
  expect(gone!.payload).toMatchObject({ type: 'slo.recovered', slo: 'monitor:cart', budget: null });
  expect(gone!.payload.summary).toContain('is not watched any more');
  expect(await sql.count('slo_alert', "slo = 'monitor:cart'")).toBe(0);
}, 60_000);
