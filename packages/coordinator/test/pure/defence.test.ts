/** The API's defence of itself, whatever comes and whenever it comes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { subjectOf } from '../../src/api/defence/caller.ts';
import { POLICY } from '../../src/api/defence/install.ts';
import {
  failure,
  limitOf,
  newCaller,
  request,
  type Ban,
  type CallerState,
  type Policy,
} from '../../src/api/defence/reducer.ts';

const SMALL: Policy = {
  ...POLICY,
  windowMs: 1_000,
  floor: 20,
  surgeFloor: 5,
  ceiling: 100,
  learnWindows: 3,
  refusalsToBan: 10,
  guessesToBan: 5,
  firstBanMs: 1_000,
  longestBanMs: 8_000,
  forgiveMs: 60_000,
};

/** `count` requests within the window that begins at `at`. */
function ask(state: CallerState, at: number, count: number, policy = SMALL) {
  const bans: Ban[] = [];
  let allowed = 0;
  let now = state;
  for (let i = 0; i < count; i++) {
    const { state: next, allowance } = request(now, at, policy);
    now = next;
    if (allowance.allowed) allowed += 1;
    if (allowance.ban !== null) bans.push(allowance.ban);
  }
  return { state: now, allowed, bans };
}

const steps = fc.array(
  fc.record({ after: fc.integer({ min: -500, max: 5_000 }), count: fc.nat(150) }),
  { maxLength: 40 },
);

describe('the defence', () => {
  test('lets pass what is below the floor, and never more than the ceiling, in a window', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        let [state, at] = [newCaller(0), 0];
        for (const { after, count } of sequence) {
          at = Math.max(0, at + after);
          const before = state.windowStart;
          const used = state.count;
          const asked = ask(state, at, count);
          state = asked.state;
          const sameWindow = state.windowStart === before ? used : 0;
          expect(sameWindow + asked.allowed).toBeLessThanOrEqual(SMALL.ceiling);
          const free = Math.max(0, SMALL.floor - sameWindow);
          expect(asked.allowed).toBeGreaterThanOrEqual(Math.min(count, free));
        }
      }),
    );
  });

  test('learns a rhythm, refuses three times as much, and tightens while errors surge', () => {
    let state = newCaller(0);
    for (let i = 0; i < 30; i++) ({ state } = ask(state, i * 1_000, 30 + (i % 3)));
    ({ state } = ask(state, 30_000, 1));
    const calm = limitOf(state, SMALL);
    expect(calm).toBeGreaterThanOrEqual(31);
    expect(calm).toBeLessThan(90);
    for (let i = 0; i < 30; i++) ({ state } = failure(state, 30_001, false, SMALL));
    expect(limitOf(state, SMALL)).toBeLessThan(calm);
    expect(limitOf(state, SMALL)).toBeGreaterThanOrEqual(30);
  });

  test('holds who only fails to a tenth of the floor, from the first window on, and for good', () => {
    let state = newCaller(0);
    let bans = 0;
    for (let window = 0; window < 30; window++) {
      const at = window * POLICY.windowMs;
      let allowed = 0;
      // 199 a second: below what is allowed to those who are answered well.
      for (let i = 0; i < 1_990; i++) {
        const asked = request(state, at, POLICY);
        ({ state } = asked);
        if (asked.allowance.ban !== null) bans += 1;
        if (!asked.allowance.allowed) continue;
        allowed += 1;
        ({ state } = failure(state, at, false, POLICY));
      }
      expect(allowed).toBe(POLICY.surgeFloor);
    }
    expect(bans).toBeGreaterThan(0);
  });

  test('leaves who is mostly answered well alone, and who fails for once what is usual', () => {
    let state = newCaller(0);
    const window = (i: number, count: number, failures: number) => {
      const asked = ask(state, i * POLICY.windowMs, count, POLICY);
      ({ state } = asked);
      for (let k = 0; k < failures; k++) {
        ({ state } = failure(state, i * POLICY.windowMs, false, POLICY));
      }
      return asked.allowed;
    };
    for (let i = 0; i < 20; i++) expect(window(i, 1_000, 400)).toBe(1_000);
    expect(limitOf(state, POLICY)).toBeGreaterThanOrEqual(POLICY.floor);
    window(20, 500, 500);
    expect(limitOf(state, POLICY)).toBeGreaterThanOrEqual(1_000);
    expect(limitOf(state, POLICY)).toBeLessThan(POLICY.floor);
    // A script that finds some things missing is no surge.
    let script = newCaller(0);
    for (let i = 0; i < 19; i++) ({ state: script } = failure(script, 0, false, POLICY));
    expect(limitOf(script, POLICY)).toBe(POLICY.ceiling);
  });

  test('is not taught by those it refuses', () => {
    let state = newCaller(0);
    for (let i = 0; i < 20; i++) ({ state } = ask(state, i * 1_000, 10));
    const calm = limitOf(state, SMALL);
    for (let i = 20; i < 60; i++) ({ state } = ask(state, i * 1_000, 500));
    expect(limitOf(state, SMALL)).toBeLessThanOrEqual(calm);
  });

  test('bans for twice as long with each offence, up to a day, and forgives', () => {
    let [state, at] = [newCaller(0), 0];
    const lengths: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { state: next, bans } = ask(state, at, 200);
      expect(bans).toHaveLength(1);
      state = next;
      lengths.push(bans[0]!.until - at);
      at = bans[0]!.until + 1;
    }
    expect(lengths).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    const later = ask(state, at + SMALL.forgiveMs + 10_000, 200);
    expect(later.bans[0]).toMatchObject({ offence: 1 });
  });

  test('bans who guesses tokens, and once only', () => {
    let state = newCaller(0);
    const bans: (Ban | null)[] = [];
    for (let i = 0; i < 9; i++) {
      const { state: next, ban } = failure(state, 5, true, SMALL);
      state = next;
      bans.push(ban);
    }
    expect(bans.filter((ban) => ban !== null)).toEqual([
      { offence: 1, until: 1_005, reason: '5 tokens that are not valid' },
    ]);
  });
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['64:ff9b::cb00:7107', '203.0.113.7'],
  ['2001:db8::7', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
  ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1:0:0:0:1', '2001:db8:0:1::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
])('%s is counted as %s', (address, subject) => {
  expect(subjectOf(address)).toBe(`address:${subject}`);
});
