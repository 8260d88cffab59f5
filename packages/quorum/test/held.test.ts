/** While incidents are held back: one round more, opened afterwards, and the same records. */
import type { Vote } from '@trustmonitor/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { initialState, replay, step, type Effect, type MonitorState } from '../src/index.ts';

const MEMBERS = ['ap', 'eu', 'us'].map((region) => ({ region, group: region }));
type Opening = Extract<Effect, { type: 'incident' }>;

interface Run {
  readonly rounds: number;
  readonly afterMs: number;
  readonly votes: readonly Vote[];
  readonly heldSince: number | null;
}

/** A round each second, in which all say the same, until an incident opens. */
function run({ rounds, afterMs, votes, heldSince }: Run): { opening: Opening; nth: number } | null {
  const policy = {
    quorum: 'majority',
    confirmRounds: rounds,
    confirmAfterMs: afterMs,
    recoverRounds: 2,
    partialOpens: false,
  } as const;
  const config = { policy, mode: 'all', jobMs: 500, settleMs: 100, lingerMs: 0 } as const;
  let state: MonitorState = { ...initialState(1, config), verdict: 'up', standing: 'up' };
  for (const [nth, vote] of votes.entries()) {
    const at = 1_000 * (nth + 1);
    const round = `00000000-0000-7000-8000-${String(nth).padStart(12, '0')}`;
    // The hold begins between two rounds: those before it never heard of it.
    const held = heldSince !== null && at > heldSince ? heldSince : null;
    state = step(state, { type: 'round.due', at, round, members: MEMBERS }, held).state;
    const cast = MEMBERS.map(({ region }) => ({ region, agent: region, vote, slow: false }));
    const stepped = step(state, { type: 'votes', at: at + 10, round, votes: cast }, held);
    state = stepped.state;
    const opening = stepped.effects.find((effect): effect is Opening => effect.type === 'incident');
    if (opening !== undefined) {
      expect(opening.step).toBe('open');
      const listed = opening.rounds.map((closed) => ({ ...closed, round: closed.id }));
      const claim = { policy, members: MEMBERS, rounds: listed, standing: null };
      const replayed = replay({ ...claim, step: opening.step, verdict: opening.verdict });
      expect(replayed).toMatchObject({ follows: true });
      return { opening, nth };
    }
  }
  return null;
}

test('whatever is voted, a hold only delays, the last round is afresh, and the record follows', () => {
  const vote = fc.constantFrom<Vote>('down', 'down', 'down', 'up', 'abstain');
  const worlds = fc.record({
    rounds: fc.integer({ min: 1, max: 4 }),
    afterMs: fc.constantFrom(0, 1_500, 5_000),
    votes: fc.array(vote, { maxLength: 24 }),
    heldSince: fc.integer({ min: 0, max: 8_500 }),
  });
  fc.assert(
    fc.property(worlds, (world) => {
      const free = run({ ...world, heldSince: null });
      const held = run(world);
      if (held === null) return;
      expect(free).not.toBeNull();
      expect(held.nth).toBeGreaterThanOrEqual(free!.nth);
      const last = held.opening.rounds.at(-1)!;
      if (last.openedAt > world.heldSince) expect(last.verdict).toBe('down');
      else expect(held.nth).toBe(free!.nth);
    }),
    { numRuns: 300 },
  );
});

test('what is truly down opens one round later', () => {
  const votes = Array.from({ length: 12 }, (): Vote => 'down');
  for (const rounds of [1, 2, 3]) {
    const world = { rounds, afterMs: 0, votes };
    expect(run({ ...world, heldSince: null })?.nth).toBe(rounds - 1);
    expect(run({ ...world, heldSince: 0 })?.nth).toBe(rounds);
    // It began after the round that would have opened it but for the last.
    if (rounds > 1) expect(run({ ...world, heldSince: 1_000 * rounds - 500 })?.nth).toBe(rounds);
  }
});
