import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outliersOf, summariesOf, withHourly } from '../../src/index.ts';
import { RULES, START_MS, play, type Course } from './series.ts';

const THREE = ['ap', 'eu', 'us'];
const LEARNT = 200;
const slowFrom = (round: number, factor: number) => (now: number) => (now < round ? 1 : factor);

describe('what is an anomaly', () => {
  test.each([
    ['one region', { regions: ['eu'], mode: 'rotate' }],
    ['three in turn', { regions: THREE, mode: 'rotate' }],
    ['three at once', { regions: THREE, mode: 'all' }],
  ] as const)('three times as slow, seen by %s: in the third round', (_name, topology) => {
    const course = { ...topology, seed: 1, factor: slowFrom(LEARNT, 3) };
    const { changes, state } = play(course, LEARNT + 10);
    expect(changes).toEqual([{ round: LEARNT + RULES.rounds - 1, change: 'began' }]);
    const seen = outliersOf(state);
    expect(seen.map(({ region }) => region).toSorted()).toEqual(topology.regions);
    for (const { reading } of seen) {
      expect(reading).toMatchObject({ rule: 'z', isHourly: false });
      expect(Math.exp(reading.usual.center)).toBeGreaterThan(80_000);
      expect(Math.exp(reading.usual.center)).toBeLessThan(125_000);
    }
  });

  test('five times the mean, where answers vary too much for deviations to say it', () => {
    const course: Course = { regions: ['eu'], mode: 'rotate', seed: 2, sigma: 0.55 };
    const { state } = play({ ...course, factor: slowFrom(LEARNT, 12) }, LEARNT + 30);
    expect(outliersOf(state).map(({ reading }) => reading.times > RULES.times)).toEqual([true]);
  });

  test('a millisecond more of two is none, whatever the deviation', () => {
    const course = { regions: THREE, mode: 'all', seed: 3, sigma: 0.02, baseUs: 2_000 } as const;
    expect(play({ ...course, factor: slowFrom(LEARNT, 1.5) }, LEARNT + 60).changes).toEqual([]);
  });

  test('nothing is judged by less than twelve minutes of answers', () => {
    const course = { regions: ['eu'], mode: 'all', seed: 4, factor: slowFrom(20, 10) } as const;
    expect(play(course, 30).changes).toEqual([]);
  });

  test('what lasts an hour is the new level, and what follows is measured by it', () => {
    const course = { regions: THREE, mode: 'all', seed: 5, factor: slowFrom(LEARNT, 3) } as const;
    const { changes } = play(course, LEARNT + 600);
    expect(changes.map(({ change }) => change)).toEqual(['began', 'ended']);
    expect(changes[1]?.round).toBeGreaterThanOrEqual(LEARNT + 120);
    expect(changes[1]?.round).toBeLessThan(LEARNT + 130);
  });

  test('it ends when most regions are well again, and not while they are near its limits', () => {
    const course = (later: number): Course => ({
      ...{ regions: THREE, mode: 'all', seed: 6, sigma: 0.02 },
      // Beyond twice the deviation, below three times: e^0.25 and a floor of ten percent.
      factor: (round) => (round < LEARNT ? 1 : round < LEARNT + 10 ? 3 : later),
    });
    expect(play(course(1), LEARNT + 14).changes.map(({ change }) => change)).toEqual([
      'began',
      'ended',
    ]);
    expect(play(course(1.28), LEARNT + 14).changes.map(({ change }) => change)).toEqual(['began']);
  });

  test('what is slow at this hour every day is none', () => {
    const course = { regions: THREE, mode: 'all', seed: 7, factor: slowFrom(LEARNT, 3) } as const;
    const { state } = play(course, LEARNT);
    const hour = Math.floor((START_MS + LEARNT * 30_000) / 3_600_000);
    const estimate = { center: Math.log(250_000), spread: 0.2, meanUs: 260_000, samples: 900 };
    const known = withHourly(state, new Map(THREE.map((region) => [region, [{ hour, estimate }]])));
    expect(play(course, LEARNT + 20, LEARNT, known).changes).toEqual([]);
    const nowMs = START_MS + LEARNT * 30_000;
    expect(summariesOf(known, nowMs).map(({ usual }) => usual?.hourly?.medianUs)).toEqual(
      THREE.map(() => 250_000),
    );
    expect(summariesOf(known, nowMs - 3_600_000)[0]?.usual).toMatchObject({ hourly: null });
    const other = withHourly(
      state,
      new Map(THREE.map((region) => [region, [{ hour: hour - 1, estimate }]])),
    );
    expect(play(course, LEARNT + 20, LEARNT, other).changes).toHaveLength(1);
  });
});

const topologies = fc.record({
  regions: fc
    .integer({ min: 1, max: 6 })
    .map((n) => ['ap', 'eu', 'jp', 'sa', 'us', 'za'].slice(0, n)),
  mode: fc.constantFrom('rotate', 'all'),
  seed: fc.nat(1_000_000),
  sigma: fc.double({ min: 0, max: 0.3, noNaN: true }),
  baseUs: fc.integer({ min: 100, max: 2_000_000 }),
});

describe('whatever the series', () => {
  test('one region of several alone raises nothing', () => {
    fc.assert(
      fc.property(
        topologies.filter(({ regions }) => regions.length > 1),
        fc.double({ min: 2, max: 50, noNaN: true }),
        (topology, factor) => {
          const alone = (round: number, region: string) =>
            round >= LEARNT && region === topology.regions[0] ? factor : 1;
          const { changes } = play(
            { ...topology, sigma: topology.sigma / 3, factor: alone },
            LEARNT + 150,
          );
          expect(changes).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('fewer slow rounds than it takes raise nothing', () => {
    fc.assert(
      fc.property(topologies, fc.integer({ min: 1, max: RULES.rounds - 1 }), (topology, rounds) => {
        const short = (round: number) => (round >= LEARNT && round < LEARNT + rounds ? 30 : 1);
        const course = { ...topology, sigma: topology.sigma / 3, factor: short };
        expect(play(course, LEARNT + 60).changes).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test('what is kept stays small, and the same series comes to the same', () => {
    fc.assert(
      fc.property(topologies, fc.double({ min: 0.5, max: 9, noNaN: true }), (topology, factor) => {
        const course = { ...topology, factor: slowFrom(LEARNT, factor) };
        const { state } = play(course, LEARNT + 100);
        expect(state.regions.size).toBeLessThanOrEqual(topology.regions.length);
        for (const { baseline } of state.regions.values()) {
          expect(baseline.window.length).toBeLessThanOrEqual(30);
        }
        expect(play(course, LEARNT + 100).state).toEqual(state);
        // As one that was interrupted and went on.
        expect(play(course, LEARNT + 100, 70, play(course, 70).state).state).toEqual(state);
      }),
      { numRuns: 15 },
    );
  });
});
