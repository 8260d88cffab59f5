/** What holds in every run, whatever the world does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Effect, MonitorState } from '../src/index.ts';
import { step } from '../src/index.ts';
import { requiredOf } from '../src/tally.ts';
import { live, world, type Trace, type World } from './live.ts';

function inEveryRun(check: (trace: Trace[], world: World) => void, numRuns = 150): void {
  fc.assert(
    fc.property(world, (one) => check(live(one), one)),
    { numRuns },
  );
}

const effectsOf = (trace: readonly Trace[]): Effect[] => trace.flatMap(({ effects }) => effects);

function only<T extends Effect['type']>(
  effects: readonly Effect[],
  ...types: T[]
): Extract<Effect, { type: T }>[] {
  return effects.filter((effect): effect is Extract<Effect, { type: T }> =>
    types.some((type) => type === effect.type),
  );
}

describe('in every run', () => {
  it('the worlds reach every step of an incident', () => {
    const steps = fc
      .sample(world, { numRuns: 300, seed: 1 })
      .flatMap((one) => only(effectsOf(live(one)), 'incident').map((effect) => effect.step));
    expect(steps.filter((name) => name === 'open').length).toBeGreaterThan(50);
    expect(steps.filter((name) => name === 'update').length).toBeGreaterThan(20);
    expect(steps.filter((name) => name === 'resolve').length).toBeGreaterThan(20);
  });

  it('the same events give the same states and effects, and frozen input is enough', () => {
    inEveryRun((trace) => {
      for (const { before, event, after, effects } of trace) {
        if (event === null) continue;
        expect(step(before, event)).toEqual({ state: after, effects });
      }
    }, 50);
  });

  it('the state survives JSON, and the engine goes on from it as if nothing had happened', () => {
    inEveryRun((trace) => {
      for (const { before, event, after, effects } of trace) {
        const loaded = JSON.parse(JSON.stringify(before)) as MonitorState;
        expect(loaded).toEqual(before);
        if (event !== null) expect(step(loaded, event)).toEqual({ state: after, effects });
      }
    }, 50);
  });

  it('at most one incident is open: steps come as open, updates, resolve, of one id', () => {
    inEveryRun((trace) => {
      let open: string | null = null;
      for (const { step: name, incident } of only(effectsOf(trace), 'incident')) {
        if (name === 'open') expect(open).toBeNull();
        else expect(incident.id).toBe(open);
        open = name === 'resolve' ? null : incident.id;
      }
      expect(trace.at(-1)?.after.incident?.id ?? null).toBe(open);
    });
  });

  it('an incident is open exactly while trouble stands that opened one', () => {
    inEveryRun((trace, { config }) => {
      for (const { after } of trace) {
        if (after.incident !== null) expect(after.standing).toBe(after.incident.kind);
        else if (after.standing === 'partial') expect(config.policy.partialOpens).toBe(false);
        else expect(after.standing).not.toBe('down');
      }
    });
  });

  it('an undecided round opens, updates and closes nothing', () => {
    inEveryRun((trace) => {
      for (const { before, after, effects } of trace) {
        const closed = only(effects, 'round.closed');
        if (closed.length === 0 || closed.some(({ round }) => round.verdict !== 'unknown'))
          continue;
        expect(only(effects, 'incident')).toEqual([]);
        expect(after.incident).toEqual(before.incident);
        expect(after.standing).toBe(before.standing);
        expect(after.streak).toEqual(before.streak);
      }
    });
  });

  it('the monitoring is called unknown and restored in turn, once per episode', () => {
    inEveryRun((trace) => {
      const told = only(effectsOf(trace), 'monitoring.unknown', 'monitoring.restored');
      told.forEach(({ type }, i) => {
        expect(type).toBe(i % 2 === 0 ? 'monitoring.unknown' : 'monitoring.restored');
      });
    });
  });

  it('k is that of the full membership in every round', () => {
    inEveryRun((trace, { config, members }) => {
      for (const { round } of only(effectsOf(trace), 'round.closed')) {
        expect(round.members).toHaveLength(members.length);
        expect(round.required).toBe(requiredOf(config.policy.quorum, members));
      }
    });
  });

  it('an incident step rests on agreeing rounds, in number and in time', () => {
    inEveryRun((trace, { config: { policy } }) => {
      for (const effect of only(effectsOf(trace), 'incident')) {
        const needed = effect.step === 'open' ? policy.confirmRounds : 1;
        expect(effect.rounds.length).toBeGreaterThanOrEqual(needed);
        const [first, last] = [effect.rounds[0]!, effect.rounds.at(-1)!];
        expect(last.closedAt - first.closedAt).toBeGreaterThanOrEqual(policy.confirmAfterMs);
        expect(effect.at).toBe(last.closedAt);
        if (effect.step === 'resolve') {
          const verdicts = new Set(effect.rounds.map(({ verdict }) => verdict));
          expect([...verdicts].every((v) => v === 'up' || v === 'degraded')).toBe(true);
          expect(effect.rounds.every(({ phase }) => phase === 'verify')).toBe(true);
        }
      }
    });
  });

  it('a refused vote changes nothing but the clock', () => {
    inEveryRun((trace) => {
      for (const { before, after, effects } of trace) {
        if (effects.length !== 1 || effects[0]?.type !== 'vote.refused') continue;
        expect({ ...after, clock: 0 }).toEqual({ ...before, clock: 0 });
      }
    });
  });

  it('a region has one vote in a round, and only those asked have any', () => {
    inEveryRun((trace) => {
      for (const { after } of trace) {
        const voters = (after.round?.votes ?? []).map(({ region }) => region);
        expect(new Set(voters).size).toBe(voters.length);
        for (const region of voters) expect(after.round?.asked).toContain(region);
      }
    });
  });

  it('time never runs backwards, and no sooner round is wanted for the past', () => {
    inEveryRun((trace) => {
      for (const { before, event, after, effects } of trace) {
        expect(after.clock).toBeGreaterThanOrEqual(before.clock);
        if (event === null || only(effects, 'round.closed').length === 0) continue;
        if (after.wantsRoundAt !== null) {
          expect(after.wantsRoundAt).toBeGreaterThanOrEqual(after.clock);
        }
      }
    });
  });

  it('every visible change is told, and told once', () => {
    inEveryRun((trace) => {
      for (const { before, event, after, effects } of trace) {
        if (event?.type === 'revised') continue;
        const changes = only(effects, 'verdict.changed');
        expect(changes.length).toBe(before.verdict === after.verdict ? 0 : 1);
        if (changes[0] !== undefined) {
          expect([changes[0].from, changes[0].to]).toEqual([before.verdict, after.verdict]);
        }
      }
    });
  });
});

describe('state is bounded', () => {
  it('when a confirmation spans hundreds of rounds', () => {
    const policy = {
      quorum: 'majority',
      confirmRounds: 3,
      confirmAfterMs: 3_600_000,
      recoverRounds: 2,
      partialOpens: true,
    };
    const occasions = Array.from({ length: 420 }, (_, i) => ({
      answers: Array.from({ length: 3 }, (__, region) => ({
        vote: i < 20 && region > 0 ? ('up' as const) : ('down' as const),
        delayMs: 10,
        slow: false,
      })),
      mishap: 'none' as const,
      ...{ quarantined: [], drained: [] },
    }));
    const members = ['eu', 'us', 'ap'].map((region) => ({ region, group: region }));
    const trace = live({
      config: { policy, mode: 'all', jobMs: 1, settleMs: 99, lingerMs: 0 },
      members,
      occasions,
    });
    const sizes = trace.map(({ after }) => after.streak?.rounds.length ?? 0);
    expect(Math.max(...sizes)).toBe(64);
    expect(trace.at(-1)?.after.pastRounds).toHaveLength(8);
    const [open] = only(effectsOf(trace), 'incident');
    expect(open).toMatchObject({ step: 'open', verdict: 'down' });
    expect(open?.rounds).toHaveLength(3);
    // 20 partial rounds went before: the hour runs from the first round that was down.
    expect(open?.rounds[0]?.id).toBe('round-21');
  });
});
