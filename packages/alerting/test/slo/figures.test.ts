/** Budgets, windows and incidents in figures, against naive readings. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastsMs } from '../../src/slo/budget.ts';
import {
  BURN_WINDOWS_MS,
  addMeasured,
  budgetOf,
  budgetWords,
  burningWords,
  gridOf,
  indicatorOf,
  measuredIn,
  spendingOf,
  startOf,
  type Measured,
} from '../../src/index.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a budget', () => {
  const MONTH = 30 * DAY;
  const of = (targetPercent: number, spentMinutes: number, windowMs = MONTH, monitors = 1) =>
    budgetOf({ targetPercent, windowMs, monitors }, spentMinutes * MINUTE);

  test('is the share of the window that may be bad, to the millisecond', () => {
    expect(of(99.9, 0)).toEqual({
      ...{ totalMs: 43.2 * MINUTE, spentMs: 0, leftMs: 43.2 * MINUTE, leftRatio: 1 },
    });
    expect(of(99.5, 216)).toMatchObject({ leftMs: 0, leftRatio: 0 });
    expect(of(99.99, 0, 7 * DAY, 10).totalMs).toBe(10.08 * 10 * 6_000);
    expect(of(99.9, 86.4).leftRatio).toBeCloseTo(-1, 12);
  });

  test('is told with its arithmetic', () => {
    expect(burningWords(of(99.5, 151.2), MONTH, 14.4)).toBe(
      "at 14.4x the 216 minutes of this month's budget last 50 hours; " +
        '64.8 minutes are left, enough for 15 hours',
    );
    expect(burningWords(of(99.9, 0), MONTH, 1_000)).toBe(
      "at 1000x the 43.2 minutes of this month's budget last 43.2 minutes; all of it is left",
    );
    expect(burningWords(of(99.9, 50), MONTH, 6)).toContain('; it is spent, and 6.8 minutes more');
    expect(burningWords(of(99, 0, 7 * DAY), 7 * DAY, 1)).toContain(
      "the 101 minutes of this week's budget last 7 days",
    );
    expect(budgetWords(of(99.9, 10), MONTH)).toBe(
      "33.2 minutes of the 43.2 minutes of this month's budget are left",
    );
    expect(budgetWords(of(99.9, 50, 14 * DAY), 14 * DAY)).toBe(
      "the 20.2 minutes of these 14 days' budget are spent, and 29.8 minutes more",
    );
  });

  test('lasts the window at a rate of 1, and what is left as long as it burns at the rate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 50_000, max: 99_999 }),
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0.5, max: 50, noNaN: true }),
        (days, thousandths, monitors, rate) => {
          const windowMs = days * DAY;
          const budget = budgetOf({ targetPercent: thousandths / 1_000, windowMs, monitors }, 0);
          expect(budget.totalMs).toBe(
            Math.round(((100_000 - thousandths) * windowMs * monitors) / 100_000),
          );
          expect(lastsMs(budget.totalMs, budget, windowMs, rate)).toBeCloseTo(windowMs / rate, 0);
        },
      ),
    );
  });
});

test('nothing measured is no figure, and time that is unknown moves none', () => {
  expect(indicatorOf({ good: 0, bad: 0, badRounds: 0 })).toBeNull();
  expect(indicatorOf(addMeasured([{ good: 3, bad: 1, badRounds: 1 }]))).toBe(0.75);
});

test('windows of rows in three widths are what every single minute adds up to', () => {
  const minute = fc.record({ good: fc.nat(60_000), bad: fc.nat(60_000), badRounds: fc.nat(9) });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: (3 * DAY) / MINUTE }),
      fc.array(fc.tuple(fc.nat(12 * 1_440), minute), { maxLength: 200 }),
      fc.integer({ min: 1, max: 11 }),
      (offset, some, days) => {
        const toMs = 20_000 * DAY + offset * MINUTE;
        const spans = [...BURN_WINDOWS_MS, days * DAY];
        const grid = gridOf(toMs, spans);
        const minutes = some.map(
          ([ago, measured]) => [toMs - (ago + 1) * MINUTE, measured] as const,
        );
        const segments = new Map<number, Measured>();
        for (const [at, measured] of minutes) {
          // As the database has them: a row of an hour or a day stands at its beginning.
          const row =
            at >= grid.minutesFromMs ? at : floor(at, at >= grid.hoursFromMs ? HOUR : DAY);
          const segment = grid.startsMs.filter((start) => start <= row).length - 1;
          segments.set(segment, addMeasured([segments.get(segment) ?? ZERO, measured]));
        }
        for (const span of spans) {
          const from = startOf(grid, span);
          const naive = minutes.flatMap(([at, m]) => (at >= from && at < toMs ? [m] : []));
          expect(measuredIn(segments, grid, span)).toEqual(addMeasured(naive));
          expect(from).toBeLessThanOrEqual(toMs - span);
          const slack = span <= 2 * HOUR ? 1 : span <= 3 * DAY ? HOUR : DAY;
          expect(toMs - span - from).toBeLessThan(slack);
        }
      },
    ),
    { numRuns: 60 },
  );
});

const ZERO: Measured = { good: 0, bad: 0, badRounds: 0 };
const floor = (at: number, width: number) => Math.floor(at / width) * width;

test('what incidents spent, and what none of them did, is all that was spent', () => {
  const slice = fc.record({
    monitor: fc.constantFrom('a', 'b'),
    fromMs: fc.nat(200).map((n) => n * MINUTE),
    badMs: fc.nat(MINUTE),
  });
  const incident = fc.record({
    monitor: fc.constantFrom('a', 'b'),
    fromMs: fc.nat(200 * MINUTE),
    lastsMs: fc.oneof(fc.nat(60 * MINUTE), fc.constant(Infinity)),
  });
  fc.assert(
    fc.property(fc.array(slice), fc.array(incident, { maxLength: 8 }), (some, those) => {
      const slices = some.map((one) => ({ ...one, toMs: one.fromMs + MINUTE }));
      const incidents = those.map(({ monitor, fromMs, lastsMs }, i) => ({
        ...{ id: `i${i}`, monitor, fromMs, toMs: fromMs + lastsMs },
      }));
      const { byIncident, besideMs } = spendingOf(slices, incidents);
      const all = [...byIncident.values()].reduce((a, b) => a + b, besideMs);
      expect(all).toBe(slices.reduce((sum, { badMs }) => sum + badMs, 0));
      expect(byIncident.size).toBe(incidents.length);
      for (const { id, monitor, fromMs, toMs } of incidents) {
        const near = slices.filter(
          (one) => one.monitor === monitor && one.fromMs < toMs && one.toMs > fromMs,
        );
        const most = near.reduce((sum, { badMs }) => sum + badMs, 0);
        expect(byIncident.get(id)).toBeLessThanOrEqual(most);
      }
    }),
  );
});
