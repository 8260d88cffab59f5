import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateOf, estimateOfHour, type HourOfDay } from '../../src/index.ts';

test('a third of the values may be anything: centre and deviation stay near', () => {
  const even = Array.from({ length: 20 }, (_, i) => 10 + (i % 5) * 0.05);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { maxLength: 3 }), (bad) => {
      const estimate = estimateOf([...even, ...bad]);
      expect(estimate?.center).toBeGreaterThanOrEqual(10);
      expect(estimate?.center).toBeLessThanOrEqual(10.2);
      expect(estimate?.spread).toBeLessThanOrEqual(0.35);
    }),
  );
  expect(estimateOf([])).toBeNull();
});

test('a second way of answering is within the deviation', () => {
  const logs = Array.from({ length: 30 }, (_, i) => (i % 6 === 0 ? 12 : 10));
  expect(estimateOf(logs)?.spread).toBeGreaterThan(1.5);
});

const day = (medianUs: number): HourOfDay => ({
  ...{ medianUs, p84Us: medianUs * 1.2, p95Us: medianUs * 1.35, meanUs: medianUs * 1.02 },
  samples: 40,
});

test('an hour is known from its seventh day on, and one bad day does not move it', () => {
  const days = Array.from({ length: 6 }, () => day(100_000));
  expect(estimateOfHour(days)).toBeNull();
  expect(estimateOfHour([...days, { ...day(100_000), samples: 2 }])).toBeNull();
  const known = estimateOfHour([...days, day(900_000)]);
  expect(Math.exp(known?.center ?? 0)).toBeCloseTo(100_000, 0);
  expect(known?.spread).toBeLessThan(0.2);
});
