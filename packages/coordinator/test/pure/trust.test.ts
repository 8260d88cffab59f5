/** How far agents can be believed: what a round says of its voters, and what becomes of it. */
import fc from 'fast-check';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { judge, refusalOf, type Observation } from '../../src/trust/judge.ts';
import {
  abstentionOf,
  agreementOf,
  doubtfulMonitors,
  rescore,
  unknownScore,
  type TrustScore,
} from '../../src/trust/score.ts';
import { T0, roundOf } from '../support/watched.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Stance = 'agrees' | 'disagrees' | 'abstains';

const voted = (stance: Stance, monitor: string, atMs: number): Observation => ({
  type: 'vote',
  agent: 'eu-1',
  monitor,
  atMs,
  stance,
});

/** One vote a minute, each scored when it comes. */
function after(stances: Iterable<Stance>, monitor = 'web', before = unknownScore(T0)): TrustScore {
  let score = before;
  for (const stance of stances) {
    const atMs = score.atMs + MINUTE;
    score = rescore(score, [voted(stance, monitor, atMs)], atMs);
  }
  return score;
}

const times = (count: number, stance: Stance): Stance[] =>
  Array.from({ length: count }, () => stance);

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function* chance(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    yield ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}

describe('a round', () => {
  const stances = (...round: Parameters<typeof roundOf>) =>
    judge('web', roundOf(...round)).map((seen) =>
      seen.type === 'vote' ? [seen.agent, seen.stance] : [],
    );

  test.each([
    [
      'k downs against an up',
      { eu: 'down', us: 'down', ap: 'up' },
      {},
      ['agrees', 'agrees', 'disagrees'],
    ],
    [
      'k ups against a down',
      { eu: 'up', us: 'down', ap: 'up' },
      {},
      ['agrees', 'disagrees', 'agrees'],
    ],
    ['who abstains', { eu: 'up', us: 'abstain', ap: 'up' }, {}, ['agrees', 'abstains', 'agrees']],
    ['nobody, without k', { eu: 'up', us: 'down', ap: 'abstain' }, {}, ['abstains']],
    ['a lone up of the primary', { eu: 'up' }, { phase: 'primary', verdict: 'up' }, ['agrees']],
    ['nobody by a lone up of a widened round', { eu: 'up' }, { verdict: 'unknown' }, []],
    ['nobody, when either side has enough', { eu: 'up', us: 'down' }, { required: 1 }, []],
  ] as const)('judges %s', (_what, votes, changes, expected) => {
    expect(stances(votes, changes).map(([, stance]) => stance)).toEqual(expected);
  });

  test('counts a group once, and one of two minds for neither side', () => {
    const members = ['eu', 'us', 'ap'].map((region) => ({ region, group: 'one' }));
    expect(stances({ eu: 'down', us: 'down' }, { members })).toEqual([]);
    expect(stances({ eu: 'down', us: 'up', ap: 'up' }, { members, required: 1 })).toEqual([]);
  });
});

describe('a flag', () => {
  test('comes for always the opposite within 20 rounds', () => {
    expect(after(times(13, 'disagrees')).flaggedAtMs).toBeNull();
    const score = after(times(14, 'disagrees'));
    expect(score.flaggedAtMs).toBe(score.atMs);
    expect(doubtfulMonitors(score)).toEqual(['web']);
  });

  test('comes for lies about one monitor among thousands of honest votes', () => {
    let score = unknownScore(T0);
    for (let i = 1; i <= 20; i++) {
      const atMs = T0 + i * MINUTE;
      const honest = Array.from({ length: 500 }, (_, n) => voted('agrees', `m${n}`, atMs));
      score = rescore(score, [...honest, voted('disagrees', 'web', atMs)], atMs);
    }
    expect(score.flaggedAtMs).not.toBeNull();
    expect(doubtfulMonitors(score)).toEqual(['web']);
    expect(agreementOf(score)).toBeGreaterThan(0.99);
  });

  test.each([
    ['1 % of failures', 0.01, 100_000],
    ['10 % of failures', 0.1, 50_000],
  ])('does not come from %s that are independent', (_what, p, votes) => {
    const numbers = chance(20_260_131);
    let score = unknownScore(T0);
    for (let i = 0; i < votes; i++) {
      const stance = numbers.next().value < p ? 'disagrees' : 'agrees';
      score = rescore(score, [voted(stance, 'web', T0 + i)], T0 + i);
      if (score.flaggedAtMs !== null) break;
    }
    expect(score.flaggedAtMs).toBeNull();
    expect(agreementOf(score)).toBeCloseTo(1 - p, 2);
  });

  test('goes when the agent agrees again for a while, or the monitor is gone', () => {
    const flagged = after(times(20, 'disagrees'));
    expect(after(times(5, 'agrees'), 'web', flagged).flaggedAtMs).toBe(
      after(times(14, 'disagrees')).flaggedAtMs,
    );
    expect(after(times(15, 'agrees'), 'web', flagged).flaggedAtMs).toBeNull();
    expect(rescore(flagged, [], flagged.atMs + 25 * HOUR).flaggedAtMs).toBeNull();
  });

  test('comes for forged batches, not for others that were turned away', () => {
    const refused = (forged: boolean): Observation => ({
      type: 'refused',
      agent: 'eu-1',
      atMs: T0,
      forged,
    });
    const honest = rescore(
      unknownScore(T0),
      times(9, 'agrees').map(() => refused(false)),
      T0,
    );
    expect(honest).toMatchObject({ flaggedAtMs: null, totals: { refused: 9, forged: 0 } });
    const forger = rescore(honest, [refused(true), refused(true), refused(true)], T0 + 1);
    expect(forger).toMatchObject({ flaggedAtMs: T0 + 1, totals: { refused: 12, forged: 3 } });
    expect(rescore(forger, [], T0 + HOUR).flaggedAtMs).not.toBeNull();
    expect(rescore(forger, [], T0 + 3 * HOUR).flaggedAtMs).toBeNull();
  });
});

test('whatever is seen, shares stay shares, memory stays bounded, and JSON keeps it all', () => {
  const stance = fc.constantFrom<Stance[]>('agrees', 'disagrees', 'abstains');
  const step = fc.tuple(stance, fc.nat(3_000), fc.integer({ min: -HOUR, max: HOUR }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let score = unknownScore(T0);
      let now = T0;
      for (const [how, monitor, passed] of steps) {
        now += passed;
        score = rescore(score, [voted(how, `m${monitor}`, now)], now);
        expect(rescore(JSON.parse(JSON.stringify(score)) as TrustScore, [], now)).toEqual(
          rescore(score, [], now),
        );
      }
      for (const share of [agreementOf(score) ?? 0, abstentionOf(score) ?? 0]) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }
      expect(Object.keys(score.doubts).length).toBeLessThanOrEqual(steps.length);
    }),
    { numRuns: 50 },
  );
  const many = Array.from({ length: 5_000 }, (_, n) => voted('disagrees', `m${n}`, T0));
  expect(Object.keys(rescore(unknownScore(T0), many, T0).doubts)).toHaveLength(2_000);
});

test('a batch that does not verify is a forgery; one of a clock that is off is not', () => {
  const received = { agent: 'eu-1', shard: 0, message: new Uint8Array(0), arrivedAtMs: T0 };
  const codes = ['signature.invalid', 'batch.invalid', 'batch.time', 'message.malformed'] as const;
  const forged = codes.map((code) => refusalOf(received, new TrustMonitorError(code, 'no')));
  expect(forged.map((one) => one.type === 'refused' && one.forged)).toEqual([
    ...[true, true, false, false],
  ]);
});
