/** The statistical mode: that its short cuts are none, and that counts agree with theory. */
import { nextWake, step, type MonitorState } from '@trustmonitor/quorum';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rng } from './kernel/rng.ts';
import { runPlan } from './run.ts';
import { FAULT_KINDS, type Fault } from './scenario/faults.ts';
import { SCENARIOS } from './scenario/scenarios.ts';
import { atLeast, poissonInterval } from './stats/closed-form.ts';
import { defaults, EngineRun, groups } from './stats/engine-run.ts';
import { EXPERIMENTS } from './stats/experiments.ts';
import { independent, type VoteSource } from './stats/sources.ts';

const SOUND: VoteSource = { failure: null, vote: () => 'up' };

test.each(['rotate', 'all'] as const)('%s: a clean round changes nothing that is kept', (mode) => {
  const run = new EngineRun(defaults(mode), 5, SOUND);
  run.run(10);
  expect(run.isSteady).toBe(true);
  const kept = (state: MonitorState) => ({ ...state, clock: 0, rotation: 0, pastRounds: [] });
  const before = run.state;
  run.run(11);
  expect(kept(run.state)).toEqual(kept(before));
  expect(run.state.rotation).toBe((before.rotation + (mode === 'rotate' ? 1 : 0)) % 5);
  expect(nextWake(run.state)).toBeNull();
});

test('rounds that are skipped are as many as those that are run', () => {
  const rounds = 10_000;
  const [one, other] = [undefined, new Rng(7, 'skip')].map((chance) => {
    let failing = 0;
    const run = new EngineRun(defaults('rotate'), 5, independent(new Rng(7), 0.02), (effect) => {
      if (effect.type === 'round.closed' && effect.round.verdict === 'partial') failing += 1;
    });
    run.run(rounds, chance);
    expect(run.rounds).toBe(rounds);
    return failing;
  });
  expect(one).toBeGreaterThan(100);
  // Two counts of one rate: their difference has a spread of the root of their sum.
  expect(Math.abs(one! - other!)).toBeLessThan(4 * Math.sqrt(one! + other!));
});

test('what can be counted agrees with theory', () => {
  const figures = EXPERIMENTS.splitting.run(3, 200_000);
  const countable = figures.filter(({ theory }) => theory !== null && theory > 8);
  expect(countable.length).toBeGreaterThan(1);
  for (const { what, count, theory } of countable) {
    expect(Math.abs(count - theory!), what).toBeLessThan(4.5 * Math.sqrt(theory!));
  }
});

test('the closed forms are those of RELIABILITY', () => {
  // 1,000 monitors every 30 s over 30 days: 851 false rounds, 30 with a dead region left voting.
  const roundsAMonth = 1_000 * 2 * 60 * 24 * 30;
  expect(atLeast(3, 5, 0.01) * roundsAMonth).toBeCloseTo(851, 0);
  expect(atLeast(2, 4, 0.01) ** 2 * roundsAMonth).toBeCloseTo(30.3, 0);
  const [low, high] = poissonInterval(0);
  expect([low, high]).toEqual([0, expect.closeTo(3.689, 2)]);
  expect(poissonInterval(10)[1]).toBeCloseTo(18.39, 1);
});

test('a membership has one group for each region', () => {
  const state = new EngineRun(defaults('all'), 3, SOUND).state;
  const { effects } = step(state, { type: 'round.due', at: 0, round: '1', members: groups(3) });
  expect(effects).toMatchObject([{ type: 'ask', regions: ['r0', 'r1', 'r2'] }]);
});

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom(...FAULT_KINDS),
  atMs: fc.integer({ min: 0, max: 60_000 }),
  forMs: fc.integer({ min: 1, max: 30_000 }),
  who: fc.nat({ max: 15 }),
  amount: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

test('whatever the script of faults, every invariant holds', () => {
  fc.assert(
    fc.property(fc.array(fault, { maxLength: 12 }), fc.nat({ max: 1_000 }), (faults, seed) => {
      const plan = SCENARIOS.chaos(seed);
      const short = { ...plan, faults, durationMs: 90_000, endsSteady: false };
      expect(runPlan(short, seed).breach?.error.message).toBeUndefined();
    }),
    { numRuns: 8, seed: 5 },
  );
});
