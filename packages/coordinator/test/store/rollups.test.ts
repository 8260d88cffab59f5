/** Rollups against what a naive reading of the same raw rows says. */
import { FAILURE_CLASSES, uuid7Time, type Result, type Verdict } from '@trustmonitor/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketOf, histogramOf } from '../../src/rollup/histogram.ts';
import { rollUp } from '../../src/rollup/roll-up.ts';
import { ensurePartitionsBetween } from '../../src/store/partitions.ts';
import { insertResults } from '../../src/store/results.ts';
import { insertRounds, type StoredRound } from '../../src/store/rounds.ts';
import { Sql, testStore } from '../support/database.ts';
import { monitorOf } from '../support/watched.ts';
import { insertMonitor, newId, resultOf, roundRow } from './rows.ts';

const testing = await testStore();
const { database } = testing;
const sql = new Sql(testing.url);
afterAll(() => sql.close());

const KEEP = { rawDays: 14, minuteDays: 7 };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 10);
const WIDTH = { minute: MINUTE, hour: HOUR, day: DAY };
type Level = keyof typeof WIDTH;

const VERDICTS: readonly Verdict[] = ['up', 'up', 'up', 'degraded', 'partial', 'down', 'unknown'];
/** Repeatable chance. */
let seed = 42;
const chance = () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
};
const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)]!;

/** A verdict stands for two intervals at most. */
const LONGEST = 2 * monitorOf('a').intervalMs;

interface Raw {
  readonly rounds: StoredRound[];
  readonly results: Result[];
}

function history(monitor: string, untilMs: number): Raw {
  const raw: Raw = { rounds: [], results: [] };
  for (let at = T0 - 90_000; at < untilMs; at += pick([5_000, 60_000, 60_000, 61_007, 400_000])) {
    const id = newId(at);
    const agents = ['eu-1', 'us-1', 'us-2'].filter(() => chance() < 0.8);
    const votes = agents.map((agent) => ({
      region: agent.slice(0, 2),
      agent,
      vote: 'up' as const,
      slow: chance() < 0.3,
    }));
    raw.rounds.push(roundRow({ id, monitor, verdict: pick(VERDICTS), votes, openedAtMs: at }));
    for (const agent of agents) raw.results.push(...attempts(monitor, id, agent));
  }
  return raw;
}

function attempts(monitor: string, round: string, agent: string): Result[] {
  const outcome = pick(['up', 'up', 'down', 'abstain'] as const);
  const failed = pick(Object.keys(FAILURE_CLASSES) as (keyof typeof FAILURE_CLASSES)[]);
  const failure = { class: failed, attribution: 'target', detail: 'x' } as const;
  return [1, 2].slice(0, pick([1, 2])).map((attempt, i, all) => {
    const base = resultOf({
      monitor,
      round,
      agent,
      region: agent.slice(0, 2),
      attempt,
      final: i === all.length - 1,
      outcome,
      failure: outcome === 'up' ? null : failure,
    });
    return { ...base, phases: { ...base.phases, totalUs: Math.floor(10 ** (chance() * 7)) } };
  });
}

const raws = new Map<string, Raw>();
const FOREIGN = resultOf({ monitor: 'a', round: newId(T0 + HOUR + 5) });
const UNTIL = T0 + DAY + 3 * HOUR;

const store = async (results: readonly Result[]) => {
  await insertResults(
    database,
    results.map((result) => ({ result, leaf: '{}', batch: 'ab', index: 0, counted: true })),
  );
};

beforeAll(async () => {
  await ensurePartitionsBetween(database, T0 / DAY - 1, T0 / DAY + 2);
  for (const id of ['a', 'b']) {
    await insertMonitor(database, id);
    raws.set(id, history(id, id === 'a' ? UNTIL : T0 + 2 * HOUR));
  }
}, 60_000);

test('come out the same however late and often results arrive', { timeout: 120_000 }, async () => {
  const all = [...raws.values()];
  const late = (result: Result, i: number) => i % 7 === 0 && uuid7Time(result.round) < T0 + DAY;
  for (const { rounds, results } of all) {
    const early = rounds.filter(({ openedAtMs }) => openedAtMs < T0 + 5 * HOUR);
    await insertRounds(database, early);
    await store(results.filter((r, i) => !late(r, i) && uuid7Time(r.round) < T0 + 5 * HOUR));
  }
  await store([FOREIGN]);
  // In the middle of the day, by two coordinators at once, and again.
  const other = await testing.open();
  await Promise.all([database, other].map((db) => rollUp(db, KEEP, T0 + 5 * HOUR)));
  await rollUp(database, KEEP, T0 + 5 * HOUR);
  for (const { rounds, results } of all) {
    await store(results.filter((r, i) => !late(r, i) && uuid7Time(r.round) >= T0 + 5 * HOUR));
    await insertRounds(
      database,
      rounds.filter(({ openedAtMs }) => openedAtMs >= T0 + 5 * HOUR),
    );
  }
  await rollUp(database, KEEP, UNTIL);
  await compare('day', T0 + DAY, { missing: true });
  for (const { results } of all) await store(results.filter((r, i) => late(r, i)));
  await rollUp(database, KEEP, UNTIL);

  await compare('minute', UNTIL - 30_000);
  await compare('hour', UNTIL - 3 * HOUR);
  await compare('day', T0 + DAY);
  expect(
    await sql.count('rollup_due', "level = 'hour' and at < $1", [new Date(UNTIL - 3 * HOUR)]),
  ).toBe(0);
  expect(await rollUp(database, KEEP, UNTIL)).toBe(0);
});

