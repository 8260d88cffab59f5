import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AWAY_MS, BrokerLink, SETTLED_MS, type BrokerState } from '../../src/lease/broker-link.ts';
import { planLeases, type LeaseRow, type LiveCoordinator } from '../../src/lease/plan.ts';

const NOW = 1_000_000;
const TTL_MS = 10_000;
/** One that has not been heard of for this long is not counted on, although it holds its shards. */
const LIVE_MS = 5_000;
const STEP_MS = 2_000;

/** `A`, `B`: held; `a`, `b`: expired now; `.`: just released; `_`: released long ago. */
function leasesOf(text: string): LeaseRow[] {
  return Array.from(text).map((letter, shard) => {
    if (letter === '.' || letter === '_') {
      return { shard, owner: null, epoch: 1, expiresAtMs: letter === '.' ? NOW : NOW - 60_000 };
    }
    const isHeld = letter === letter.toUpperCase();
    return {
      shard,
      owner: letter.toUpperCase(),
      epoch: 1,
      expiresAtMs: isHeld ? NOW + TTL_MS : NOW,
    };
  });
}

const BROKERS: Readonly<Record<string, BrokerState>> = { '?': 'doubtful', '-': 'away' };

/** `A`: its broker is there; `A?`: doubtful; `A-`: away. */
const liveOf = (text: string): LiveCoordinator[] =>
  [...text.matchAll(/(.)([?-]?)/g)].map(([, id = '', mark = '']) => {
    return { id, broker: BROKERS[mark] ?? 'there' };
  });

const plan = (text: string, live: string, me = 'A') =>
  planLeases({ leases: leasesOf(text), live: liveOf(live), me, nowMs: NOW });

describe('planLeases', () => {
  test.each([
    ['alone it takes all that is free', '________', 'A', [0, 1, 2, 3, 4, 5, 6, 7], []],
    ['alone it waits for what is held', 'BBBB....', 'A', [4, 5, 6, 7], []],
    ['alone it takes what has expired', 'bbbbAAAA', 'A', [0, 1, 2, 3], []],
    ['what it let expire itself is free too', 'aaaaAAAA', 'A', [0, 1, 2, 3], []],
    ['two that begin together share', '........', 'AB', [0, 2, 4, 6], []],
    ['a fair share moves nothing', 'AABBABBA', 'AB', [], []],
    ['nor does the larger one', 'AAABBCCC', 'ABC', [], []],
    ['of a surplus the highest is given away', 'AAAAAAAA', 'AB', [], [7]],
    ['but not while the one before is free', 'AAAAAAA.', 'AB', [], []],
    ['one too many is given away too', 'AAAAABBB', 'AB', [], [4]],
    ['who has too few waits', 'BBBBBBBB', 'AB', [], []],
    ['and takes what is let go', 'BBBBBBB.', 'AB', [7], []],
    ['what is left lying is anybody’s', 'AAAA_BBB', 'AB', [4], []],
    ['who shuts down lets all go', 'AABBAABB', 'B', [], [0, 1, 4, 5]],
    ['so does one whose broker is away', 'AABBAABB', 'A-B', [], [0, 1, 4, 5]],
    ['which takes nothing, however long it lies', 'AA__BBBB', 'A-B', [], [0, 1]],
    ['what another lets go so is taken at once', '....AAAA', 'AB-', [0, 1, 2, 3], []],
    ['in doubt it keeps what it has, and no more', 'AA__BBBB', 'A?B', [], []],
    ['even beyond a share', 'AAAAAAAA', 'A?B', [], []],
    ['nobody waits for one in doubt', 'AAAA....', 'AB?', [4, 5, 6, 7], []],
    ['without any broker all keep what they have', 'AAAAAAAA', 'A-B?', [], []],
    ['and share what is free', '........', 'A-B-', [0, 2, 4, 6], []],
  ])('%s', (_title, leases, live, take, release) => {
    expect(plan(leases, live)).toEqual({ take, release });
  });
});

/** Coordinators on one table, each looking and writing at moments of its own, as the store does. */
class World {
  now = NOW;
  rows: LeaseRow[];
  readonly seenAt = new Map<string, number>();
  /** Of those that are not named the broker is there. */
  readonly brokers = new Map<string, BrokerState>();
  /** What each may write by: as it was when it looked. */
  readonly #moves = new Map<string, number>();

  constructor(shards: number) {
    this.rows = Array.from({ length: shards }, (_, shard) => ({
      shard,
      owner: null,
      epoch: 0,
      expiresAtMs: 0,
    }));
  }

  live(): LiveCoordinator[] {
    return [...this.seenAt]
      .filter(([, at]) => this.now - at < LIVE_MS)
      .map(([id]) => ({ id, broker: this.brokers.get(id) ?? 'there' }));
  }

  look(me: string): ReturnType<typeof planLeases> {
    this.seenAt.set(me, this.now);
    return planLeases({ leases: this.rows, live: this.live(), me, nowMs: this.now });
  }

  /** Writes a plan, made now or a while ago: only what is still free is taken. */
  write(me: string, { take, release }: ReturnType<typeof planLeases>): void {
    this.rows = this.rows.map((row) => {
      const isFree = row.owner === null || row.expiresAtMs <= this.now;
      if (isFree && !take.includes(row.shard)) return row;
      if (!isFree && row.owner !== me) return row;
      if (release.includes(row.shard)) return { ...row, owner: null, expiresAtMs: this.now };
      this.#moves.set(me, (this.#moves.get(me) ?? 0) + (isFree ? 1 : 0));
      return {
        ...row,
        owner: me,
        epoch: row.epoch + (isFree ? 1 : 0),
        expiresAtMs: this.now + TTL_MS,
      };
    });
  }

