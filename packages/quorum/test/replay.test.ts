/** Live and replay agree: what the engine recorded follows, and nothing less does. */
import { requiredVotes } from '@trustmonitor/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClosedRound, Effect, ReplayClaim } from '../src/index.ts';
import { replay } from '../src/index.ts';
import { live, world, type World } from './live.ts';

type Step = Extract<Effect, { type: 'incident' }>;

/** The claims of the records that a run leaves behind. */
function claimsOf(one: World): ReplayClaim[] {
  const claims: ReplayClaim[] = [];
  let standing: ReplayClaim['standing'] = null;
  for (const { effects } of live(one)) {
    for (const effect of effects) {
      if (effect.type !== 'incident') continue;
      claims.push(claimOf(effect, one, standing));
      standing = effect.step === 'resolve' ? null : effect.incident.kind;
    }
  }
  return claims;
}

function claimOf(effect: Step, one: World, standing: ReplayClaim['standing']): ReplayClaim {
  return {
    policy: one.config.policy,
    members: effect.rounds[0]?.members ?? [],
    rounds: effect.rounds.map(recorded),
    step: effect.step,
    verdict: effect.verdict,
    standing,
  };
}

function recorded({ id, openedAt, closedAt, votes }: ClosedRound): ReplayClaim['rounds'][number] {
  return { round: id, openedAt, closedAt, votes };
}

function everyClaim(check: (claim: ReplayClaim) => void, numRuns = 150): void {
  fc.assert(
    fc.property(world, (one) => claimsOf(one).forEach(check)),
    { numRuns },
  );
}

const follows = (claim: ReplayClaim): boolean => replay(claim).follows;

