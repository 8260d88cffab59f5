/** A region's way out to the targets: what fails there is the region's fault, not a target's. */
import type { Rng } from '../kernel/rng.ts';

export interface RegionNoise {
  /** Of the requests, the share that fails for no reason that lasts. */
  readonly loss: number;
  /** Mean length of a burst of failures, and how much of the time there is one (Gilbert-Elliott). */
  readonly burstMs: number;
  readonly burstShare: number;
}

export const QUIET: RegionNoise = { loss: 0, burstMs: 0, burstShare: 0 };

export class Region {
  readonly name: string;
  readonly group: string;
  /** How many faults blackhole its way out. */
  dead = 0;
  /** How many faults make its canaries say what they said before, unless they are asked anew. */
  staleCanaries = 0;
  noise: RegionNoise;
  readonly #rng: Rng;
  #inBurst = false;
  #changesAt = 0;

  constructor(name: string, group: string, noise: RegionNoise, rng: Rng) {
    this.name = name;
    this.group = group;
    this.noise = noise;
    this.#rng = rng;
  }

  /** Whether a request at `at` fails here whatever the target does. Asked in order of time. */
  fails(at: number): boolean {
    return this.dead > 0 || this.#bursts(at) || this.#rng.chance(this.noise.loss);
  }

  /** Whether an agent goes by what its canaries said before: they did answer then. */
  believesCanaries(isAnew: boolean): boolean {
    return this.staleCanaries > 0 && !isAnew;
  }

  /** Whether the canaries answer when they are asked at `at`. */
  canariesAnswer(at: number): boolean {
    return !(this.dead > 0 || this.#bursts(at));
  }

  #bursts(at: number): boolean {
    const { burstMs, burstShare } = this.noise;
    if (burstShare <= 0) return false;
    while (this.#changesAt <= at) {
      const isFirst = this.#changesAt === 0;
      this.#inBurst = isFirst ? this.#rng.chance(burstShare) : !this.#inBurst;
      const mean = this.#inBurst ? burstMs : (burstMs * (1 - burstShare)) / burstShare;
      this.#changesAt = (isFirst ? at : this.#changesAt) + this.#rng.exponential(mean);
    }
    return this.#inBurst;
  }
}
