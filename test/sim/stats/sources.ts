/** What regions vote about a target that is up, or is not: faults without the network model. */
import type { Vote } from '@trustmonitor/protocol';
import type { Rng } from '../kernel/rng.ts';

/** Asked in order of time; regions are numbered from 0. */
export interface VoteSource {
  vote(region: number, atMs: number): Vote;
  /** Where every probe fails by itself with this probability; null where probes hang together. */
  readonly failure: number | null;
}

/** Every probe fails with probability `p`, whatever happens elsewhere or before. */
export function independent(rng: Rng, p: number): VoteSource {
  return { failure: p, vote: () => (rng.chance(p) ? 'down' : 'up') };
}

/** As `others`, but the first region always says `down`: it lies, or is dead and votes all the same. */
export function alwaysDown(others: VoteSource): VoteSource {
  return { failure: null, vote: (region, at) => (region === 0 ? 'down' : others.vote(region, at)) };
}

/** A target that is down: a probe that is lost on the way says nothing of it. */
export function outage(rng: Rng, lost: number): VoteSource {
  return { failure: null, vote: () => (rng.chance(lost) ? 'abstain' : 'down') };
}

export interface Bursts {
  readonly meanMs: number;
  /** Of the time, the share in which a region's way out fails. */
  readonly share: number;
  /** Of that share, the part in which all regions fail together. */
  readonly common: number;
  /** With what probability an agent's canaries tell it that its own way out fails. */
  readonly canaries: number;
}

/** Gilbert-Elliott: in a burst every probe fails, otherwise none. */
export function bursts(rng: Rng, regions: number, parts: Bursts): VoteSource {
  const { meanMs, share, common, canaries } = parts;
  const shared = new Burst(rng, meanMs, share * common);
  const own = Array.from({ length: regions }, () => new Burst(rng, meanMs, share * (1 - common)));
  return {
    failure: null,
    vote(region, at) {
      const isBad = shared.isOn(at) || own[region]!.isOn(at);
      if (!isBad) return 'up';
      return rng.chance(canaries) ? 'abstain' : 'down';
    },
  };
}

class Burst {
  readonly #rng: Rng;
  readonly #onMs: number;
  readonly #offMs: number;
  #isOn = false;
  #until = 0;

  constructor(rng: Rng, meanMs: number, share: number) {
    this.#rng = rng;
    this.#onMs = meanMs;
    this.#offMs = (meanMs * (1 - share)) / share;
    this.#until = rng.exponential(this.#offMs);
  }

  isOn(at: number): boolean {
    while (this.#until <= at) {
      this.#isOn = !this.#isOn;
      this.#until += this.#rng.exponential(this.#isOn ? this.#onMs : this.#offMs);
    }
    return this.#isOn;
  }
}
