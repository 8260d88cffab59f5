/** A made-up world around the engine: schedules, delivers, duplicates, restarts, revises. */
import type { Member, Vote } from '@trustmonitor/protocol';
import fc from 'fast-check';
import { initialState, nextWake, step, suspend } from '../src/index.ts';
import type { Effect, EngineConfig, EngineEvent, MonitorState } from '../src/index.ts';

/** What each region does in one round; `null` says nothing. */
interface Answer {
  readonly vote: Vote | null;
  readonly delayMs: number;
  readonly slow: boolean;
}

export interface Occasion {
  readonly answers: readonly Answer[];
  /** What else happens in the round. */
  readonly mishap: 'none' | 'twice' | 'foreign' | 'late' | 'restart' | 'revise' | 'due' | 'clock';
  /** Places of the regions that are in quarantine. */
  readonly quarantined: readonly number[];
  readonly drained: readonly number[];
}

export interface World {
  readonly config: EngineConfig;
  readonly members: readonly Member[];
  readonly occasions: readonly Occasion[];
}

/** One step of a run, with the states on both sides of it. */
export interface Trace {
  readonly before: MonitorState;
  readonly event: EngineEvent | null;
  readonly after: MonitorState;
  readonly effects: readonly Effect[];
}

const INTERVAL_MS = 10_000;

const SILENT: Answer = { vote: null, delayMs: 0, slow: false };

const vote = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Vote>('up') },
  { weight: 5, arbitrary: fc.constant<Vote>('down') },
  { weight: 1, arbitrary: fc.constantFrom<Vote | null>('abstain', null) },
);

const answer: fc.Arbitrary<Answer> = fc.record({
  vote,
  delayMs: fc.nat({ max: 1_500 }),
  slow: fc.boolean(),
});

const mishap = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Occasion['mishap']>('none') },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Occasion['mishap']>(
      'twice',
      'foreign',
      'late',
      'restart',
      'revise',
      'due',
      'clock',
    ),
  },
);

/** Regions tend to be of one mind, or nothing would ever be confirmed. */
const occasion = (regions: number): fc.Arbitrary<Occasion> => {
  const answers = fc.oneof(
    fc.array(answer, { minLength: regions, maxLength: regions }),
    answer.map((one) => Array.from({ length: regions }, () => one)),
    fc
      .tuple(answer, answer, fc.nat({ max: regions - 1 }))
      .map(([most, odd, at]) => Array.from({ length: regions }, (_, i) => (i === at ? odd : most))),
  );
  const out = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.nat({ max: regions - 1 }), { maxLength: 2 }),
  );
  return fc.record({ answers, mishap, quarantined: out, drained: out });
};

/** What the world is like stays so for a while. */
function lasting({ mishap: first, ...rest }: Occasion, rounds: number): Occasion[] {
  return Array.from({ length: rounds }, (_, i) => ({ ...rest, mishap: i === 0 ? first : 'none' }));
}

const membership: fc.Arbitrary<Member[]> = fc
  .array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 })
  .map((groups) => groups.map((group, i) => ({ region: `r${i}`, group: `g${group}` })));

const engineConfig: fc.Arbitrary<EngineConfig> = fc.record({
  policy: fc.record({
    quorum: fc.constantFrom('majority', 'majority', 'all', 'any', '2/3', '2'),
    confirmRounds: fc.integer({ min: 1, max: 4 }),
    confirmAfterMs: fc.constantFrom(0, 1, 5_000, 25_000),
    recoverRounds: fc.integer({ min: 1, max: 3 }),
    partialOpens: fc.boolean(),
  }),
  mode: fc.constantFrom<EngineConfig['mode']>('rotate', 'all'),
  jobMs: fc.constantFrom(500, 2_000),
  settleMs: fc.constantFrom(0, 500),
  lingerMs: fc.constantFrom(0, 300),
});

export const world: fc.Arbitrary<World> = membership.chain((members) =>
  fc.record({
    config: engineConfig,
    members: fc.constant(members),
    occasions: fc
      .array(fc.tuple(occasion(members.length), fc.integer({ min: 1, max: 5 })), {
        minLength: 1,
        maxLength: 12,
      })
      .map((weathers) => weathers.flatMap(([weather, rounds]) => lasting(weather, rounds))),
  }),
);