describe('replay', () => {
  it('bears out every incident step of a live run, with its rounds', () => {
    fc.assert(
      fc.property(world, (one) => {
        const verdicts = new Map<string, string>();
        for (const { effects } of live(one)) {
          for (const effect of effects) {
            if (effect.type === 'round.closed') verdicts.set(effect.round.id, effect.round.verdict);
          }
        }
        for (const claim of claimsOf(one)) {
          const replayed = replay(claim);
          expect(replayed.reason).toBeNull();
          expect(replayed.follows).toBe(true);
          const ids = claim.rounds.map(({ round }) => round);
          expect(replayed.rounds).toEqual(
            ids.map((round) => ({ round, verdict: verdicts.get(round) })),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('does so in whatever order the votes are listed', () => {
    everyClaim((claim) => {
      const rounds = claim.rounds.map((one) => ({ ...one, votes: one.votes.toReversed() }));
      expect(follows({ ...claim, rounds })).toBe(true);
    });
  });

  it('refuses a record with any one round taken away', () => {
    everyClaim((claim) => {
      claim.rounds.forEach((_, i) => {
        expect(follows({ ...claim, rounds: claim.rounds.toSpliced(i, 1) })).toBe(false);
      });
    });
  });

  it('refuses a down record with one vote fewer than k needs', () => {
    everyClaim((claim) => {
      if (claim.verdict !== 'down') return;
      const groupOf = new Map(claim.members.map(({ region, group }) => [region, group]));
      if (new Set(groupOf.values()).size !== groupOf.size) return;
      claim.rounds.forEach((round, i) => {
        const votes = round.votes.filter(({ vote }) => vote !== 'down');
        const k = requiredVotes(claim.policy.quorum, claim.members.length);
        const downs = round.votes.filter(({ vote }) => vote === 'down').slice(0, k - 1);
        const rounds = claim.rounds.with(i, { ...round, votes: [...votes, ...downs] });
        expect(follows({ ...claim, rounds })).toBe(false);
      });
    });
  });

  it('refuses every other verdict, step and standing', () => {
    everyClaim((claim) => {
      for (const verdict of ['up', 'degraded', 'partial', 'down', 'unknown'] as const) {
        expect(follows({ ...claim, verdict })).toBe(verdict === claim.verdict);
      }
      for (const step of ['open', 'update', 'resolve'] as const) {
        expect(follows({ ...claim, step })).toBe(step === claim.step);
      }
      if (claim.step === 'open') {
        expect(follows({ ...claim, standing: claim.verdict as 'down' | 'partial' })).toBe(false);
      } else expect(follows({ ...claim, standing: null })).toBe(false);
    });
  });

  it('refuses a stricter policy than was met', () => {
    everyClaim((claim) => {
      const { confirmRounds, recoverRounds } = claim.policy;
      const rounds = claim.rounds.length;
      const [first, last] = [claim.rounds[0]!, claim.rounds.at(-1)!];
      const span = last.closedAt - first.closedAt;
      const stricter = [
        { ...claim.policy, confirmAfterMs: span + 1 },
        {
          ...claim.policy,
          confirmRounds: Math.max(confirmRounds, rounds) + 1,
          recoverRounds: Math.max(recoverRounds, rounds) + 1,
        },
      ];
      for (const policy of stricter) expect(follows({ ...claim, policy })).toBe(false);
    });
  });
});

const MEMBERS = ['ap', 'eu', 'us'].map((region) => ({ region, group: region }));

function down(round: string, openedAt: number): ReplayClaim['rounds'][number] {
  const votes = ['eu', 'us'].map((region) => ({
    agent: `agent-${region}`,
    region,
    vote: 'down' as const,
    slow: false,
  }));
  return { round, openedAt, closedAt: openedAt + 100, votes };
}

const HONEST: ReplayClaim = {
  policy: {
    quorum: 'majority',
    confirmRounds: 2,
    confirmAfterMs: 5_000,
    recoverRounds: 2,
    partialOpens: false,
  },
  members: MEMBERS,
  rounds: [down('r1', 1_000), down('r2', 6_000)],
  step: 'open',
  verdict: 'down',
  standing: null,
};

describe('a forged record', () => {
  const reasonOf = (forgery: Partial<ReplayClaim>): string | null =>
    replay({ ...HONEST, ...forgery }).reason;

  it('is told from an honest one', () => {
    expect(reasonOf({})).toBeNull();
  });

  it('is refused with the reason', () => {
    const [r1, r2] = [down('r1', 1_000), down('r2', 6_000)];
    expect(reasonOf({ rounds: [] })).toBe('the rounds do not confirm the step open');
    expect(reasonOf({ rounds: [r1, down('r2', 5_999)] })).toMatch(/do not confirm/);
    expect(reasonOf({ rounds: [r1, r2, down('r3', 12_000)] })).toMatch(/already from round r2/);
    expect(reasonOf({ verdict: 'partial' })).toBe('the rounds lead to down, not to partial');
    expect(reasonOf({ standing: 'partial' })).toBe('the rounds lead to update, not to open');
    expect(reasonOf({ rounds: [r1, { ...r2, round: 'r1' }] })).toMatch(/listed twice/);
    expect(reasonOf({ rounds: [r2, r1] })).toMatch(/before the one before it closed/);
    expect(reasonOf({ rounds: [r1, { ...r2, openedAt: 7_000 }] })).toMatch(
      /closes before it opens/,
    );
    expect(reasonOf({ rounds: [r1, { ...r2, closedAt: NaN }] })).toMatch(/closes before it opens/);
    expect(reasonOf({ policy: { ...HONEST.policy, quorum: '5/3' } })).toMatch(/is late/);
  });

  it('cannot make one region count for more', () => {
    const [vote] = down('r1', 1_000).votes;
    const padded = HONEST.rounds.map((round) => ({ ...round, votes: [vote!, vote!] }));
    expect(reasonOf({ rounds: padded })).toBe('the vote of eu in round r1 is duplicate');
    const twice = [...MEMBERS, { region: 'eu', group: 'another' }];
    const alone = HONEST.rounds.map((round) => ({ ...round, votes: [vote!] }));
    expect(reasonOf({ rounds: alone, members: twice })).toMatch(/do not confirm/);
    const stranger = HONEST.rounds.map((round) => ({
      ...round,
      votes: [vote!, { ...vote!, region: 'mars' }],
    }));
    expect(reasonOf({ rounds: stranger })).toBe('the vote of mars in round r1 is not_a_member');
  });

  it('cannot put two regions of one group forward as two groups', () => {
    const oneGroup = MEMBERS.map(({ region }) => ({
      region,
      group: region === 'ap' ? 'ap' : 'atlantic',
    }));
    expect(reasonOf({ members: oneGroup })).toMatch(/do not confirm/);
  });
});
