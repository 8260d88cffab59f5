import { expect, test } from 'vitest';
import { newsOf } from '../../src/self-alert.ts';

const T0 = Date.UTC(2026, 0, 31, 12);
const told = (unknown: number, atMs = T0) => ({ unknown, atMs });
const now = (count: number) => ({ count, sinceMs: count === 0 ? null : T0 });

test.each([
  ['nothing, while all are known', now(0), told(0), T0, null],
  ['once, when some turn unknown', now(3), told(0, 0), T0, 'unknown'],
  ['not again while others follow', now(7), told(3), T0 + 30_000, null],
  ['again when a later outage is twice as large', now(2), told(1), T0 + 300_000, 'unknown'],
  ['not when it is smaller than that', now(3), told(2), T0 + 300_000, null],
  ['not when some are known again', now(1), told(2), T0 + 300_000, null],
  ['when the last of them is known again', now(0), told(2), T0 + 1_000, 'restored'],
] as const)('people are told %s', (_what, unknown, last, at, news) => {
  expect(newsOf(unknown, last, at)).toBe(news);
});
