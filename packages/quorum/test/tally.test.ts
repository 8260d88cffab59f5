import type { Member, Verdict, Vote } from '@trustmonitor/protocol';
import { requiredVotes } from '@trustmonitor/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CountedVote } from '../src/index.ts';
import { decideRound } from '../src/index.ts';
import { requiredOf } from '../src/tally.ts';

const RULES = ['majority', 'all', 'any', '2/3', '60%', '1', '2', '3'];

const members = fc
  .array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 })
  .map((groups): Member[] => groups.map((group, i) => ({ region: `r${i}`, group: `g${group}` })));

/** A round with some votes in, in any order. */
const round = members.chain((list) =>
  fc.record({
    members: fc.constant(list),
    votes: fc
      .tuple(
        fc.shuffledSubarray(list),
        fc.array(fc.tuple(fc.constantFrom<Vote>('up', 'down', 'abstain'), fc.boolean()), {
          minLength: list.length,
          maxLength: list.length,
        }),
      )
      .map(([voters, casts]) =>
        voters.map(({ region }, i): CountedVote => cast(region, ...(casts[i] ?? ['up', false]))),
      ),
    rule: fc.constantFrom(...RULES),
  }),
);

function cast(region: string, vote: Vote, slow: boolean): CountedVote {
  return { agent: `agent-${region}`, region, vote, slow };
}

/** The rule book, written down a second time and only for rounds that are over. */
function closedForm(all: readonly Member[], votes: readonly CountedVote[], k: number): Verdict {
  const groups = [...new Set(all.map(({ group }) => group))].map((group) => {
    const regions = all.filter((member) => member.group === group).map(({ region }) => region);
    const own = votes.filter(({ region, vote }) => regions.includes(region) && vote !== 'abstain');
    const kinds = new Set(own.map(({ vote }) => vote));
    if (kinds.size === 0) return 'silent';
    if (kinds.size === 2) return 'mixed';
    if (kinds.has('down')) return 'down';
    return own.every(({ slow }) => slow) ? 'slow' : 'up';
  });
  const count = (...kinds: string[]): number =>
    groups.filter((kind) => kinds.includes(kind)).length;
  const [ups, downs, mixed] = [count('up', 'slow'), count('down'), count('mixed')];
  if (downs >= k) return 'down';
  if (ups >= k && downs + mixed === 0) return count('slow') * 2 > ups ? 'degraded' : 'up';
  if (ups >= k) return 'partial';
  return ups + downs + mixed < k ? 'unknown' : 'partial';
}

/** All ways in which those who have not voted may still do so, or stay silent. */
function* completions(all: readonly Member[], votes: CountedVote[]): Generator<CountedVote[]> {
  const open = all.find(({ region }) => votes.every((vote) => vote.region !== region));
  if (open === undefined) {
    yield votes;
    return;
  }
  const { region } = open;
  for (const [vote, slow] of [
    ['up', false],
    ['up', true],
    ['down', false],
    ['abstain', false],
  ] as const) {
    yield* completions(all, [...votes, cast(region, vote, slow)]);
  }
}

describe('a round', () => {
  it('is decided by the closed form when it is over', () => {
    fc.assert(
      fc.property(round, ({ members: all, votes, rule }) => {
        const k = requiredOf(rule, all);
        expect(decideRound(all, votes, k, { final: true })).toBe(closedForm(all, votes, k));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is decided early if and only if no outstanding vote can change it', () => {
    fc.assert(
      fc.property(round, ({ members: all, votes, rule }) => {
        const k = requiredOf(rule, all);
        const outcomes = new Set<Verdict>();
        for (const complete of completions(all, votes)) outcomes.add(closedForm(all, complete, k));
        const [only] = outcomes;
        const early = decideRound(all, votes, k, { final: false });
        expect(early).toBe(outcomes.size === 1 ? only : 'pending');
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order of votes or members', () => {
    fc.assert(
      fc.property(round, fc.boolean(), ({ members: all, votes, rule }, final) => {
        const k = requiredOf(rule, all);
        const there = decideRound(all, votes, k, { final });
        expect(decideRound(all.toReversed(), votes.toReversed(), k, { final })).toBe(there);
      }),
    );
  });

  it('takes silence for an abstention, and neither ever for a failure', () => {
    fc.assert(
      fc.property(round, ({ members: all, votes, rule }) => {
        const k = requiredOf(rule, all);
        const silent = votes.filter(({ vote }) => vote !== 'abstain');
        const verdict = decideRound(all, votes, k, { final: true });
        expect(decideRound(all, silent, k, { final: true })).toBe(verdict);
        const nobodyFails = votes.filter(({ vote }) => vote !== 'down');
        const without = decideRound(all, nobodyFails, k, { final: true });
        expect(['up', 'degraded', 'unknown']).toContain(without);
      }),
    );
  });

  it('is never brought closer to down or up by an absence', () => {
    fc.assert(
      fc.property(round, fc.nat(), ({ members: all, votes, rule }, pick) => {
        fc.pre(votes.length > 0 && new Set(all.map(({ group }) => group)).size === all.length);
        const k = requiredOf(rule, all);
        const fewer = votes.toSpliced(pick % votes.length, 1);
        const verdict = decideRound(all, fewer, k, { final: true });
        if (verdict === 'down') expect(decideRound(all, votes, k, { final: true })).toBe('down');
      }),
    );
  });

  it('does not call one slow group of two a majority', () => {
    const all = [
      { region: 'eu', group: 'a' },
      { region: 'us', group: 'b' },
    ];
    const slow = (us: boolean): string =>
      decideRound(all, [cast('eu', 'up', true), cast('us', 'up', us)], 2, { final: true });
    expect(slow(false)).toBe('up');
    expect(slow(true)).toBe('degraded');
  });
});

describe('k', () => {
  it('is that of the protocol for every quorum that can be reached', () => {
    fc.assert(
      fc.property(members, fc.constantFrom('majority', 'all', 'any', '2/3'), (all, rule) => {
        const groups = new Set(all.map(({ group }) => group)).size;
        expect(requiredOf(rule, all)).toBe(requiredVotes(rule, groups));
      }),
    );
  });

  it('is out of reach, not lowered, when there are too few groups or the rule is none', () => {
    const one = [{ region: 'eu', group: 'a' }];
    expect(requiredOf('3', one)).toBe(2);
    expect(requiredOf('0%', one)).toBe(2);
    expect(requiredOf('all', [])).toBe(1);
    expect(decideRound(one, [cast('eu', 'down', false)], 2, { final: true })).toBe('unknown');
  });
});
