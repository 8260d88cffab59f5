/** Burn alerts over rounds as they come, minute by minute, against a reading of every round. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BURN_PAIRS,
  BURN_WINDOWS_MS,
  NOT_BURNING,
  burnRatesOf,
  endBurnAlert,
  stepBurnAlert,
  type BurnAlertState,
  type BurnNews,
  type BurnPairName,
  type BurnRates,
  type Measured,
} from '../../src/index.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

type Kind = 'good' | 'bad' | 'unknown';
interface Round {
  readonly atMs: number;
  readonly kind: Kind;
}

/** Every round one by one: it stands until the next, for two intervals at most. */
function bruteForce(rounds: readonly Round[], intervalMs: number, fromMs: number, toMs: number) {
  let [good, bad, badRounds] = [0, 0, 0];
  for (const [i, { atMs, kind }] of rounds.entries()) {
    const ends = Math.min(rounds[i + 1]?.atMs ?? atMs, atMs + 2 * intervalMs);
    const stood = Math.max(0, Math.min(ends, toMs) - Math.max(atMs, fromMs));
    if (kind === 'good') good += stood;
    if (kind === 'bad') bad += stood;
    if (kind === 'bad' && atMs >= fromMs && atMs < toMs) badRounds += 1;
  }
  return { good, bad, badRounds };
}

interface Told extends BurnNews {
  readonly atMs: number;
}

/** Looks at the end of every step of time; what people hear. */
function watch(
  rounds: readonly Round[],
  {
    intervalMs,
    targetPercent,
    windowMs = 30 * DAY,
    everyMs = MINUTE,
    untilMs = 0,
  }: {
    intervalMs: number;
    targetPercent: number;
    windowMs?: number;
    everyMs?: number;
    untilMs?: number;
  },
): { told: Told[]; states: BurnAlertState[] } {
  const told: Told[] = [];
  const states: BurnAlertState[] = [];
  let state = NOT_BURNING;
  const last = Math.max(untilMs, rounds.at(-1)?.atMs ?? 0);
  for (let now = everyMs; now <= last + everyMs; now += everyMs) {
    const step = stepBurnAlert(
      state,
      burnRatesOf({
        ...{ targetPercent, windowMs, slowestIntervalMs: intervalMs },
        measured: (spanMs) => bruteForce(rounds, intervalMs, now - spanMs, now),
      }),
    );
    state = step.state;
    states.push(state);
    if (step.news !== null) told.push({ ...step.news, atMs: now });
  }
  return { told, states };
}

const regular = (count: number, intervalMs: number, kindOf: (i: number) => Kind): Round[] =>
  Array.from({ length: count }, (_, i) => ({ atMs: i * intervalMs, kind: kindOf(i) }));

