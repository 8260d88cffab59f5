/** What objectives measure from rollups, against a reading of every single round and answer. */
import { BURN_WINDOWS_MS, startOf } from '@trustmonitor/alerting';
import { checkDigest } from '@trustmonitor/evidence';
import { uuid7Time, type Result, type Verdict } from '@trustmonitor/protocol';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { bucketOf } from '../../src/rollup/histogram.ts';
import { rollUp } from '../../src/rollup/roll-up.ts';
import { measure, settledMs, type Measurement } from '../../src/slo/measurement.ts';
import { objectivesOf, type Objective } from '../../src/slo/objectives.ts';
import { inFull } from '../../src/slo/status.ts';
import { insertRevision } from '../../src/store/revisions.ts';
import { ensurePartitionsBetween } from '../../src/store/partitions.ts';
import { insertResults } from '../../src/store/results.ts';
import { insertRounds } from '../../src/store/rounds.ts';
import type { ExcludedTime } from '../../src/store/slo-sums.ts';
import { selectLevelledMonitors } from '../../src/store/slos.ts';
import { testStore } from '../support/database.ts';
import { monitorOf } from '../support/watched.ts';
import { insertMaintenance, newId, resultOf, roundRow } from './rows.ts';

const { database } = await testStore();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 10);
const KEEP = { rawDays: 20, minuteDays: 20 };
const VERDICTS: readonly Verdict[] = ['up', 'degraded', 'partial', 'down', 'unknown'];
const INTERVALS = [10 * MINUTE, 45 * MINUTE];
const WINDOW_DAYS = 5;
const THRESHOLD_MS = 300;

beforeAll(() => ensurePartitionsBetween(database, T0 / DAY - 1, T0 / DAY + 8));

interface Seen {
  readonly id: string;
  readonly atMs: number;
  readonly verdict: Verdict;
  /** From 1. */
  readonly revision: number;
  readonly latenciesUs: readonly number[];
}

const step = fc.record({
  gapMs: fc.oneof(
    fc.integer({ min: 1_000, max: 5 * MINUTE }),
    fc.integer({ min: MINUTE, max: 40 * MINUTE }),
    fc.integer({ min: HOUR, max: 12 * HOUR }),
  ),
  verdict: fc.constantFrom(...VERDICTS),
  revision: fc.constantFrom(1, 2),
  latenciesUs: fc.array(fc.integer({ min: 50_000, max: 800_000 }), { maxLength: 2 }),
});

const history = fc.record({
  steps: fc.array(step, { minLength: 30, maxLength: 90, size: 'max' }),
  looksAt: fc.array(fc.integer({ min: 1, max: 7 * 1_440 }), { minLength: 2, maxLength: 3 }),
  /** Seconds from the beginning, for so long. */
  excluded: fc.array(fc.tuple(fc.nat(7 * 86_400), fc.integer({ min: 1, max: 120_000 })), {
    maxLength: 3,
  }),
});

let made = 0;
/** Of all windows: none of the figures was nothing all the time. */
const compared = { good: 0, bad: 0, slow: 0 };

test(
  'the same, whenever it is looked at and whatever is left out',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ steps, looksAt, excluded }) => {
        made += 1;
        const monitors = [`m${made}-a`, `m${made}-b`];
        const all = new Map<string, Seen[]>();
        for (const [i, monitor] of monitors.entries()) {
          await writeMonitor(monitor);
          all.set(monitor, seenBy(steps.slice(i * 10)));
        }
        const spans = await maintained(monitors[0]!, excluded);
        let storedMs = -Infinity;
        for (const nowMs of looksAt
          .toSorted((a, b) => a - b)
          .map((at) => T0 + at * MINUTE + 40_000)) {
          for (const [monitor, seen] of all) {
            await store(
              monitor,
              seen.filter(({ atMs }) => atMs >= storedMs && atMs < nowMs),
            );
          }
          storedMs = nowMs;
          await rollUp(database, KEEP, nowMs);
          const [own, both] = await objectives(monitors);
          const measured = await measure(database, [own!, both!].map(inFull), {
            ...{ nowMs, withBudgets: true },
          });
          for (const objective of [own!, both!]) compare(objective, measured, all, spans, nowMs);
        }
      }),
      { numRuns: 5 },
    );
    expect(Math.min(...Object.values(compared))).toBeGreaterThan(0);
  },
);

