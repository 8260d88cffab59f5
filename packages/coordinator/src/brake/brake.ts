/** The brake of one coordinator: looks at what it watches, and says whether incidents are held. */
import { wouldOpen, type MonitorState } from '@trustmonitor/quorum';
import type { Clock } from '../clock.ts';
import type { About, ClosedRoundEffect } from '../decide.ts';
import type { WatchList } from '../watch-list.ts';
import { countFlip, nextHold, type Flip } from './flip.ts';

export interface BrakeParts {
  readonly watchList: Pick<WatchList, 'all' | 'get'>;
  readonly clock: Clock;
  readonly log: Readonly<Record<'info' | 'warn', (flip: Flip, words: string) => void>>;
}

/** What is held back, as it was when that began. */
export interface Hold extends Flip {
  readonly sinceMs: number;
}

export class FleetBrake {
  readonly #parts: BrakeParts;
  #hold: Hold | null = null;

  constructor(parts: BrakeParts) {
    this.#parts = parts;
  }

  get hold(): Hold | null {
    return this.#hold;
  }

  /** Since when incidents are held back; null while they are not. */
  get sinceMs(): number | null {
    return this.#hold?.sinceMs ?? null;
  }

  /**
   * Called by the loop for what is committed and adopted. Counts only when it could begin: a look
   * takes time for each monitor.
   */
  observe(rounds: readonly About<ClosedRoundEffect>[]): void {
    if (this.#hold !== null) return;
    const { watchList } = this.#parts;
    const mayOpen = ({ watched }: About<ClosedRoundEffect>): boolean => {
      const state = watchList.get(watched.definition.id)?.state;
      return state !== undefined && wouldOpen(state);
    };
    if (rounds.some(mayOpen)) this.look();
  }

  /** Begins or ends, by what is known now. */
  look(): void {
    const { clock, log } = this.#parts;
    const nowMs = clock();
    const flip = countFlip(this.#states(), nowMs, this.#hold !== null);
    const sinceMs = nextHold(this.sinceMs, flip, nowMs);
    if (sinceMs === this.sinceMs) return;
    this.#hold = sinceMs === null ? null : { ...flip, sinceMs };
    if (sinceMs === null) log.info(flip, 'the fleet-wide change is over: incidents open as ever');
    else log.warn(flip, 'fleet-wide change: incidents are held back for one more round');
  }

  /** Of what agents look at: their canaries say nothing of jobs that report in. */
  *#states(): Iterable<MonitorState> {
    for (const { definition, state } of this.#parts.watchList.all()) {
      if (definition.check.type !== 'heartbeat') yield state;
    }
  }
}
