/** The gate's rules on facts, and the percentile that one of them asks about. */
import type { GateFacts, GateRule, GateThresholds } from '@trustmonitor/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEFAULT_STAGES,
  conclude,
  interpolatedQuantile,
  judge,
  type Bucket,
} from '../src/index.ts';

const PRODUCTION = DEFAULT_STAGES['production']!;
const CANARY = DEFAULT_STAGES['canary']!;

const GOOD: GateFacts = {
  ...{ service: 'checkout', stage: 'production', version: null, logSize: 7 },
  at: '2026-01-31T12:00:00.000Z',
  monitors: [{ monitor: 'shop', verdict: 'up', decidedMsAgo: 1_000, staleAfterMs: 90_000 }],
  ...{ disabledMonitors: [], incidents: [], incidentsHeld: false },
  latency: { p99Us: 180_000, samples: 40, windowMs: 30_000, widened: false },
  objectives: [
    {
      objective: 'paid',
      sli: 'availability',
      budgetLeftPpm: 400_000,
      burnRateMilli: 900,
      burnWindowMs: 3_600_000,
    },
  ],
};
const [WATCHED] = GOOD.monitors;
const [OBJECTIVE] = GOOD.objectives;
const INCIDENT: GateFacts['incidents'][number] = {
  ...{ incident: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17', monitor: 'shop', kind: 'down' },
  openedAt: '2026-01-31T11:00:00.000Z',
};

const NOBODY: Partial<GateFacts> = { monitors: [], latency: null, objectives: [] };

/** Changes to facts or thresholds that leave a single rule with something to say. */
const CASES: readonly [
  what: string,
  rule: GateRule,
  result: 'passed' | 'failed' | 'unknown' | 'skipped',
  detail: string,
  facts: Partial<GateFacts>,
  thresholds?: Partial<GateThresholds>,
][] = [
  ['no monitor', 'service.monitored', 'failed', 'label "service: checkout"', NOBODY],
  [
    'only disabled ones',
    'service.monitored',
    'failed',
    'is disabled (1 monitor)',
    { ...NOBODY, disabledMonitors: ['a'] },
  ],
  [
    'no round yet',
    'monitoring.current',
    'unknown',
    'shop',
    { monitors: [{ ...WATCHED!, verdict: null, decidedMsAgo: null }] },
  ],
  [
    'an undecided round',
    'monitoring.current',
    'unknown',
    'shop',
    { monitors: [{ ...WATCHED!, verdict: 'unknown' }] },
  ],
  [
    'a monitor that is down without an incident',
    'monitoring.current',
    'unknown',
    'shop',
    { monitors: [{ ...WATCHED!, verdict: 'down' }] },
  ],
  ['a fleet that is held', 'monitoring.current', 'unknown', 'held back', { incidentsHeld: true }],
  [
    'a round too long ago',
    'monitoring.current',
    'unknown',
    'shop',
    { monitors: [{ ...WATCHED!, decidedMsAgo: 90_001 }] },
  ],
  [
    'a round just not too long ago',
    'monitoring.current',
    'passed',
    'lately',
    { monitors: [{ ...WATCHED!, decidedMsAgo: 90_000 }] },
  ],
  [
    'an incident',
    'incidents.open',
    'failed',
    '1 incident open, 0 allowed: shop (down)',
    { incidents: [INCIDENT] },
  ],
  [
    'an incident that may be',
    'incidents.open',
    'passed',
    '1 allowed',
    { incidents: [INCIDENT] },
    { maxOpenIncidents: 1 },
  ],
  [
    'a budget overspent',
    'budget.left',
    'failed',
    '-2.5 % of the budget of paid left',
    { objectives: [{ ...OBJECTIVE!, budgetLeftPpm: -25_000 }] },
  ],
  [
    'a budget just spent',
    'budget.left',
    'passed',
    '0 % of the budget',
    { objectives: [{ ...OBJECTIVE!, budgetLeftPpm: 0 }] },
  ],
  [
    'an unmeasured budget',
    'budget.left',
    'unknown',
    'nothing is measured yet for paid',
    { objectives: [{ ...OBJECTIVE!, budgetLeftPpm: null }] },
  ],
  ['no objective', 'budget.left', 'skipped', 'no objective', { objectives: [] }],
  [
    'a fast burn',
    'burn.rate',
    'failed',
    'paid burns at 6.001, at most 6 allowed',
    { objectives: [{ ...OBJECTIVE!, burnRateMilli: 6_001 }] },
  ],
  [
    'a slow p99',
    'latency.p99',
    'failed',
    '2000 ms over 40 probes of the last 30s',
    { latency: { ...GOOD.latency!, p99Us: 2_000_001 } },
  ],
  [
    'no probe that succeeded',
    'latency.p99',
    'unknown',
    'no probe succeeded in the last 1h',
    { latency: { p99Us: null, samples: 0, windowMs: 3_600_000, widened: true } },
  ],
  ['heartbeats alone', 'latency.p99', 'skipped', 'measures latency', { latency: null }],
  ['a stage without a limit', 'latency.p99', 'skipped', 'does not ask', {}, { maxP99Us: null }],
];

describe('the rules', () => {
  test.each(CASES)('%s: %s %s', (_what, rule, result, detail, facts, thresholds = {}) => {
    const results = judge({ ...GOOD, ...facts }, { ...PRODUCTION, ...thresholds });
    const found = results.find((one) => one.rule === rule);
    expect(found).toMatchObject({ result, detail: expect.stringContaining(detail) });
    const { outcome, reasons } = conclude(results);
    expect(outcome).toBe(
      { failed: 'refused', unknown: 'indeterminate', passed: 'allowed', skipped: 'allowed' }[
        result
      ],
    );
    expect(reasons).toEqual(outcome === 'allowed' ? [] : [`${rule}: ${found!.detail}`]);
  });

  test('the worst objective decides, whatever is unknown of another', () => {
    const blind = { ...OBJECTIVE!, objective: 'blind', budgetLeftPpm: null, burnRateMilli: null };
    const bad = { ...OBJECTIVE!, objective: 'bad', burnRateMilli: 20_000 };
    const results = judge({ ...GOOD, objectives: [blind, OBJECTIVE!, bad] }, PRODUCTION);
    expect(results.filter(({ result }) => result !== 'passed')).toMatchObject([
      { rule: 'budget.left', result: 'unknown' },
      { rule: 'burn.rate', result: 'failed', detail: expect.stringContaining('bad burns at 20') },
    ]);
    expect(conclude(results)).toMatchObject({ outcome: 'refused', reasons: { length: 2 } });
  });

  test('a canary is asked for more than production, at each of them', () => {
    expect(conclude(judge(GOOD, CANARY)).outcome).toBe('allowed');
    expect(CANARY.maxOpenIncidents).toBeLessThanOrEqual(PRODUCTION.maxOpenIncidents);
    expect(CANARY.minBudgetLeftPpm).toBeGreaterThan(PRODUCTION.minBudgetLeftPpm);
    expect(CANARY.maxBurnRateMilli).toBeLessThan(PRODUCTION.maxBurnRateMilli);
    expect(CANARY.maxP99Us!).toBeLessThan(PRODUCTION.maxP99Us!);
  });

  test('worse facts are never allowed where better ones are not', () => {
    const worse = fc.record({
      down: fc.boolean(),
      blind: fc.boolean(),
      left: fc.integer({ min: -1e6, max: 1e6 }),
      burn: fc.integer({ min: 0, max: 20_000 }),
      p99: fc.integer({ min: 0, max: 5_000_000 }),
    });
    fc.assert(
      fc.property(worse, worse, (a, b) => {
        const allowed = (f: typeof a) => {
          const facts: GateFacts = {
            ...GOOD,
            incidents: f.down ? [INCIDENT] : [],
            monitors: [{ ...WATCHED!, verdict: f.blind ? 'unknown' : 'up' }],
            latency: { ...GOOD.latency!, p99Us: f.p99 },
            objectives: [{ ...OBJECTIVE!, budgetLeftPpm: f.left, burnRateMilli: f.burn }],
          };
          return conclude(judge(facts, PRODUCTION)).outcome === 'allowed';
        };
        const worst = {
          ...{ down: a.down || b.down, blind: a.blind || b.blind },
          ...{ left: Math.min(a.left, b.left), burn: Math.max(a.burn, b.burn) },
          p99: Math.max(a.p99, b.p99),
        };
        expect(allowed(worst) && !(allowed(a) && allowed(b))).toBe(false);
      }),
    );
  });
});

describe('the interpolated quantile', () => {
  const GROWTH = 1.5;
  const bucketed = (samples: readonly number[]): Bucket[] => {
    const counts = new Map<number, number>();
    for (const sample of samples) {
      const at = Math.ceil(Math.log(sample) / Math.log(GROWTH));
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    return [...counts]
      .toSorted(([a], [b]) => a - b)
      .map(([at, count]) => ({ lower: GROWTH ** (at - 1), upper: GROWTH ** at, count }));
  };

  test.each([
    ['no sample', [], 0.99, null],
    ['one bucket, its end', [{ lower: 0, upper: 10, count: 4 }], 1, 10],
    ['one bucket, its middle', [{ lower: 0, upper: 10, count: 4 }], 0.5, 5],
    // As `histogram_quantile(0.9, ...)` over le=1: 5, le=2: 10 says.
    [
      'the second of two',
      [
        { lower: 0, upper: 1, count: 5 },
        { lower: 1, upper: 2, count: 5 },
      ],
      0.9,
      1.8,
    ],
    [
      'past an empty one',
      [
        { lower: 0, upper: 1, count: 0 },
        { lower: 1, upper: 2, count: 1 },
      ],
      0.5,
      1.5,
    ],
  ])('of %s', (_what, buckets, q, expected) => {
    expect(interpolatedQuantile(buckets, q)).toBe(expected);
  });

  test('is off from the sample at its rank by no more than the width of the bucket', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (samples, q) => {
          const exact = samples.toSorted((a, b) => a - b)[Math.ceil(q * samples.length) - 1]!;
          const at = Math.ceil(Math.log(exact) / Math.log(GROWTH));
          const width = GROWTH ** at - GROWTH ** (at - 1);
          const estimate = interpolatedQuantile(bucketed(samples), q)!;
          expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(width * (1 + 1e-9));
        },
      ),
    );
  });
});
