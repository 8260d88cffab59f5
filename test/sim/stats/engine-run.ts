/**
 * Rounds through the real engine and nothing else: no network, no store, votes arrive at once.
 *
 * While all is plainly up a round whose probes all answer changes nothing that matters but the
 * count of rotation: `statistics.test.ts` holds the engine to that. With independent failures
 * such rounds need not be run one by one: how many there are before the next failure is drawn
 * at once (geometric), which has the same distribution. Every round with a failure, and every
 * round while anything is not plainly up, goes through `step`.
 */
import type { Member } from '@trustmonitor/protocol';
import {
  initialState,
  step,
  type Effect,
  type EngineConfig,
  type EngineEvent,
  type MonitorState,
} from '@trustmonitor/quorum';
import type { Rng } from '../kernel/rng.ts';
import type { VoteSource } from './sources.ts';

export const INTERVAL_MS = 30_000;
export const CONFIRM_AFTER_MS = 5_000;
/** From asking to having all votes. */
const ANSWER_MS = 100;

/** The defaults of a monitor. */
export function defaults(mode: EngineConfig['mode']): EngineConfig {
  const policy = {
    quorum: 'majority',
    confirmRounds: 2,
    confirmAfterMs: CONFIRM_AFTER_MS,
    recoverRounds: 2,
    partialOpens: false,
  };
  return { policy, mode, jobMs: 10_000, settleMs: 1_000, lingerMs: 400 };
}

export function groups(count: number): Member[] {
  return Array.from({ length: count }, (_, i) => ({ region: `r${i}`, group: `g${i}` }));
}

export class EngineRun {
  state: MonitorState;
  /** True time. */
  atMs = 0;
  rounds = 0;
  /** Of `rounds`, those that were not run one by one. */
  skipped = 0;
  opened = 0;
  readonly #members: readonly Member[];
  readonly #onEffect: (effect: Effect) => void;
  #source: VoteSource;
  #nextTickMs = 0;

  constructor(
    config: EngineConfig,
    regions: number,
    source: VoteSource,
    onEffect: (effect: Effect) => void = () => undefined,
  ) {
    this.state = initialState(1, config);
    this.#members = groups(regions);
    this.#source = source;
    this.#onEffect = onEffect;
  }

  /** From now on. */
  set source(source: VoteSource) {
    this.#source = source;
  }

  get isSteady(): boolean {
    const { verdict, standing, streak, unknown, grey, round, incident } = this.state;
    const isPlain = verdict === 'up' && standing === 'up' && grey.score === 0;
    return isPlain && !(streak ?? unknown ?? round ?? incident);
  }

  /** Goes on from a state of another run. */
  resume(state: MonitorState): void {
    this.state = state;
    this.atMs = state.clock;
    this.#nextTickMs = state.clock + INTERVAL_MS;
  }

  /** Runs until `limit` rounds are over, skipping what changes nothing if `chance` is given. */
  run(limit: number, chance?: Rng): void {
    while (this.rounds < limit) this.next(limit, chance);
  }

  /** The next round, or with `chance` the next that matters and those before it. */
  next(limit: number, chance?: Rng): void {
    const { failure } = this.#source;
    if (chance === undefined || failure === null || !this.isSteady) {
      this.#round(null);
      return;
    }
    this.#skip(failure, chance, limit);
    if (this.rounds < limit) this.#round(this.#failingVotes(chance, failure));
  }

  /** One round, when it is due; `first` are the votes of those who are asked first. */
  #round(first: readonly ('up' | 'down')[] | null): void {
    const wanted = this.state.wantsRoundAt ?? Infinity;
    const dueMs = Math.max(this.atMs, Math.min(this.#nextTickMs, wanted));
    if (dueMs >= this.#nextTickMs) this.#nextTickMs += INTERVAL_MS;
    this.atMs = dueMs;
    this.rounds += 1;
    const round = String(this.rounds);
    let effects = this.#feed({ type: 'round.due', at: dueMs, round, members: this.#members });
    let given = first;
    for (
      let ask = askOf(effects);
      ask !== null && this.state.round !== null;
      ask = askOf(effects)
    ) {
      const asked = this.atMs;
      this.atMs += ANSWER_MS;
      const votes = ask.regions.map((region, i) => ({
        agent: region,
        region,
        vote: given?.[i] ?? this.#source.vote(Number(region.slice(1)), asked),
        slow: false,
      }));
      given = null;
      effects = this.#feed({ type: 'votes', at: this.atMs, round, votes });
    }
  }

  #feed(event: EngineEvent): readonly Effect[] {
    const { state, effects } = step(this.state, event);
    this.state = state;
    for (const effect of effects) {
      if (effect.type === 'incident' && effect.step === 'open') this.opened += 1;
      this.#onEffect(effect);
    }
    return effects;
  }

  /** Leaves out the rounds before the next in which somebody who is asked fails. */
  #skip(failure: number, chance: Rng, limit: number): void {
    const quiet = Math.floor(Math.log(1 - chance.float()) / Math.log1p(-this.#roundFails(failure)));
    const count = Math.min(quiet, limit - this.rounds);
    this.rounds += count;
    this.skipped += count;
    this.#nextTickMs += count * INTERVAL_MS;
    this.atMs = this.#nextTickMs;
    const rotation = (this.state.rotation + count) % this.#members.length;
    this.state = { ...this.state, rotation };
  }

  #roundFails(failure: number): number {
    const asked = this.state.config.mode === 'rotate' ? 1 : this.#members.length;
    return 1 - (1 - failure) ** asked;
  }

  /** Votes of those asked first, given that one of them fails at least. */
  #failingVotes(chance: Rng, failure: number): ('up' | 'down')[] {
    if (this.state.config.mode === 'rotate') return ['down'];
    for (;;) {
      const votes = this.#members.map(() => (chance.chance(failure) ? 'down' : 'up'));
      if (votes.includes('down')) return votes;
    }
  }
}

function askOf(effects: readonly Effect[]): Extract<Effect, { type: 'ask' }> | null {
  return effects.findLast((effect) => effect.type === 'ask') ?? null;
}
