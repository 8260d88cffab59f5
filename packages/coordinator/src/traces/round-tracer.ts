/**
 * Follows rounds from their first job to what they decided, and hands out their spans when they are
 * over:
 *
 *     round
 *       job (one for each region that was asked; the agent's probe is below it)
 *       decide (until it was committed)
 */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Tracing } from '@trustmonitor/tracing';
import type { Decisions } from '../decide.ts';
import { spansOfRound, type RoundTrace } from './spans.ts';

/** Rounds that are followed at a time: of those that never close here the oldest are forgotten. */
const MAX_ROUNDS = 20_000;

export class RoundTracer {
  readonly #tracing: Tracing;
  readonly #open = new Map<Uuid7, RoundTrace>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** Called for decisions that are committed. */
  observe(decisions: Decisions, committedAtMs: number): void {
    if (!this.#tracing.isOn) return;
    for (const { effect } of decisions.asks) {
      const { asked } = this.#of(effect.round);
      for (const region of effect.regions) {
        // The first job of a region begins its span, also where it is sent once more.
        if (!asked.has(region)) asked.set(region, { atMs: effect.at, phase: effect.phase });
      }
    }
    for (const { effect } of decisions.votes) {
      const { at, vote, agent } = effect;
      this.#of(effect.round).votes.set(effect.region, { atMs: at, vote, agent });
    }
    for (const closed of decisions.rounds) {
      const { id } = closed.effect.round;
      const trace = this.#of(id);
      this.#open.delete(id);
      this.#tracing.record(() => spansOfRound(closed, trace, decisions, committedAtMs));
    }
  }

  #of(round: Uuid7): RoundTrace {
    const known = this.#open.get(round);
    if (known !== undefined) return known;
    const trace: RoundTrace = { asked: new Map(), votes: new Map() };
    this.#open.set(round, trace);
    if (this.#open.size > MAX_ROUNDS) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) this.#open.delete(oldest);
    }
    return trace;
  }
}