/** Runs the world and returns every step of it. */
export function live({ config, members, occasions }: World): Trace[] {
  const run = new Run(config, members);
  for (const each of occasions) run.occasion(each);
  return run.trace;
}

class Run {
  readonly trace: Trace[] = [];
  readonly #members: readonly Member[];
  #state: MonitorState;
  #now = 1_000_000;
  #out: { quarantined: string[]; drained: string[] } = { quarantined: [], drained: [] };
  #rounds = 0;

  constructor(config: EngineConfig, members: readonly Member[]) {
    this.#members = members;
    this.#state = freeze(initialState(1, config));
  }

  occasion({ answers, mishap, quarantined, drained }: Occasion): void {
    const namesOf = (some: readonly number[]) => some.map((i) => this.#members[i]?.region ?? '');
    this.#out = { quarantined: namesOf(quarantined), drained: namesOf(drained) };
    const wanted = this.#state.wantsRoundAt ?? Infinity;
    this.#now = Math.max(this.#now, Math.min(wanted, this.#now + INTERVAL_MS));
    const round = this.#due();
    this.#deliver(answers, mishap);
    this.#mishap(round, mishap);
    for (let wake = nextWake(this.#state); wake !== null; wake = nextWake(this.#state)) {
      this.#now = Math.max(this.#now, wake);
      this.#step({ type: 'time', at: this.#now });
      this.#deliver(answers, 'none');
    }
  }

  #due(): string {
    this.#rounds += 1;
    const round = `round-${this.#rounds}`;
    const members = this.#members;
    this.#step({ type: 'round.due', at: this.#now, round, members, ...this.#out });
    return round;
  }

  /** Delivers the answers of those who were asked, in the order of their delays. */
  #deliver(answers: readonly Answer[], mishap: Occasion['mishap']): void {
    for (;;) {
      const { round } = this.#state;
      if (round === null) return;
      const { asked, votes, openedAt } = round;
      const waiting = this.#members.flatMap(({ region }, i) => {
        const { vote: cast, delayMs, slow } = answers[i] ?? SILENT;
        const may = asked.includes(region) && votes.every((counted) => counted.region !== region);
        return may && cast !== null ? [{ region, cast, delayMs, slow }] : [];
      });
      const next = waiting.toSorted((a, b) => a.delayMs - b.delayMs)[0];
      if (next === undefined) return;
      this.#now = Math.max(this.#now, openedAt + next.delayMs);
      this.#vote(round.id, next.region, next.cast, next.slow);
      if (mishap === 'twice') this.#vote(round.id, next.region, 'down', false);
      if (mishap === 'foreign') this.#vote('never-was', next.region, 'down', false);
    }
  }

  #mishap(round: string, mishap: Occasion['mishap']): void {
    if (mishap === 'late') this.#vote(round, this.#members[0]?.region ?? '', 'down', false);
    if (mishap === 'due') this.#due();
    if (mishap === 'clock') this.#now -= 60_000;
    if (mishap === 'restart') {
      const before = this.#state;
      this.#state = freeze(suspend(JSON.parse(JSON.stringify(before)) as MonitorState));
      this.trace.push({ before, event: null, after: this.#state, effects: [] });
    }
    if (mishap === 'revise') {
      const { revision, config } = this.#state;
      this.#step({ type: 'revised', at: this.#now, revision: revision + 1, config });
    }
  }

  #vote(round: string, region: string, cast: Vote, slow: boolean): void {
    const agent = `agent-${region}`;
    this.#step({ type: 'vote', at: this.#now, round, agent, region, vote: cast, slow });
  }

  #step(event: EngineEvent): void {
    const before = this.#state;
    const { state, effects } = step(before, freeze(event));
    this.#state = freeze(state);
    this.trace.push({ before, event, after: state, effects });
  }
}

/** Deep-freezes plain data, so that a mutation throws. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