/** Writes maintenance; returns the whole minutes that all of it covers. */
async function maintained(
  monitor: string,
  spans: readonly (readonly [number, number])[],
): Promise<ExcludedTime[]> {
  const seconds = new Set<number>();
  for (const [from, length] of spans) {
    const [fromMs, toMs] = [from, from + length].map((at) => T0 + at * 1_000) as [number, number];
    await insertMaintenance(database, { monitors: [monitor], fromMs, toMs });
    await insertMaintenance(database, {
      ...{ monitors: [monitor], fromMs: fromMs - HOUR, toMs, uptime: 'counted' },
    });
    // Announced late: before that it counts.
    await insertMaintenance(database, {
      ...{ monitors: [monitor], fromMs: fromMs - HOUR, toMs, recordedAtMs: fromMs },
    });
    for (let at = from; at < from + length; at += 1) seconds.add(at);
  }
  const minutes = [...new Set([...seconds].map((second) => Math.floor(second / 60)))];
  return minutes
    .filter((minute) =>
      Array.from({ length: 60 }, (_, i) => minute * 60 + i).every((s) => seconds.has(s)),
    )
    .map((minute) => ({
      ...{ monitor, fromMs: T0 + minute * MINUTE, toMs: T0 + (minute + 1) * MINUTE },
    }));
}

const LEVEL = { target: 99, window: `${WINDOW_DAYS}d`, partial: 'bad' } as const;
const LATENCY = { threshold: `${THRESHOLD_MS}ms`, target: 90 } as const;

async function writeMonitor(id: string): Promise<void> {
  for (const [i, intervalMs] of INTERVALS.entries()) {
    const slo = { ...LEVEL, latency: LATENCY };
    const definition = monitorOf(id, { interval: intervalMs / 1_000, slo });
    await insertRevision(database, definition, i + 1, checkDigest(definition.check), {});
  }
}

/** Its own of the first, and one about both, for which degraded is bad and partial good. */
async function objectives(monitors: readonly string[]): Promise<Objective[]> {
  const stored = (await selectLevelledMonitors(database)).filter(({ id }) => monitors.includes(id));
  const level = { ...stored[0]!.level!, degraded: 'bad', partial: 'good' } as const;
  const definition = { id: 'both', name: 'Both', selector: { monitors: [...monitors] }, level };
  const found = objectivesOf(stored, [
    { definition: { ...definition, alerts: null }, owner: null },
  ]);
  return [found[0]!, found.at(-1)!];
}

function seenBy(steps: readonly (Omit<Seen, 'id' | 'atMs'> & { gapMs: number })[]): Seen[] {
  let atMs = T0;
  return steps.map(({ gapMs, ...seen }) => {
    atMs += gapMs;
    return { ...seen, atMs, id: newId(atMs) };
  });
}

async function store(monitor: string, seen: readonly Seen[]): Promise<void> {
  const rounds = seen.map(({ id, atMs, verdict, revision }) =>
    roundRow({ id, monitor, verdict, revision, votes: [], openedAtMs: atMs }),
  );
  await insertRounds(database, rounds);
  const results = seen.flatMap(({ id, latenciesUs }) =>
    latenciesUs.map((totalUs, i): Result => {
      const by = { region: ['eu', 'us'][i]!, agent: `${['eu', 'us'][i]!}-1` };
      const result = resultOf({ monitor, round: id, outcome: 'up', failure: null, ...by });
      return { ...result, phases: { ...result.phases, totalUs } };
    }),
  );
  await insertResults(
    database,
    results.map((result) => ({ result, leaf: '{}', batch: 'ab', index: 0, counted: true })),
  );
}

