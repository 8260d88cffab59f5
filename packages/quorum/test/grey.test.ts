/** RELIABILITY 26, as odds: the engine in a made-up world with a seeded failure rate. */
import { describe, expect, it } from 'vitest';
import type { Effect, EngineConfig, MonitorState } from '../src/index.ts';
import { initialState, step } from '../src/index.ts';

const INTERVAL_MS = 30_000;

const CONFIG: EngineConfig = {
  policy: {
    quorum: 'majority',
    confirmRounds: 2,
    confirmAfterMs: 5_000,
    recoverRounds: 2,
    partialOpens: false,
  },
  mode: 'all',
  jobMs: 2_000,
  settleMs: 500,
  lingerMs: 0,
};

const MEMBERS = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ region: name, group: name }));

/** mulberry32: the same odds in every run of the test. */
function chance(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Runs a monitor that was up for that many intervals; each vote fails independently. */
function weather(failureRate: number, intervals: number, seed: number): Effect[] {
  const random = chance(seed);
  const told: Effect[] = [];
  let state: MonitorState = initialState(1, CONFIG);
  let at = 0;
  let rounds = 0;
  const round = (rate: number): void => {
    rounds += 1;
    const id = `round-${rounds}`;
    const feed = (event: Parameters<typeof step>[1]): void => {
      const { state: next, effects } = step(state, event);
      state = next;
      told.push(...effects);
    };
    feed({ type: 'round.due', at, round: id, members: MEMBERS });
    for (const { region } of MEMBERS) {
      const vote = random() < rate ? 'down' : 'up';
      feed({ type: 'vote', at, round: id, agent: region, region, vote, slow: false });
    }
  };
  round(0);
  for (let next = INTERVAL_MS; next <= intervals * INTERVAL_MS; next += INTERVAL_MS) {
    while (state.wantsRoundAt !== null && state.wantsRoundAt < next) {
      at = state.wantsRoundAt;
      round(failureRate);
    }
    at = next;
    round(failureRate);
  }
  return told;
}

const timesDegraded = (effects: readonly Effect[]): number =>
  effects.filter((effect) => effect.type === 'verdict.changed' && effect.to === 'degraded').length;

describe('grey failure', () => {
  it('at 30 % shows as degraded within 10 intervals, nine times in ten', () => {
    const runs = Array.from({ length: 300 }, (_, seed) => weather(0.3, 10, seed));
    const shown = runs.filter((effects) => timesDegraded(effects) > 0).length;
    expect(shown / runs.length).toBeGreaterThan(0.9);
  });

  it('at 1 %, a week of it, is next to never degraded and opens nothing', () => {
    const effects = weather(0.01, 20_160, 7);
    expect(timesDegraded(effects)).toBeLessThanOrEqual(3);
    expect(effects.filter(({ type }) => type === 'incident')).toEqual([]);
  });

  it('does not slow down a plain outage: two rounds, five seconds', () => {
    const effects = weather(1, 2, 1);
    const opened = effects.find((effect) => effect.type === 'incident');
    expect(opened).toMatchObject({ step: 'open', verdict: 'down', at: INTERVAL_MS + 5_000 });
  });
});
