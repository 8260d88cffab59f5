import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryInSeconds } from '../../src/notify/courier.ts';

const failed = (
  retryAfterSeconds: number | null = null,
  retry: 'soon' | 'slowly' | 'never' = 'soon',
) => ({ ok: false, retry, retryAfterSeconds, error: 'x' }) as const;

test('waits longer each time, up to ten minutes, half of it at random', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 439 }), (attempts) => {
      const full = Math.min(600, 2 * 2 ** (attempts - 1));
      const seconds = retryInSeconds(attempts, failed())!;
      expect(seconds).toBeGreaterThanOrEqual(full / 2);
      expect(seconds).toBeLessThanOrEqual(full);
    }),
  );
});

test('never comes back before the receiver said, for an hour at most', () => {
  expect(retryInSeconds(1, failed(90))).toBe(90);
  expect(retryInSeconds(1, failed(999_999))).toBe(3_600);
  expect(retryInSeconds(1, failed(0))).toBeGreaterThanOrEqual(1);
});

test('ends when it is of no use, and after about three days', () => {
  expect(retryInSeconds(1, failed(null, 'never'))).toBeNull();
  expect(retryInSeconds(440, failed())).toBeNull();
  const total = Array.from({ length: 439 }, (_, i) => retryInSeconds(i + 1, failed())!);
  const days = total.reduce((sum, seconds) => sum + seconds, 0) / 86_400;
  expect(days).toBeGreaterThan(1.5);
  expect(days).toBeLessThan(4);
});

test('asks what only a hand can mend a few times soon, then ever more rarely', () => {
  const refused = failed(null, 'slowly');
  expect(retryInSeconds(3, refused)).toBeLessThanOrEqual(8);
  expect(retryInSeconds(4, refused)).toBeGreaterThanOrEqual(30);
  expect(retryInSeconds(100, refused)).toBeNull();
  const total = Array.from({ length: 99 }, (_, i) => retryInSeconds(i + 1, refused)!);
  const days = total.reduce((sum, seconds) => sum + seconds, 0) / 86_400;
  expect(days).toBeGreaterThan(1.5);
  expect(days).toBeLessThan(4.5);
});
