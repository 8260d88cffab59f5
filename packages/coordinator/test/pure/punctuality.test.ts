import fc from 'fast-check';
import { expect, test } from 'vitest';
import { punctualityOf } from '../../src/punctuality.ts';
import { nextTick } from '../../src/schedule.ts';

const monitor = { id: 'shop', intervalMs: 30_000 };
const FROM = 1_800_000_000_000;
const tick = (n: number): number => nextTick(monitor.id, monitor.intervalMs, FROM) + n * 30_000;
const over = (n: number) => ({ fromMs: tick(0), toMs: tick(n) });

test('rounds at their ticks: none is missed', () => {
  const opened = [0, 1, 2, 3].map((n) => tick(n) + n);
  expect(punctualityOf(monitor, opened, over(4))).toEqual({
    rounds: 4,
    missed: 0,
    lateness: { medianMs: 1, maxMs: 3 },
  });
});

test('a round that the engine asked for between two ticks is neither late nor another tick', () => {
  const opened = [tick(0) + 2, tick(0) + 5_000, tick(1) + 2];
  expect(punctualityOf(monitor, opened, over(2))).toEqual({
    rounds: 3,
    missed: 0,
    lateness: { medianMs: 2, maxMs: 2 },
  });
});

test('without any, each whole interval is missed, and the one that runs is not', () => {
  const missed = (toMs: number): number =>
    punctualityOf(monitor, [], { fromMs: tick(0), toMs }).missed;
  expect([tick(3), tick(3) + 29_999, tick(4)].map(missed)).toEqual([3, 3, 4]);
});

test('whatever is left out is counted, once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }),
      fc.nat({ max: 29_999 }),
      (taken, late) => {
        const opened = taken.flatMap((isTaken, n) => (isTaken ? [tick(n) + late] : []));
        const { missed } = punctualityOf(monitor, opened, over(taken.length));
        expect(missed).toBe(taken.filter((isTaken) => !isTaken).length);
      },
    ),
  );
});