function compare(
  objective: Objective,
  measured: Measurement,
  all: ReadonlyMap<string, readonly Seen[]>,
  excluded: readonly ExcludedTime[],
  nowMs: number,
): void {
  const toMs = settledMs(nowMs);
  for (const span of [...BURN_WINDOWS_MS, WINDOW_DAYS * DAY]) {
    const fromMs = startOf(measured.grid, span);
    const parts = objective.members.map(({ id }) => {
      const spans = excluded.filter(({ monitor }) => monitor === id);
      return bruteForce(all.get(id)!, objective, { fromMs, toMs, nowMs, spans });
    });
    const sum = (of: (part: (typeof parts)[0]) => number) =>
      parts.reduce((total, part) => total + of(part), 0);
    const availability = measured.measured(objective, 'availability')(span);
    const latency = measured.measured(objective, 'latency')(span);
    compared.good += availability.good;
    compared.bad += availability.bad;
    compared.slow += latency.bad;
    expect({ span, ...availability }).toEqual({
      ...{ span, good: sum(({ good }) => good), bad: sum(({ bad }) => bad) },
      badRounds: sum(({ badRounds }) => badRounds),
    });
    expect([span, latency.good, latency.bad]).toEqual([
      span,
      sum(({ fast }) => fast),
      sum(({ slow }) => slow),
    ]);
    expect(latency.badRounds).toBeLessThanOrEqual(sum(({ slowRounds }) => slowRounds));
    expect(latency.badRounds > 0).toBe(latency.bad > 0);
  }
}

interface Within {
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly spans: readonly ExcludedTime[];
}

/** Round by round, and millisecond by millisecond where time is left out. */
function bruteForce(seen: readonly Seen[], { level }: Objective, within: Within) {
  const { fromMs, toMs, nowMs, spans } = within;
  const out = new Set(spans.map((span) => span.fromMs));
  const isOut = (at: number) => out.has(Math.floor(at / MINUTE) * MINUTE);
  const isBad = (verdict: Verdict) =>
    verdict === 'down' || (verdict !== 'up' && verdict !== 'unknown' && level[verdict] === 'bad');
  const known = seen.filter(({ atMs }) => atMs < nowMs);
  // What stands after the last minute with a round is known when the next round is.
  const rolled = known.filter(({ atMs }) => atMs < Math.floor((nowMs - 15_000) / MINUTE) * MINUTE);
  const last = Math.floor((rolled.at(-1)?.atMs ?? 0) / MINUTE) * MINUTE + MINUTE;
  const sums = { good: 0, bad: 0, badRounds: 0, fast: 0, slow: 0, slowRounds: 0 };
  for (const [i, { id, verdict, revision, latenciesUs }] of known.entries()) {
    const at = uuid7Time(id);
    const next = known[i + 1];
    const longest = at + 2 * INTERVALS[revision - 1]!;
    const ends = next === undefined ? at : Math.min(uuid7Time(next.id), longest, last, toMs);
    const stood = minutesOf(Math.max(at, fromMs), ends).filter(([from]) => !isOut(from));
    const stoodMs = stood.reduce((total, [from, to]) => total + to - from, 0);
    if (isBad(verdict)) sums.bad += stoodMs;
    else if (verdict !== 'unknown') sums.good += stoodMs;
    if (at < fromMs || at >= toMs || isOut(at)) continue;
    if (isBad(verdict)) sums.badRounds += 1;
    const slow = latenciesUs.filter((us) => bucketOf(us) > bucketOf(THRESHOLD_MS * 1_000)).length;
    sums.slow += slow;
    sums.fast += latenciesUs.length - slow;
    if (slow > 0) sums.slowRounds += 1;
  }
  return sums;
}

/** A stretch, cut at every whole minute. */
function minutesOf(fromMs: number, toMs: number): [number, number][] {
  const parts: [number, number][] = [];
  for (let at = fromMs; at < toMs;) {
    const end = Math.min(toMs, (Math.floor(at / MINUTE) + 1) * MINUTE);
    parts.push([at, end]);
    at = end;
  }
  return parts;
}
