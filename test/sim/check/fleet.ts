/**
 * I8: while much of what a coordinator watches fails at once, an incident opens only where those who
 * say down have asked their canaries anew.
 *
 * The count is of its own, and stricter than the product's: what is a flip here has been one there for
 * longer, and is one there still. It begins when a monitor waits to open, and holds from the time by
 * which every coordinator must have noticed.
 */
import { shardOf } from '@trustmonitor/protocol';
import type { ClosedRound, MonitorState } from '@trustmonitor/quorum';
import type { About, IncidentEffect } from '../../../packages/coordinator/src/decide.ts';
import type { Holder } from '../model/lease-table.ts';
import type { Notary } from '../model/notary.ts';
import type { Store } from '../model/store.ts';
import { Breach } from './breach.ts';

const WINDOW_MS = 50_000;
const SHARE = 0.35;
const LEAST = 12;
/** A look, and what it takes to get there. */
const NOTICED_AFTER_MS = 2_000;
/** Of a coordinator that writes nothing for so long nothing is said. */
const GAP_MS = 10_000;

interface Flip {
  readonly sinceMs: number;
  readonly seenMs: number;
}

export class FleetCheck {
  readonly #notary: Notary;
  readonly #holders: ReadonlyMap<number, Holder>;
  readonly #flips = new Map<string, Flip>();

  constructor(notary: Notary, holders: ReadonlyMap<number, Holder>) {
    this.#notary = notary;
    this.#holders = holders;
  }

  /** After each transaction of a coordinator. */
  committed(owner: string, nowMs: number, store: Store): void {
    const before = this.#flips.get(owner);
    const isKnown = before !== undefined && nowMs - before.seenMs <= GAP_MS;
    const { isFlip, isWaiting } = this.#count(owner, nowMs, store);
    if (isFlip && isKnown) this.#flips.set(owner, { ...before, seenMs: nowMs });
    else if (isFlip && isWaiting) this.#flips.set(owner, { sinceMs: nowMs, seenMs: nowMs });
    else this.#flips.delete(owner);
  }

  stepDecided({ effect }: About<IncidentEffect>, owner: string, nowMs: number, store: Store): void {
    const flip = this.#flips.get(owner);
    if (effect.step !== 'open' || flip === undefined) return;
    if (nowMs - flip.seenMs > GAP_MS || nowMs - flip.sinceMs < NOTICED_AFTER_MS) return;
    const round = effect.rounds.at(-1);
    if (round === undefined || !this.#count(owner, nowMs, store).isFlip) return;
    const stale = this.#stale(round, store);
    if (stale.length === 0) return;
    const held = nowMs - flip.sinceMs;
    throw new Breach(
      'I8',
      `${effect.incident.id} opens ${held} ms after the fleet began to fail, by what ${stale.join()} saw without asking its canaries anew`,
    );
  }

  #stale({ id }: ClosedRound, store: Store): string[] {
    const downs = store
      .resultsOf(id)
      .filter(({ result, counted }) => counted && result.outcome === 'down');
    return downs.flatMap(({ result, leaf }) => {
      const provenance = this.#notary.provenanceOf(leaf);
      const isFresh = provenance?.cause === 'lie' || provenance?.canariesAnew === true;
      return isFresh ? [] : [result.agent];
    });
  }

  #count(owner: string, nowMs: number, store: Store): { isFlip: boolean; isWaiting: boolean } {
    const since = nowMs - WINDOW_MS;
    const own = [...store.states].filter(
      ([monitor]) => this.#holders.get(shardOf(monitor))?.owner === owner,
    );
    const settled = own.map(([, state]) => state).filter(({ standing }) => standing !== null);
    const waiting = settled.filter((state) => isWaitingSince(state, since));
    const open = settled.filter(({ incident }) => (incident?.openedAt ?? -Infinity) >= since);
    const flipped = waiting.length + open.length;
    const isFlip = flipped >= LEAST && flipped > settled.length * SHARE;
    return { isFlip, isWaiting: waiting.length > 0 };
  }
}

function isWaitingSince({ streak, incident }: MonitorState, since: number): boolean {
  return incident === null && streak?.towards === 'down' && streak.firstAt >= since;
}
