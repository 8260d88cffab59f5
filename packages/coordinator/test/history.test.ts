/** The past over HTTP, and the plans that it is read by. */
import {
  makeUuid7,
  type History,
  type Result,
  type SloDetail,
  type SloResource,
  type Uptime,
} from '@trustmonitor/protocol';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { histogramOf, quantile } from '../src/rollup/histogram.ts';
import { rollUp } from '../src/rollup/roll-up.ts';
import { openDatabase, type Database } from '../src/store/database.ts';
import { regionRowsSql, stretchValues, verdictRowsSql, type Level } from '../src/store/history.ts';
import { ensurePartitions, ensurePartitionsBetween } from '../src/store/partitions.ts';
import { insertResults } from '../src/store/results.ts';
import { insertRounds } from '../src/store/rounds.ts';
import type { List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';
import { resultOf, roundRow } from './store/rows.ts';

const network = await testNetwork();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.now();
const BASE = Math.floor((NOW - 10 * MINUTE) / HOUR) * HOUR - 5 * HOUR;
/** Rolled up beyond what is asked for, however long the tests take. */
const ROLLED = NOW + 15 * MINUTE;
const KEEP = { rawDays: 14, minuteDays: 7 };
const SLO = { target: '99.5%', window: '30d', latency: { threshold: '150ms', target: 99 } };
let database: Database;

beforeAll(async () => {
  database = await openDatabase({ url: network.config.databaseUrl });
  await ensurePartitions(database, NOW);
  await network.start();
  await network.api.create('shop', { enabled: false, interval: '30s', timeout: '1s', slo: SLO });
  await network.sql.rows("update monitor set created_at = now() - interval '100 days'");
  // Down from 1:00 to 1:15, and nobody looked from 3:00 to 4:00.
  const rounds = [];
  const results: Result[] = [];
  for (let at = BASE; at < ROLLED; at += 30_000) {
    if (at >= BASE + 3 * HOUR && at < BASE + 4 * HOUR) continue;
    const id = makeUuid7(at, randomBytes(10));
    const isDown = at >= BASE + HOUR && at < BASE + 1.25 * HOUR;
    rounds.push(roundRow({ id, monitor: 'shop', verdict: isDown ? 'down' : 'up', votes: [] }));
    for (const [region, totalUs] of [
      ['eu', 100_000],
      ['us', 200_000],
    ] as const) {
      const outcome = isDown ? 'down' : 'up';
      const result = resultOf({
        monitor: 'shop',
        round: id,
        region,
        agent: `${region}-1`,
        outcome,
      });
      results.push({ ...result, phases: { ...result.phases, totalUs } });
    }
  }
  await insertRounds(database, rounds);
  await insertResults(
    database,
    results.map((result) => ({ result, leaf: '{}', batch: 'ab', index: 0, counted: true })),
  );
  await rollUp(database, KEEP, ROLLED);
}, 60_000);
afterAll(() => database.close());

const iso = (at: number) => new Date(at).toISOString();
const historyOf = (from: number, to: number, more = '') =>
  network.api.get<History>(`/v1/monitors/shop/history?from=${iso(from)}&to=${iso(to)}${more}`);
const uptimeOf = (window: string) =>
  network.api.get<Uptime>(`/v1/monitors/shop/uptime?window=${window}`);

/** What a latency of this many microseconds is in its bucket: within 2 % of it. */
const within = (us: number): number => {
  const found = quantile(histogramOf([us]), 0.5)!;
  expect(Math.abs(found - us)).toBeLessThanOrEqual(0.02 * us);
  return found;
};

test('an objective: what was measured, what is left, and which incident spent it', async () => {
  const opened = new Date(BASE + HOUR + MINUTE);
  const incident = makeUuid7(opened.getTime(), randomBytes(10));
  await network.sql.rows(
    `insert into incident (id, monitor, kind, verdict, summary, opened_at, resolved_at)
     values ($1, 'shop', 'down', 'up', '{"reason": "refused"}', $2, $3)`,
    [incident, opened, new Date(BASE + 1.5 * HOUR)],
  );
  const slo = await network.api.get<SloDetail>('/v1/slos/monitor:shop');
  const [availability, latency] = slo.indicators;
  expect(availability).toMatchObject({
    ...{ sli: 'availability', target: 99.5, answers: null },
    budget: { totalMs: 216 * MINUTE, spentMs: 15 * MINUTE, leftMs: 201 * MINUTE },
  });
  expect(availability!.measuredMs + availability!.unknownMs).toBe(
    Date.parse(availability!.to) - Date.parse(availability!.from),
  );
  // Of two regions the far one is always slower than promised.
  expect(latency!.ratio).toBe(0.5);
  // The first minute of it was not confirmed yet, and has no record that says when it began.
  expect(slo.spending).toEqual({
    incidents: [
      {
        ...{ incident, monitor: 'shop', reason: 'refused', spentMs: 14 * MINUTE },
        ...{ from: opened.toISOString(), resolvedAt: iso(BASE + 1.5 * HOUR) },
        spentRatio: 14 / 216,
      },
    ],
    besideMs: MINUTE,
  });
  await network.sql.rows('delete from incident');
  const body = { name: 'The shops', selector: { monitors: ['sh*'] }, target: 99 };
  await network.api.call('POST', '/v1/slos', { body });
  const list = await network.api.get<List<SloResource>>('/v1/slos?monitor=shop');
  expect(list.data.map(({ id, monitors }) => [id, monitors])).toEqual([
    ['monitor:shop', 1],
    ['the-shops', 1],
  ]);
  const { text: metrics } = await network.api.call('GET', '/metrics');
  expect(metrics).toContain(
    'trustmonitor_slo_error_budget_remaining_ratio{slo="monitor:shop",sli="availability"} 0.93',
  );
  expect(metrics).toMatch(/trustmonitor_slo_burn_rate\{slo="monitor:shop",.*window="3d"\} \d/);
});

describe('history', () => {
  test('in hours: what was measured, and what was not', async () => {
    const { step, regions, buckets } = await historyOf(BASE, BASE + 5 * HOUR, '&step=1h');
    expect([step, regions, buckets.length]).toEqual(['1h', ['eu', 'us'], 5]);
    expect(buckets.map(({ quorum }) => quorum?.uptime)).toEqual([1, 0.75, 1, 1, 1]);
    expect(buckets.map(({ quorum }) => quorum?.timeMs.down)).toEqual([0, 15 * MINUTE, 0, 0, 0]);
    expect(buckets.map(({ quorum }) => quorum?.rounds.up)).toEqual([120, 90, 120, 0, 120]);
    // The last verdict before the pause stood for two intervals, of which one was before three.
    expect(buckets.map(({ quorum }) => quorum?.measuredMs)).toEqual(
      [60, 60, 60, 0.5, 60].map((minutes) => minutes * MINUTE),
    );
    expect(buckets[3]?.quorum?.unknownShare).toBeCloseTo(1 - 0.5 / 60, 9);
    expect(buckets[3]?.regions).toEqual({ eu: null, us: null });
    const second = buckets[1]!;
    expect(second.regions['eu']).toMatchObject({
      up: 90,
      down: 30,
      abstain: 0,
      uptime: 0.75,
      failures: { server_error: 30 },
      latency: { count: 90, meanUs: 100_000, p50Us: within(100_000), p99Us: within(100_000) },
    });
    expect(second.quorum?.latency).toMatchObject({
      count: 180,
      meanUs: 150_000,
      p50Us: within(100_000),
      p95Us: within(200_000),
    });
  });

  test('in minutes and days agrees with it, and empty buckets are null', async () => {
    const minutes = await historyOf(BASE + 2.9 * HOUR, BASE + 3.2 * HOUR);
    expect([minutes.step, minutes.buckets.length]).toEqual(['1m', 18]);
    expect(minutes.buckets.map(({ quorum }) => quorum?.measuredMs ?? null)).toEqual([
      ...Array.from({ length: 6 }, () => MINUTE),
      30_000,
      ...Array.from({ length: 11 }, () => null),
    ]);
    const only = await historyOf(BASE, BASE + 5 * HOUR, '&step=1h&region=us');
    expect(only.regions).toEqual(['us']);
    const days = await historyOf(BASE - 89 * DAY, NOW);
    expect(days.step).toBe('1d');
    const sums = days.buckets.flatMap(({ quorum }) => quorum ?? []);
    const day = await uptimeOf('24h');
    expect(sums.reduce((sum, { measuredMs }) => sum + measuredMs, 0)).toBe(day.quorum?.measuredMs);
    expect(days.buckets[3]).toEqual({
      at: iso(Math.floor(BASE / DAY) * DAY - 86 * DAY),
      quorum: null,
      regions: { eu: null, us: null },
    });
  });

  test('what cannot be answered is refused', async () => {
    for (const [query, pointer] of [
      [`from=${iso(NOW)}&to=${iso(BASE)}`, '/from'],
      [`from=${iso(BASE - 80 * DAY)}&step=1m`, '/step'],
      ['from=2026-02-31T25:00:00.000Z', '/from'],
    ]) {
      const { status, text } = await network.api.call('GET', `/v1/monitors/shop/history?${query}`);
      expect([status, text]).toEqual([422, expect.stringContaining(pointer!)]);
    }
    expect((await network.api.call('GET', '/v1/monitors/none/history')).status).toBe(404);
    expect((await network.api.call('GET', '/v1/monitors/shop/uptime?window=1y')).status).toBe(422);
  });
});

test('uptime says how much it is based on, in every window the same', async () => {
  const day = await uptimeOf('24h');
  const { quorum } = day;
  expect(quorum?.uptime).toBeCloseTo(1 - (15 * MINUTE) / quorum!.measuredMs, 9);
  const span = Date.parse(day.to) - Date.parse(day.from);
  expect(quorum?.unknownShare).toBeCloseTo(1 - quorum!.measuredMs / span, 9);
  // Everything since the beginning, but for the pause.
  expect(Date.parse(day.to) - BASE - quorum!.measuredMs).toBe(HOUR - 30_000);
  for (const window of ['7d', '30d', '90d']) {
    const { quorum: wider, regions } = await uptimeOf(window);
    expect({ ...wider, unknownShare: 0 }).toEqual({ ...quorum, unknownShare: 0 });
    expect(wider!.unknownShare).toBeGreaterThan(quorum!.unknownShare);
    expect(regions).toEqual(day.regions);
  }
  const hour = await uptimeOf('1h');
  expect(Date.parse(hour.to) - Date.parse(hour.from)).toBe(HOUR);
  const { buckets } = await historyOf(Date.parse(hour.from), Date.parse(hour.to), '&step=1m');
  const minutes = buckets.map((bucket) => bucket.quorum?.measuredMs ?? 0);
  expect(hour.quorum?.measuredMs).toBe(minutes.reduce((sum, one) => sum + one, 0));
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

test('only rollups are read, by index, and only the partitions in question', async () => {
  const today = Math.floor(NOW / DAY);
  await ensurePartitionsBetween(database, today - 70, today);
  for (const [table, step, first, last] of [
    ['hour', '1 hour', 60, 0],
    ['day', '1 day', 60, 0],
    ['minute', '10 minutes', 46, 44],
  ] as const) {
    await network.sql.rows(
      `insert into rollup_${table}
       select 'm' || m, r, at, 1, 0, 0, 0, null, 1, '{1}', '{1}'
         from generate_series(1, 20) m, unnest(array['eu', 'us']) r,
              generate_series($1::timestamptz, $2, interval '${step}') at`,
      [new Date((today - first) * DAY), new Date((today - last) * DAY)],
    );
    await network.sql.rows(
      `insert into verdict_${table}
       select distinct monitor, at, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0 from rollup_${table}
        where monitor like 'm%'`,
    );
    await network.sql.rows(`analyze rollup_${table}`);
    await network.sql.rows(`analyze verdict_${table}`);
  }
  const from = (today - 45) * DAY;
  const stretch = (toMs: number) => ({
    monitor: 'm7',
    stretches: [{ fromMs: from, toMs }],
    except: [new Date(from)],
  });
  const expected: Record<Level, [toMs: number, partitions: string[]]> = {
    minute: [from + HOUR, [dayName(today - 45)]],
    hour: [from + 7 * DAY, [...new Set([-45, -38.1].map((d) => dayName(periodOf(today + d))))]],
    day: [from + 45 * DAY, ['']],
  };
  for (const level of ['minute', 'hour', 'day'] as const) {
    const [toMs, partitions] = expected[level];
    for (const [family, sql] of [
      ['rollup', regionRowsSql(level)],
      ['verdict', verdictRowsSql(level)],
    ] as const) {
      const [row] = await network.sql.rows<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (format json) ${sql}`,
        stretchValues(stretch(toMs)),
      );
      const nodes = flatten(row!['QUERY PLAN'][0].Plan);
      const relations = nodes.flatMap((node) => node['Relation Name'] ?? []);
      const names = partitions.map((day) => `${family}_${level}${day}`);
      expect([...new Set(relations)].toSorted()).toEqual(names.toSorted());
      expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
      expect(nodes.some((node) => node['Node Type'].includes('Index'))).toBe(true);
    }
  }
});

const periodOf = (day: number) => Math.floor(day / 30) * 30;
const dayName = (day: number) =>
  `_${iso(day * DAY)
    .slice(0, 10)
    .replaceAll('-', '')}`;
const flatten = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flatten)];
