/** Seeded chance: sfc32 by Chris Doty-Humphrey (PractRand), 128 bits of state. */

const WARM_UP = 15;

export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** The same seed and name give the same numbers; another name gives unrelated ones. */
  constructor(seed: number, name = '') {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = hashOf(name);
    for (let i = 0; i < WARM_UP; i++) this.next();
  }

  /** 32 random bits. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  float(): number {
    return this.next() / 2 ** 32;
  }

  /** In 0 .. limit - 1. */
  below(limit: number): number {
    return Math.floor(this.float() * limit);
  }

  /** Whole, from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.float() < probability;
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.float());
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.next() & 0xff);
  }
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
