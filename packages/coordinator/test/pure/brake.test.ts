/** When the fleet changes as a whole, and until when that holds. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { initialState, type MonitorState } from '@trustmonitor/quorum';
import { countFlip, nextHold } from '../../src/brake/flip.ts';
import { engineConfigOf } from '../../src/watch-list.ts';
import { T0, monitorOf, roundOf } from '../support/watched.ts';

const config = engineConfigOf(monitorOf('shop'));
const up: MonitorState = { ...initialState(1, config), verdict: 'up', standing: 'up' };
const DOWN = { us: 'down', eu: 'down' } as const;
const failingSince = (firstAt: number): MonitorState => ({
  ...up,
  streak: { towards: 'down', rounds: [roundOf(DOWN)], firstAt },
});
const openSince = (openedAt: number): MonitorState => ({
  ...up,
  standing: 'down',
  incident: { id: roundOf(DOWN).id, kind: 'down', openedAt },
});
const fleet = (...some: readonly [number, MonitorState][]): MonitorState[] =>
  some.flatMap(([n, state]) => Array.from({ length: n }, () => state));
const holdOf = (states: MonitorState[], before: number | null = null, nowMs = T0): number | null =>
  nextHold(before, countFlip(states, nowMs, before !== null), nowMs);

test('more than 30 % and at least 10 are a flip; a tenth of ten thousand is none', () => {
  const failing = failingSince(T0);
  expect(holdOf(fleet([9, failing]))).toBeNull();
  expect(holdOf(fleet([10, failing]))).toBe(T0);
  expect(holdOf(fleet([30, failing], [70, up]))).toBeNull();
  expect(holdOf(fleet([31, failing], [69, up]))).toBe(T0);
  expect(holdOf(fleet([1_000, failing], [9_000, up]))).toBeNull();
  // What never had a verdict, and what only shows as partial, changes nothing.
  expect(holdOf(fleet([10, { ...failing, standing: null }]))).toBeNull();
  const partial: MonitorState = { ...failing, streak: { ...failing.streak!, towards: 'partial' } };
  expect(holdOf(fleet([10, partial]))).toBeNull();
  const opens = { ...config, policy: { ...config.policy, partialOpens: true } };
  expect(holdOf(fleet([10, { ...partial, config: opens }]))).toBe(T0);
});

test('incidents of the last minute belong to it; when none waits there is nothing to hold', () => {
  const [open, failing] = [openSince(T0 - 60_000), failingSince(T0)];
  expect(holdOf(fleet([9, open], [1, failing]))).toBe(T0);
  expect(holdOf(fleet([10, open]))).toBeNull();
  expect(holdOf(fleet([10, open]), T0 - 1_000)).toBe(T0 - 1_000);
  expect(holdOf(fleet([10, open]), T0 - 1_000, T0 + 1)).toBeNull();
  // Failures that were long there are no flip, but while it holds they are waited for.
  const old = fleet([10, failingSince(T0 - 60_001)]);
  expect(holdOf(old)).toBeNull();
  expect(holdOf(old, T0 - 50_000)).toBe(T0 - 50_000);
});

test('whatever the fleet: it begins only where some wait, keeps its beginning, and ends', () => {
  const since = fc.integer({ min: T0 - 120_000, max: T0 });
  const state = fc.oneof(fc.constant(up), since.map(failingSince), since.map(openSince));
  const states = fc.array(state, { maxLength: 60 });
  fc.assert(
    fc.property(states, fc.option(since), (some, before) => {
      const flip = countFlip(some, T0, before !== null);
      const hold = nextHold(before, flip, T0);
      expect(flip.waiting).toBeLessThanOrEqual(flip.flipped);
      expect(flip.flipped).toBeLessThanOrEqual(flip.settled);
      if (hold !== null) {
        expect(flip.flipped).toBeGreaterThan(0.3 * flip.settled);
        expect(flip.flipped).toBeGreaterThanOrEqual(10);
        expect(hold).toBe(before ?? T0);
        if (before === null) expect(flip.waiting).toBeGreaterThan(0);
      }
      // More failures never let go; a fleet that is up again always does.
      const worse = [...some, ...fleet([10 + some.length, failingSince(T0)])];
      expect(holdOf(worse, before)).not.toBeNull();
      expect(
        holdOf(
          some.map(() => up),
          before,
        ),
      ).toBeNull();
    }),
  );
});
