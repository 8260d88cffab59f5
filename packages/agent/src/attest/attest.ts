/**
 * From results to signed batches that are safe on disk: gathered -> sealed -> kept -> handed on.
 *
 * One seal is under way at a time, because each batch names the one before it:
 *
 *     idle      nothing is due; a timer stands for the next lane that will be
 *       | due
 *     sealing   what is due is sealed into batches that continue the chain, and kept in one
 *       |       file; what comes meanwhile gathers, so a slow disk makes batches larger
 *       |\
 *       | \ kept: the chain moves on, the batches go to the reporter -> idle, or sealing again
 *       | not kept (spool or disk full): the results go back to gather, the chain stands still
 *     blocked   until the next try, a second later; results past the bound are turned away, and
 *               the agent takes no jobs it could not report on. To the coordinator both are
 *               silence, which is an abstention.
 *
 * Killed while gathering or sealing, the results are gone and their numbers unused; killed later,
 * the spool has them (see spool/spool.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Signer } from '@trustmonitor/evidence';
import type { Job, SeenCheckpoint } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { limitLog } from '../log-limit.ts';
import type { ChainHead, NewBatch } from '../spool/file.ts';
import type { KeptBatch } from '../spool/spool.ts';
import { sealParcels, type JobResults, type Sealer } from './chain.ts';
import { Gather, paceOf, type GatherLimits } from './gather.ts';

/** Where batches are kept; `Spool` is one. */
export interface BatchKeeper {
  readonly head: ChainHead | null;
  /** Rejects when nothing was kept. */
  keep(batches: readonly NewBatch[]): Promise<readonly KeptBatch[]>;
}

export interface AttestOptions {
  readonly network: string;
  readonly agent: string;
  readonly signer: Signer;
  readonly keeper: BatchKeeper;
  readonly seen: () => SeenCheckpoint | null;
  /** Whether another batch of the shard would wait for receipts that are overdue. */
  readonly inBacklog: (shard: number) => boolean;
  /** Takes over batches that are kept, in order of the chain. */
  readonly onKept: (batches: readonly NewBatch[]) => void;
  readonly log: Logger;
}

/**
 * 20,000 results are about 30 MB. A batch costs the coordinator several times what a result in it does, so
 * what nobody waits for goes in larger ones: that a monitor is still up. A coordinator waits a second for what a
 * finished job saw (`SETTLE_MS`), so that is well below. In a backlog a second makes fewer still, which are
 * stored sooner when the coordinator is back.
 */
const LIMITS: GatherLimits = {
  lingerMs: 25,
  calmLingerMs: 500,
  backlogLingerMs: 1_000,
  batchResults: 100,
  maxResults: 20_000,
};
const RETRY_MS = 1_000;

export class Attest {
  readonly #options: AttestOptions;
  readonly #sealer: Sealer;
  readonly #gather = new Gather(LIMITS);
  readonly #limited: ReturnType<typeof limitLog>;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #timerDueAt = Infinity;
  #sealing: Promise<void> | null = null;
  #blocked = false;

  constructor(options: AttestOptions) {
    this.#options = options;
    this.#limited = limitLog(options.log);
    this.#sealer = {
      network: options.network,
      agent: options.agent,
      signer: options.signer,
      now: () => Date.now(),
      seen: options.seen,
      onUnsealable: ([first], error) =>
        this.#limited('unsealable', { err: error, round: first?.round }, 'results lost', 'error'),
    };
  }

  /** True while nothing can be kept: then a probe's result would have nowhere to go. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Takes the results of a job, in order of attempt. */
  add(job: Pick<Job, 'shard' | 'phase'>, results: JobResults): void {
    if (results.length === 0) return;
    const pace = paceOf(job, this.#options.inBacklog(job.shard));
    if (this.#gather.add(job.shard, results, performance.now(), pace)) this.#schedule();
    else this.#limited('full', {}, 'no room for results; they are lost', 'error');
  }

  /** Seals all that waits and ends; resolves when it is kept, or could not be once more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sealing;
    while (this.#gather.size > 0 && (await this.#sealOnce(Infinity)));
  }

  #schedule(): void {
    if (this.#sealing !== null || this.#closing.signal.aborted) return;
    const dueAt = this.#gather.nextDueAt();
    if (dueAt >= this.#timerDueAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerDueAt = dueAt;
    const waitMs = dueAt - performance.now();
    if (waitMs <= 0) this.#start();
    else this.#timer = setTimeout(() => this.#start(), waitMs);
  }

  #start(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerDueAt = Infinity;
    if (this.#closing.signal.aborted) return;
    this.#sealing = this.#sealDue().finally(() => {
      this.#sealing = null;
      this.#schedule();
    });
  }

  async #sealDue(): Promise<void> {
    if (await this.#sealOnce(performance.now())) return;
    await sleep(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  /** False if the batches could not be kept; then everything is as it was before. */
  async #sealOnce(now: number): Promise<boolean> {
    const { keeper, onKept } = this.#options;
    const parcels = this.#gather.takeDue(now);
    const batches = sealParcels(parcels, keeper.head, this.#sealer);
    if (batches.length === 0) return true;
    try {
      await keeper.keep(batches);
    } catch (error) {
      this.#gather.putBack(parcels);
      this.#blocked = true;
      this.#limited('blocked', { err: error, waiting: this.#gather.size }, 'results wait', 'error');
      return false;
    }
    if (this.#blocked) this.#options.log.info('results can be kept again');
    this.#blocked = false;
    onKept(batches);
    return true;
  }
}