test('a result that comes after its minutes are over changes nothing', async () => {
  const before = await sql.rows<{ at: Date }>(
    'select * from rollup_day order by monitor, at, region',
  );
  const { round } = raws.get('a')!.results[0]!;
  await store([resultOf({ monitor: 'a', round, attempt: 9 })]);
  await rollUp(database, KEEP, UNTIL + 7 * DAY);
  expect(
    await sql.rows('select * from rollup_day where at <= $1 order by monitor, at, region', [
      new Date(T0),
    ]),
  ).toEqual(before.filter(({ at }) => at.getTime() <= T0));
  expect(await sql.count('rollup_dirty', 'minute < $1', [new Date(UNTIL)])).toBe(0);
});

test('the database and the code agree about buckets', async () => {
  const values = [
    0,
    1,
    2,
    3,
    50,
    999,
    1_000,
    1_001,
    123_456,
    9_999_999_999,
    Number.MAX_SAFE_INTEGER,
  ];
  const rows = await sql.rows<{ bucket: number }>(
    'select latency_bucket(us) as bucket from unnest($1::bigint[]) with ordinality as u (us, n) order by n',
    [values],
  );
  expect(rows.map(({ bucket }) => bucket)).toEqual(values.map((us) => bucketOf(us)));
});

/** Every bucket of the level that begins before `endMs`, against the naive reading. */
async function compare(level: Level, endMs: number, { missing = false } = {}): Promise<void> {
  const width = WIDTH[level];
  const from = new Date(T0 - DAY);
  const regions = await sql.rows(
    `select * from rollup_${level} where at >= $1 and at < $2 order by monitor, at, region`,
    [from, new Date(endMs)],
  );
  const naive = [...raws].flatMap(([monitor, raw]) => byRegion(monitor, raw, width, endMs));
  if (missing) expect(regions).not.toEqual(naive);
  else expect(regions).toEqual(naive);
  const verdicts = await sql.rows(
    `select * from verdict_${level} where at >= $1 and at < $2 order by monitor, at`,
    [from, new Date(endMs)],
  );
  expect(verdicts).toEqual(
    [...raws].flatMap(([monitor, raw]) => byVerdict(monitor, raw, width, endMs)),
  );
}

const floorTo = (at: number, width: number) => Math.floor(at / width) * width;

function byRegion(monitor: string, { results, rounds }: Raw, width: number, endMs: number) {
  const slow = new Set(
    rounds.flatMap(({ id, votes }) => votes.filter((v) => v.slow).map((v) => id + v.agent)),
  );
  const final = results.filter((r) => r.final);
  const groups = groupBy(
    final,
    (r) => `${new Date(floorTo(uuid7Time(r.round), width)).toISOString()} ${r.region}`,
  );
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, seen]) => {
      const [at, region] = key.split(' ');
      if (Date.parse(at!) >= endMs) return [];
      const up = seen.filter((r) => r.outcome === 'up').map((r) => r.phases.totalUs);
      const failures = groupBy(
        seen.flatMap((r) => r.failure ?? []),
        (failure) => failure.class,
      );
      const { buckets, counts } = histogramOf(up);
      return {
        monitor,
        region,
        at: new Date(at!),
        up: up.length,
        down: seen.filter((r) => r.outcome === 'down').length,
        abstain: seen.filter((r) => r.outcome === 'abstain').length,
        slow: seen.filter((r) => slow.has(r.round + r.agent)).length,
        failures:
          failures.size === 0
            ? null
            : Object.fromEntries([...failures].map(([name, all]) => [name, all.length])),
        total_us: `${up.reduce((a, b) => a + b, 0)}`,
        buckets,
        counts,
      };
    });
}

function byVerdict(monitor: string, { rounds }: Raw, width: number, endMs: number) {
  const rows = new Map<number, Record<string, unknown>>();
  const rowOf = (at: number) => {
    const known = rows.get(at) ?? { monitor, at: new Date(at), ...zeros() };
    rows.set(at, known);
    return known as Record<string, number>;
  };
  for (const [i, { id, verdict }] of rounds.entries()) {
    const t = uuid7Time(id);
    rowOf(floorTo(t, width))[verdict]! += 1;
    const next = rounds[i + 1];
    const ends = next === undefined ? t : Math.min(uuid7Time(next.id), t + LONGEST);
    for (let at = floorTo(t, width); at < ends; at += width) {
      rowOf(at)[`${verdict}_ms`]! += Math.min(ends, at + width) - Math.max(t, at);
    }
  }
  return [...rows.values()]
    .filter(({ at }) => (at as Date).getTime() < endMs)
    .toSorted((a, b) => (a['at'] as Date).getTime() - (b['at'] as Date).getTime());
}

function groupBy<T>(all: readonly T[], keyOf: (each: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(keyOf(each));
    if (group === undefined) groups.set(keyOf(each), [each]);
    else group.push(each);
  }
  return groups;
}

const zeros = () =>
  Object.fromEntries(
    ['up', 'degraded', 'partial', 'down', 'unknown'].flatMap((v) => [
      [v, 0],
      [`${v}_ms`, 0],
    ]),
  );
