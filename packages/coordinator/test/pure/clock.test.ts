import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClock } from '../../src/clock.ts';

/** A wall clock and a monotonic one that a test moves. */
function clocks(startMs = 1_700_000_000_000) {
  let wall = startMs;
  let monotonic = 5_000;
  const clock = createClock(
    () => wall,
    () => monotonic,
  );
  return {
    clock,
    /** Time passes for both. */
    pass: (ms: number) => {
      wall += ms;
      monotonic += ms;
    },
    /** Somebody sets the wall clock. */
    step: (ms: number) => (wall += ms),
    wall: () => wall,
  };
}

test('follows the wall clock', () => {
  const { clock, pass, wall } = clocks();
  pass(12_345);
  expect(clock()).toBe(wall());
});

test('never goes back, whatever the wall clock does', () => {
  const move = fc.tuple(
    fc.constantFrom('pass', 'step' as const),
    fc.integer({ min: -900_000, max: 900_000 }),
  );
  fc.assert(
    fc.property(fc.array(move), (moves) => {
      const { clock, pass, step } = clocks();
      let last = clock();
      for (const [kind, ms] of moves) {
        if (kind === 'pass') pass(Math.abs(ms));
        else step(ms);
        const now = clock();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
    }),
  );
});

test('a small step is made up for slowly, within a tenth', () => {
  const { clock, pass, step, wall } = clocks();
  const before = clock();
  step(5_000);
  pass(10_000);
  expect(clock() - before).toBe(11_000);
  for (let i = 0; i < 5; i++) {
    pass(10_000);
    clock();
  }
  expect(clock()).toBe(wall());
});

test('a machine that slept is at the right time at once', () => {
  const { clock, step, wall } = clocks();
  step(8 * 3_600_000);
  expect(clock()).toBe(wall());
});

test('a wall clock set back ten minutes is met again within twenty', () => {
  const { clock, pass, step, wall } = clocks();
  step(-600_000);
  for (let minute = 0; minute < 20; minute++) {
    pass(60_000);
    clock();
  }
  expect(clock()).toBe(wall());
});