describe('never by a single bad round', () => {
  test('whatever the interval, the target and the window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: DAY }),
        fc.double({ min: 50, max: 99.999, noNaN: true }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 0, max: 39 }),
        fc.boolean(),
        (intervalMs, targetPercent, days, at, amongUnknown) => {
          const others = amongUnknown ? 'unknown' : 'good';
          const rounds = regular(40, intervalMs, (i) => (i === at ? 'bad' : others));
          const everyMs = Math.max(1_000, intervalMs / 3);
          const settings = { intervalMs, targetPercent, windowMs: days * DAY, everyMs };
          expect(watch(rounds, settings).told).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('nor is a page that has ended begun anew by one more, while it is in the long window', () => {
    const bad = (i: number) => (i >= 10 && i < 30) || i === 60;
    const rounds = regular(140, 30_000, (i) => (bad(i) ? 'bad' : 'good'));
    const { told } = watch(rounds, { intervalMs: 30_000, targetPercent: 99.9 });
    expect(told.filter(({ type }) => type === 'burning')).toHaveLength(1);
  });
});

const PAIRS = BURN_PAIRS.map(({ name }) => name);
const rateOf = fc.option(fc.double({ min: 0, max: 40, noNaN: true }), { nil: null });
const looks = fc.array(
  fc.tuple(
    ...BURN_PAIRS.map(() => fc.record({ long: rateOf, short: rateOf, isConfirmed: fc.boolean() })),
  ),
  { maxLength: 60 },
);
const rank = (name: BurnPairName) => PAIRS.indexOf(name);

test('people hear a beginning, what is worse, and one end', () => {
  fc.assert(
    fc.property(looks, (all) => {
      let state = NOT_BURNING;
      let open: BurnPairName | null = null;
      for (const look of all) {
        const rates = look.map((rate, i): BurnRates => ({ ...rate, pair: BURN_PAIRS[i]! }));
        // What is stored is all there is: a restart changes nothing.
        const before = JSON.parse(JSON.stringify(state)) as BurnAlertState;
        const { state: after, news } = stepBurnAlert(before, rates);
        if (news?.type === 'burning') {
          const { pair, long, short, isConfirmed } = rates[rank(news.pair)]!;
          expect(after.firing[0]).toBe(news.pair);
          if (open !== null) expect(rank(news.pair)).toBeLessThan(rank(open));
          if (!before.firing.includes(news.pair)) {
            expect(isConfirmed && long! > pair.factor && short! > pair.factor).toBe(true);
          }
          open = news.pair;
        }
        if (news?.type === 'recovered') {
          expect(news.pair).toBe(open);
          for (const name of after.firing) expect(rank(name)).toBeGreaterThan(rank(open!));
          open = null;
        }
        expect(after.told).toBe(open);
        if (look.every(({ short }) => short === null)) expect(news?.type).not.toBe('recovered');
        state = after;
      }
      expect(endBurnAlert(state).news?.type).toBe(open === null ? undefined : 'recovered');
    }),
    { numRuns: 500 },
  );
});

describe('an outage', () => {
  const outage = (count: number, from: number, to: number, intervalMs = 30_000) =>
    regular(count, intervalMs, (i) => (i >= from && i < to ? 'bad' : 'good'));

  test('is a page that ends soon after it, and no ticket is made of the rest', () => {
    const { told, states } = watch(outage(1_100, 120, 160), {
      ...{ intervalMs: 30_000, targetPercent: 99.9 },
    });
    expect(told.map(({ type, pair }) => [type, pair])).toEqual([
      ['burning', '14.4x'],
      ['recovered', '14.4x'],
    ]);
    // 52 s of an hour are 14.4 times what 99.9 % allows.
    expect(told[0]!.atMs).toBe(61 * MINUTE);
    // Twenty minutes of bad: the half hour that the second pair looks at is clear when they are out.
    expect(told[1]!.atMs).toBe(110 * MINUTE);
    expect(states[110]!.known).toBe('3x');
    expect(states[400]!.known).toBe('1x');
    expect(states.at(-1)).toEqual(NOT_BURNING);
  });

  test('of a monitor that is looked at once a day is told at the second bad round', () => {
    const { told } = watch(outage(12, 4, 7, DAY), {
      ...{ intervalMs: DAY, targetPercent: 99, everyMs: 60 * MINUTE },
    });
    expect(told.map(({ type, pair }) => [type, pair])[0]).toEqual(['burning', '1x']);
    expect(told[0]!.atMs / DAY).toBeCloseTo(5, 1);
    expect(told.at(-1)!.type).toBe('recovered');
  });

  test('that gets worse is told again, and does not end where nothing is known', () => {
    // One in twenty rounds is bad, then all, then nobody looks.
    const kindOf = (i: number): Kind => {
      if (i >= 1_500) return 'unknown';
      return i >= 1_400 || (i > 300 && i % 20 === 0) ? 'bad' : 'good';
    };
    const { told } = watch(regular(2_000, 30_000, kindOf), {
      ...{ intervalMs: 30_000, targetPercent: 99 },
    });
    expect(told.map(({ type, pair }) => [type, pair])).toEqual([
      ['burning', '1x'],
      ['burning', '3x'],
      ['burning', '6x'],
      ['burning', '14.4x'],
    ]);
  });
});

test('pairs that look back further than the objective are left out', () => {
  const measured = (): Measured => ({ good: 0, bad: 1, badRounds: 9 });
  const rates = burnRatesOf({
    ...{ targetPercent: 99.9, windowMs: DAY, slowestIntervalMs: 1_000, measured },
  });
  expect(rates.map(({ pair }) => pair.name)).toEqual(['14.4x', '6x', '3x']);
  expect(BURN_WINDOWS_MS.map((ms) => ms / MINUTE)).toEqual([5, 30, 60, 120, 360, 1_440, 4_320]);
});
