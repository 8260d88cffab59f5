/**
 * I9: a region that a coordinator had read to be in quarantine when it opened a round is not counted
 * in it. By what the table says, not by what the coordinator makes of it.
 */
import type { ResultRow } from '../../../packages/coordinator/src/store/results.ts';
import { Breach } from './breach.ts';

const NONE: ReadonlySet<string> = new Set();

export class RegionCheck {
  /** By coordinator as it knows it, and by round as it was known when that was opened. */
  readonly #known = new Map<string, ReadonlySet<string>>();
  readonly #outOf = new Map<string, ReadonlySet<string>>();

  known(owner: string, out: ReadonlySet<string>): void {
    this.#known.set(owner, out);
  }

  roundDecided(round: string, owner: string): void {
    if (!this.#outOf.has(round)) this.#outOf.set(round, this.#known.get(owner) ?? NONE);
  }

  voteCounted({ result }: ResultRow): void {
    if (this.#outOf.get(result.round)?.has(result.region) !== true) return;
    const { agent, region, round } = result;
    throw new Breach('I9', `${agent} of ${region}, in quarantine, counts in round ${round}`);
  }
}
