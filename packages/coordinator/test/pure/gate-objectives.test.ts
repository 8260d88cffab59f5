/** What the gate takes of an objective: integers, and the pair of windows that burns fastest. */
import type { SliStatus } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import { objectiveFactOf } from '../../src/gate/objectives.ts';

const burn = (longMs: number, longRate: number | null, shortRate: number | null) => ({
  ...{ pair: '6x' as const, longMs, shortMs: longMs / 12, longRate, shortRate, firing: false },
});
const HOUR = 3_600_000;

const STATUS: SliStatus = {
  ...{ sli: 'availability', target: 99.9, ratio: 0.9991, measuredMs: 9, unknownMs: 0 },
  ...{ from: '2026-01-01T00:00:00.000Z', to: '2026-01-31T00:00:00.000Z', answers: null },
  budget: { totalMs: 9, spentMs: 8, leftMs: 1, leftRatio: 0.1000019 },
  // A fault an hour ago that is over burns no more; one that just began does not matter yet.
  burn: [burn(HOUR, 20, 0), burn(6 * HOUR, 1.2341, 30), burn(72 * HOUR, null, 40)],
  alert: { state: 'quiet', pair: null, severity: null, since: null },
};

test.each<[string, Partial<SliStatus>, object]>([
  ['measured', {}, { budgetLeftPpm: 100_001, burnRateMilli: 1_235, burnWindowMs: 6 * HOUR }],
  [
    'overspent',
    { budget: { ...STATUS.budget, leftMs: -3, leftRatio: -0.3333333 } },
    { budgetLeftPpm: -333_334 },
  ],
  [
    'not measured yet',
    { ratio: null, burn: [burn(HOUR, null, null)] },
    { budgetLeftPpm: null, burnRateMilli: null, burnWindowMs: null },
  ],
])('an objective that is %s', (_what, changes, expected) => {
  expect(objectiveFactOf('shop', { ...STATUS, ...changes })).toMatchObject({
    ...{ objective: 'shop', sli: 'availability', ...expected },
  });
});
