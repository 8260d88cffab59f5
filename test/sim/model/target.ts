/** Ground truth: what a probe that works sees of a target, from where and when. */
import type { Rng } from '../kernel/rng.ts';

/** From `from` (included) to `to`, in true time; a target has no two spells at once. */
export type Spell =
  | {
      readonly kind: 'down';
      readonly from: number;
      readonly to: number;
      /** Regions that it is down for; null: all. */
      readonly regions: readonly string[] | null;
    }
  | {
      readonly kind: 'grey';
      readonly from: number;
      readonly to: number;
      /** Of the requests, the share that fails. */
      readonly share: number;
    };

export class Target {
  readonly spells: readonly Spell[];

  constructor(spells: readonly Spell[]) {
    this.spells = spells.toSorted((a, b) => a.from - b.from);
  }

  /** Whether a request from the region fails at that instant. */
  fails(region: string, at: number, rng: Rng): boolean {
    const spell = this.spells.find(({ from, to }) => from <= at && at < to);
    if (spell === undefined) return false;
    if (spell.kind === 'grey') return rng.chance(spell.share);
    return spell.regions === null || spell.regions.includes(region);
  }

  /** What holds at that instant and has held for `forMs`; null when it changed or is unclear. */
  settledAt(at: number, forMs: number): 'up' | 'down' | null {
    const recent = this.spells.filter(({ from, to }) => from < at && to > at - forMs);
    const [only] = recent;
    if (only === undefined) return 'up';
    const isPlain = recent.length === 1 && only.kind === 'down' && only.regions === null;
    return isPlain && only.from <= at - forMs && only.to > at ? 'down' : null;
  }
}
