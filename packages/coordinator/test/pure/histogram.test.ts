import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EMPTY_HISTOGRAM,
  RELATIVE_ERROR,
  countOf,
  histogramOf,
  mergeHistograms,
  quantile,
} from '../../src/rollup/histogram.ts';

const latencies = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 300_000 }), fc.integer({ min: 0, max: 86_400_000_000 })),
  { maxLength: 200 },
);

test('merged histograms are that of all their latencies together', () => {
  fc.assert(
    fc.property(fc.array(latencies, { maxLength: 5 }), (parts) => {
      const whole = histogramOf(parts.flat());
      expect(mergeHistograms(parts.map(histogramOf))).toEqual(whole);
      expect(countOf(whole)).toBe(parts.flat().length);
    }),
  );
});

test('a quantile is within the error of the latency at its rank', () => {
  const q = fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1);
  fc.assert(
    fc.property(latencies, q, (values, q) => {
      fc.pre(values.length > 0);
      const sorted = values.map((value) => Math.max(value, 1)).toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(q * sorted.length) - 1]!;
      const found = quantile(histogramOf(values), q)!;
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(RELATIVE_ERROR * exact + 0.5 + 1e-6);
    }),
  );
});

test('nothing has no quantile', () => {
  expect(quantile(EMPTY_HISTOGRAM, 0.5)).toBeNull();
});
