/**
 * Writes the decisions of one turn after the other, and tries until the database has them.
 *
 *     decided -- committed -------------------> written
 *     decided -- database away ---------------> waiting -- a while --> decided (the same ones)
 *     decided -- shards found lost -----------> decided again, without their monitors
 *     decided -- can never be written --------> thrown
 */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { commitWrites, type CommitContext } from './commit.ts';
import type { CycleStats } from './cycle-stats.ts';
import type { Decisions } from './decide.ts';
import type { Tenancy } from './lease/tenancy.ts';

const RETRY_MS = 500;
/** Epochs begin at 1: what is not held is found to be lost. */
const NEVER_HELD = -1;

/** What a turn decided, with the shards of the batches that it took in. */
export interface Decided {
  readonly decisions: Decisions;
  readonly shards: readonly number[];
}

export interface TurnWriterParts {
  readonly tenancy: Pick<Tenancy, 'held' | 'shed'>;
  readonly stats: CycleStats;
  readonly log: Logger;
}

export class TurnWriter {
  readonly #parts: TurnWriterParts;
  #turns = 0;
  #isAway = false;
  #stopping = false;

  constructor(parts: TurnWriterParts) {
    this.#parts = parts;
  }

  /** True while decisions cannot be written. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** What cannot be written now is given up, with `postgres.unavailable`. */
  stop(): void {
    this.#stopping = true;
  }

  /** Returns what was written in the end. Throws what can never be written. */
  async write(decide: () => Decided, context: CommitContext): Promise<Decisions> {
    // The same number also for less of it: if the whole was written, its answer was lost.
    const turn = ++this.#turns;
    let decided = decide();
    while (decided.decisions.mustBeWritten) {
      const lost = await this.#commit(turn, decided, context);
      if (lost === null) break;
      this.#parts.tenancy.shed(lost);
      decided = decide();
    }
    return decided.decisions;
  }

  async #commit(
    turn: number,
    { decisions, shards }: Decided,
    context: CommitContext,
  ): ReturnType<typeof commitWrites> {
    const { held } = this.#parts.tenancy;
    const concerned = [...new Set([...shards, ...decisions.shards()])];
    const epochs = new Map(concerned.map((shard) => [shard, held.get(shard) ?? NEVER_HELD]));
    for (;;) {
      try {
        const lost = await commitWrites({ turn, decisions, epochs }, context);
        this.#note(false);
        return lost;
      } catch (error) {
        if (!isTrustMonitorError(error, 'postgres.unavailable')) throw error;
        this.#note(true, error);
        this.#parts.stats.commitRetries += 1;
        if (this.#stopping) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #note(isAway: boolean, error?: unknown): void {
    if (this.#isAway === isAway) return;
    this.#isAway = isAway;
    if (isAway) this.#parts.log.error({ err: error }, 'database is away; decisions wait');
    else this.#parts.log.info('database is back');
  }
}
