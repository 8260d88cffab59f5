import { fnv1a } from '@trustmonitor/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { missedTicks, nextTick } from '../../src/schedule.ts';

const interval = fc.integer({ min: 1_000, max: 86_400_000 });
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const monitor = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);

describe('nextTick', () => {
  test('is after the time given, by an interval at most', () => {
    fc.assert(
      fc.property(monitor, interval, time, (id, intervalMs, at) => {
        const next = nextTick(id, intervalMs, at);
        expect(next).toBeGreaterThan(at);
        expect(next - at).toBeLessThanOrEqual(intervalMs);
      }),
    );
  });

  test('never drifts: however late each tick is taken, the grid stays the same', () => {
    fc.assert(
      fc.property(
        monitor,
        interval,
        time,
        fc.array(fc.double({ min: 0, max: 0.99 })),
        (...args) => {
          const [id, intervalMs, start, latenesses] = args;
          const first = nextTick(id, intervalMs, start);
          let due = first;
          for (const [i, lateness] of latenesses.entries()) {
            due = nextTick(id, intervalMs, due + Math.floor((lateness || 0) * intervalMs));
            expect(due).toBe(first + (i + 1) * intervalMs);
          }
        },
      ),
    );
  });

  test('a restart finds every monitor at its own place', () => {
    const before = nextTick('checkout', 30_000, 1_000_000);
    expect(nextTick('checkout', 30_000, 1_000_001)).toBe(before);
    expect(nextTick('checkout', 30_000, before)).toBe(before + 30_000);
  });

  test('spreads monitors evenly over the interval', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) {
      const place = (nextTick(`monitor-${i}`, 30_000, 0) % 30_000) / 3_000;
      tenths[Math.floor(place)]! += 1;
    }
    expect(Math.min(...tenths)).toBeGreaterThan(800);
    expect(Math.max(...tenths)).toBeLessThan(1_200);
  });

  test('the place comes from the id alone', () => {
    expect(nextTick('a', 60_000, 0) % 60_000).toBe(fnv1a('a') % 60_000);
  });
});

describe('missedTicks', () => {
  test.each([
    [1_000, 5_000, 5_000, 0],
    [1_000, 5_000, 4_000, 0],
    [1_000, 5_000, 5_999, 0],
    [1_000, 5_000, 6_000, 1],
    [1_000, 5_000, 65_000, 60],
  ])('interval %i, due %i, now %i: %i', (intervalMs, due, now, missed) => {
    expect(missedTicks(intervalMs, due, now)).toBe(missed);
  });
});
