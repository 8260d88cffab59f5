/** The simulator over a few seeds; `npm run sim` is for many. */
import { expect, test } from 'vitest';
import type { Invariant } from './check/breach.ts';
import { runPlan, type Outcome } from './run.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import { QUIET } from './model/region.ts';
import type { Fault, FaultKind } from './scenario/faults.ts';
import type { Spell } from './model/target.ts';
import type { Plan } from './scenario/plan.ts';
import { SCENARIOS, type ScenarioName } from './scenario/scenarios.ts';

test('holds every invariant while everything goes wrong', () => {
  const outcomes = seeds(1, 8).map((seed) => runPlan(SCENARIOS.chaos(seed), seed));
  expect(outcomes.map(told)).toEqual(outcomes.map(() => null));
  expect(sum(outcomes.map(({ incidents }) => incidents))).toBeGreaterThan(8);
});

test('finds every outage of a healthy network in time', () => {
  const outcomes = seeds(1, 4).map((seed) => runPlan(SCENARIOS.healthy(seed), seed));
  expect(outcomes.map(told)).toEqual(outcomes.map(() => null));
  expect(outcomes.flatMap(({ detectionMs }) => detectionMs)).toHaveLength(4 * 3);
});

test('opens nothing over lossy ways to sound targets', () => {
  const outcomes = seeds(1, 4).map((seed) => runPlan(SCENARIOS.noise(seed), seed));
  expect(outcomes.map(told)).toEqual(outcomes.map(() => null));
});

test('opens nothing while every region is blind, and then all that is down', () => {
  const outcome = runPlan(SCENARIOS.fleet(1), 1);
  expect(told(outcome)).toBeNull();
  expect(outcome.incidents).toBe(36);
});

test('puts a region that is wrong about everything into quarantine, and takes it back', () => {
  const outcomes = seeds(1, 2).map((seed) => runPlan(SCENARIOS.wrong(seed), seed));
  expect(outcomes.map(told)).toEqual([null, null]);
  const moves = ['r0 out: flagged', 'r0 back'];
  expect(outcomes.map((outcome) => outcome.moves)).toEqual([moves, moves]);
  expect(outcomes.map(({ incidents }) => incidents)).toEqual([1, 1]);
});

test('a seed is a run: the same log, to the last line', () => {
  const [first, again] = [1, 2].map(() => seeds(20, 6).map((seed) => shortRun(seed).hash));
  expect(again).toEqual(first);
  expect(new Set(first).size).toBe(6);
});

/** Rules broken on purpose, what else goes wrong, and who may be the first to notice. */
const BROKEN: readonly {
  readonly rules: readonly (keyof Rules)[];
  readonly invariants: readonly Invariant[];
  readonly faults?: readonly Fault[];
  readonly spells?: readonly Spell[];
  readonly scenario?: ScenarioName;
}[] = [
  {
    rules: ['bindsRounds'],
    invariants: ['I4'],
    faults: times(10, (who) => fault('agent-pause', 42_000, 8_000 + 1_000 * who, who)),
    spells: [{ kind: 'down', from: 40_000, to: 80_000, regions: null }],
  },
  {
    rules: ['fencing'],
    invariants: ['I6'],
    faults: times(3, (who) => fault('coordinator-cut-from-store', 30_000 + who, 25_000, who)),
  },
  { rules: ['uniqueResults'], invariants: ['I1'], faults: [fault('storm', 20_000, 20_000)] },
  { rules: ['receiptsAfterCommit'], invariants: ['I1'], faults: [] },
  {
    rules: ['asksCanaries'],
    invariants: ['I4'],
    faults: times(3, (who) => fault('region-dead', 40_000, 40_000, who)),
  },
  {
    rules: ['knowsTurns', 'oneOpenIncident'],
    invariants: ['I2'],
    // Answers to commits are lost again and again, so that commits are tried again.
    faults: times(300, (i) => fault('coordinator-cut-from-store', 40_000 + 130 * i, 60, i)),
    spells: [{ kind: 'down', from: 40_000, to: 120_000, regions: null }],
  },
  { rules: ['brakesFleet'], invariants: ['I4'], scenario: 'fleet' },
  { rules: ['asksCanariesAnew'], invariants: ['I4'], scenario: 'fleet' },
  // Whatever is really down.
  { rules: ['brakesFleet'], invariants: ['I8'], scenario: 'fleet', faults: [] },
  { rules: ['leavesOutQuarantined'], invariants: ['I9'], scenario: 'wrong' },
];

/** The scenario that the row names, with the row's faults if it has any; else sound targets. */
function planOf({ scenario, faults, spells = [] }: (typeof BROKEN)[number]): Plan {
  const plan = SCENARIOS[scenario ?? 'noise'](1);
  if (scenario !== undefined) return { ...plan, faults: faults ?? plan.faults, endsSteady: false };
  const monitors = plan.monitors.map((one) => ({ ...one, spells }));
  return { ...plan, noise: QUIET, monitors, faults: faults ?? [] };
}

test.each(BROKEN)('without $rules a breach is found', (row) => {
  const { rules, invariants } = row;
  const plan = planOf(row);
  expect(told(runPlan(plan, 1))).toBeNull();
  const broken = Object.fromEntries(rules.map((rule) => [rule, false]));
  const breach = firstBreach(plan, { ...ALL_RULES, ...broken });
  expect(invariants).toContain(breach?.error.invariant);
  expect(breach?.latest).toHaveLength(50);
});

/** Not tied to one seed: how a run unfolds changes with every change of the product. */
function firstBreach(plan: Plan, rules: Rules): Outcome['breach'] {
  for (const seed of seeds(1, 12)) {
    const { breach } = runPlan(plan, seed, rules);
    if (breach !== null) return breach;
  }
  return null;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function fault(kind: FaultKind, atMs: number, forMs: number, who = 0): Fault {
  return { kind, atMs, forMs, who, amount: 0.5 };
}

function shortRun(seed: number): Outcome {
  return runPlan({ ...SCENARIOS.chaos(seed), durationMs: 60_000, endsSteady: false }, seed);
}

function told({ seed, breach }: Outcome): string | null {
  return breach && `seed ${seed}: ${breach.error.message}`;
}

function seeds(first: number, count: number): number[] {
  return times(count, (i) => first + i);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
