/**
 * What becomes of a turn that can never be written, as against one that the database has no time
 * for: its inputs are tried one by one, so that the one that is at fault does not hold up the others
 * for ever.
 *
 *     a turn of several -- each by itself -----------------> written, or a turn of one
 *     a batch alone     -- monitor by monitor -------------> stored, its results voting
 *                       -- refused even so ----------------> stored, its results not voting
 *     a monitor alone   -----------------------------------> its round is given up
 */
import { isTrustMonitorError, traceIdOf } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { BatchAnswers } from './batch-answers.ts';
import type { Clock } from './clock.ts';
import type { CycleStats } from './cycle-stats.ts';
import type { BatchPart, Decisions } from './decide.ts';
import type { Accepted, Intake } from './intake.ts';
import { RingSuperseded, type KeyRingSnapshot } from './keyrings.ts';
import type { WatchList } from './watch-list.ts';

export interface Turn {
  /** The key rings that it decides by; a newer version counts from the next turn. */
  readonly keys: KeyRingSnapshot;
  readonly intakes: readonly Intake[];
  readonly due: readonly string[];
  readonly atMs: number;
}

export interface IsolationParts {
  readonly watchList: Pick<WatchList, 'get' | 'giveUpRound'>;
  readonly stats: CycleStats;
  readonly answers: BatchAnswers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly isHeld: (batch: { readonly shard: number }) => boolean;
  /** Takes a turn, which may come here again. */
  readonly turn: (turn: Turn) => Promise<void>;
  /** Decides and writes; `fill` returns shards of batches. */
  readonly decide: (
    turn: Pick<Turn, 'keys'>,
    fill: (decisions: Decisions) => number[],
  ) => Promise<Decisions>;
  readonly carryOut: (decisions: Decisions) => void;
  readonly refreshedKeys: () => Promise<KeyRingSnapshot>;
}

export class Isolation {
  readonly #parts: IsolationParts;

  constructor(parts: IsolationParts) {
    this.#parts = parts;
  }

  async isolate(turn: Turn, error: unknown): Promise<void> {
    const isSingle = turn.intakes.length + turn.due.length === 1;
    for (const intake of turn.intakes) {
      if (isSingle && intake.accepted) await this.#storeApart(turn, intake, error);
      else await this.#parts.turn({ ...turn, intakes: [intake], due: [] });
    }
    for (const id of turn.due) {
      if (isSingle) this.#giveUpRound(id, error);
      else await this.#parts.turn({ ...turn, intakes: [], due: [id] });
    }
  }

  #giveUpRound(id: string, error: unknown): void {
    const { watchList, stats, clock, log } = this.#parts;
    stats.setAside += 1;
    const round = watchList.get(id)?.state.round?.id;
    const trace = round === undefined ? {} : { round, traceId: traceIdOf(round) };
    log.error(
      { err: error, monitor: id, ...trace },
      'a decision cannot be written; its round is given up',
    );
    watchList.giveUpRound(id, clock());
  }

  /**
   * Stores a batch monitor by monitor; where even that is refused, without letting its results
   * vote. Evidence is refused only when the database takes it in no form.
   */
  async #storeApart(turn: Turn, intake: Accepted, error: unknown): Promise<void> {
    const { log, answers, isHeld } = this.#parts;
    const { opened } = intake;
    log.error({ err: error, agent: opened.batch.agent }, 'a batch is stored in parts');
    let isStored = true;
    for (const monitor of new Set(opened.leaves.map(({ result }) => result.monitor))) {
      const store = (counts: boolean): Promise<boolean> =>
        this.#storePart(turn, intake, { monitor, counts });
      isStored = ((await store(true)) || (await store(false))) && isStored;
    }
    if (isHeld(intake)) answers.answerParts(opened, isStored);
  }

  async #storePart(turn: Turn, intake: Accepted, part: BatchPart): Promise<boolean> {
    const { decide, carryOut, isHeld, refreshedKeys, stats, log } = this.#parts;
    const { shard, opened, arrivedAtMs } = intake;
    try {
      const decisions = await decide(turn, (empty) => {
        if (!isHeld({ shard })) return [];
        empty.takeBatch(opened, arrivedAtMs, part);
        return [shard];
      });
      carryOut(decisions);
      return true;
    } catch (error) {
      if (isPassing(error)) throw error;
      if (error instanceof RingSuperseded) {
        // Verified by a ring that is not the newest: kept, and not counted.
        const keys = await refreshedKeys();
        return this.#storePart({ ...turn, keys }, intake, { ...part, counts: false });
      }
      stats.setAside += 1;
      log.error({ err: error, ...part }, 'results cannot be stored like this');
      return false;
    }
  }
}

/** What ends the loop or is tried again, as against what can never be written. */
export function isPassing(error: unknown): boolean {
  return isTrustMonitorError(error, 'postgres.unavailable');
}
