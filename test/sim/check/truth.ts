/**
 * I4: nothing opens or closes against the truth. What is held against a decision:
 *
 * - Each counted vote of an honest, fit agent was probed within its round, in true time. So a
 *   late or foreign vote is found at once, whatever it says.
 * - In the round that settles a step, fewer than k groups vote for it because they lie or because
 *   their own network fails: at least one that is honest and fit saw the target so at an instant
 *   of that very round. In the rounds before, k may be wrong (a liar, and a region whose way out
 *   heals between its probe and its canaries): the incident then opens a confirmation early, and
 *   still not before the target is down.
 */
import type { ClosedRound } from '@trustmonitor/quorum';
import type { About, IncidentEffect } from '../../../packages/coordinator/src/decide.ts';
import type { ResultRow } from '../../../packages/coordinator/src/store/results.ts';
import type { Notary } from '../model/notary.ts';
import { Breach } from './breach.ts';

export class TruthCheck {
  readonly #notary: Notary;
  /** True time at which each round was opened. */
  readonly #openedAt = new Map<string, number>();

  constructor(notary: Notary) {
    this.#notary = notary;
  }

  roundDecided(round: string, at: number): void {
    if (!this.#openedAt.has(round)) this.#openedAt.set(round, at);
  }

  voteCounted({ result, leaf }: ResultRow, at: number): void {
    const provenance = this.#notary.provenanceOf(leaf);
    const openedAt = this.#openedAt.get(result.round);
    if (provenance === undefined) throw new Breach('I4', `nobody signed the vote ${leaf}`);
    if (openedAt === undefined) throw new Breach('I4', `round ${result.round} was never opened`);
    if (provenance.cause === 'lie') return;
    const { probedAt } = provenance;
    if (probedAt >= openedAt && probedAt <= at) return;
    const off = probedAt - openedAt;
    throw new Breach(
      'I4',
      `the vote of ${result.agent} counts in round ${result.round}, but was probed ${off} ms after that round opened`,
    );
  }

  stepDecided(
    { effect }: About<IncidentEffect>,
    resultsOf: (round: string) => readonly ResultRow[],
  ): void {
    const isResolve = effect.step === 'resolve';
    // A step to or from `partial` is right while a single group has reason for it.
    if (effect.verdict === 'partial') return;
    const round = effect.rounds.at(-1);
    if (round === undefined) throw new Breach('I4', 'a step without a round');
    const wrong = this.#wrongGroups(round, isResolve ? 'up' : 'down', resultsOf(round.id));
    if (wrong.length < round.required) return;
    throw new Breach(
      'I4',
      `${effect.step} of ${effect.incident.id} rests on the false votes of ${wrong.join(', ')} in round ${round.id}`,
    );
  }

  #wrongGroups(round: ClosedRound, vote: 'up' | 'down', rows: readonly ResultRow[]): string[] {
    const groupOf = new Map(round.members.map(({ region, group }) => [region, group]));
    const wrong = rows.filter(({ result, counted, leaf }) => {
      const cause = this.#notary.provenanceOf(leaf)?.cause;
      return counted && result.outcome === vote && cause !== 'honest';
    });
    return [...new Set(wrong.map(({ result }) => groupOf.get(result.region) ?? '?'))];
  }
}