  step(owners: readonly string[]): void {
    this.now += STEP_MS;
    for (const owner of owners) this.write(owner, this.look(owner));
  }

  moves(): number {
    return [...this.#moves.values()].reduce((sum, count) => sum + count, 0);
  }

  counts(owners: readonly string[]): number[] {
    return owners.map((owner) => this.rows.filter((row) => row.owner === owner).length);
  }
}

const fleet = fc.subarray(['A', 'B', 'C', 'D', 'E'], { minLength: 1 });

describe('a fleet that plans', () => {
  test('shares fairly whoever comes, goes and dies, and then moves nothing', () => {
    fc.assert(
      fc.property(fc.array(fleet, { minLength: 1, maxLength: 4 }), (fleets) => {
        const world = new World(16);
        for (const owners of fleets) {
          for (let step = 0; step < 30; step++) world.step(owners);
          const counts = world.counts(owners);
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(16);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
          const settled = world.moves();
          for (let step = 0; step < 5; step++) world.step(owners);
          expect(world.moves()).toBe(settled);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('is where a broker is, and moves nothing where there is none', () => {
    const states = fc.record({
      A: fc.constantFrom<BrokerState>('there', 'doubtful', 'away'),
      B: fc.constantFrom<BrokerState>('there', 'doubtful', 'away'),
      C: fc.constantFrom<BrokerState>('there', 'doubtful', 'away'),
    });
    const owners = ['A', 'B', 'C'];
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 5 }), (phases) => {
        const world = new World(16);
        for (let step = 0; step < 30; step++) world.step(owners);
        for (const phase of phases) {
          const before = world.moves();
          for (const [owner, broker] of Object.entries(phase)) world.brokers.set(owner, broker);
          for (let step = 0; step < 30; step++) world.step(owners);
          const counts = new Map(owners.map((owner, i) => [owner, world.counts(owners)[i] ?? 0]));
          expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(16);
          const isAnyThere = Object.values(phase).includes('there');
          for (const [owner, broker] of Object.entries(phase)) {
            if (isAnyThere && broker === 'away') expect(counts.get(owner)).toBe(0);
          }
          if (!isAnyThere) expect(world.moves()).toBe(before);
          const settled = world.moves();
          for (let step = 0; step < 5; step++) world.step(owners);
          expect(world.moves()).toBe(settled);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('settles from old views too, and raises the epoch with every change of owner', () => {
    const action = fc.record({ owner: fc.constantFrom('A', 'B', 'C'), old: fc.boolean() });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const world = new World(16);
        const views = new Map<string, ReturnType<typeof planLeases>>();
        for (const { owner, old } of actions) {
          world.now += 700;
          const fresh = world.look(owner);
          const before = world.rows;
          world.write(owner, (old ? views.get(owner) : undefined) ?? fresh);
          views.set(owner, fresh);
          for (const [i, row] of world.rows.entries()) {
            const was = before[i];
            if (row.owner === null || row.owner === was?.owner) continue;
            expect(row.epoch).toBe((was?.epoch ?? 0) + 1);
          }
        }
        for (let step = 0; step < 30; step++) world.step(['A', 'B', 'C']);
        expect(world.counts(['A', 'B', 'C']).toSorted()).toEqual([5, 5, 6]);
      }),
      { numRuns: 200 },
    );
  });

  test('leaves no shard without an owner for more than a step when one dies and one leaves', () => {
    const world = new World(16);
    for (let step = 0; step < 30; step++) world.step(['A', 'B', 'C']);
    // C shuts down in order; B is dead and not known to be.
    world.rows = world.rows.map((row) =>
      row.owner === 'C' ? { ...row, owner: null, expiresAtMs: world.now } : row,
    );
    world.seenAt.delete('C');
    let longestFree = 0;
    for (let step = 1; step <= 8; step++) {
      world.step(['A']);
      const free = world.rows.filter(({ owner }) => owner === null).length;
      if (free > 0) longestFree = step;
    }
    expect(longestFree * STEP_MS).toBeLessThanOrEqual(6_000);
    expect(world.counts(['A'])).toEqual([16]);
  });
});

describe('a link to the broker', () => {
  const link = new BrokerLink(true, NOW);
  let now = NOW;
  /** As it stands after so long; `up` and `down`: what became of the connection before. */
  const after = (ms: number, news?: 'up' | 'down'): BrokerState => {
    if (news !== undefined) link.note(news === 'up', now);
    now += ms;
    return link.at(now);
  };

  test('is relied on from the start, given up after a while, and trusted again after another', () => {
    expect(after(0)).toBe('there');
    expect(after(AWAY_MS - 1, 'down')).toBe('doubtful');
    expect(after(1, 'down')).toBe('away');
    expect(after(0, 'up')).toBe('doubtful');
    expect(after(SETTLED_MS - 1, 'up')).toBe('doubtful');
    expect(after(1)).toBe('there');
    expect(new BrokerLink(false, NOW).at(NOW)).toBe('doubtful');
    expect(new BrokerLink(false, NOW).at(NOW + AWAY_MS)).toBe('away');
  });

  test('is in doubt while it flaps, however long', () => {
    const seen = Array.from({ length: 400 }, (_, i) => after(1_500, i % 2 === 0 ? 'down' : 'up'));
    expect(new Set(seen)).toEqual(new Set(['doubtful']));
    expect(after(SETTLED_MS)).toBe('there');
  });
});
