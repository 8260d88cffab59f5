/**
 * The shards that this coordinator decides about, as its loop knows them. Of one shard:
 *
 *     away    -- taken in the database ---------------> loading
 *     loading -- monitors read, results subscribed ---> held
 *     held    -- to be released, or taken by another -> away   (between two turns)
 *     held    -- a commit finds it taken by another --> away   (in the middle of a turn: shed)
 *
 * Monitors are read only after the shard is taken: whoever had it before can write no more, so
 * what is read is the last that was decided. What is not held is not watched, and results for it
 * are turned away without a receipt, so that their agents send them to whoever holds it.
 *
 * Whatever changes what is watched waits here until the loop is between two turns: a turn under
 * way would overwrite it with what it began with.
 */
import { DUTY_SHARD } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { CycleStats } from '../cycle-stats.ts';
import type { Database } from '../store/database.ts';
import type { Epochs } from '../store/lease.ts';
import { selectMonitors, selectShardMonitors } from '../store/monitors.ts';
import { takeUp, type WatchList } from '../watch-list.ts';
import type { Duties } from './duties.ts';

const MAX_CHANGES_PER_PASS = 500;
const RETRY_MS = 500;

export interface TenancyParts {
  readonly watchList: WatchList;
  readonly database: Database;
  /** What exists once among all coordinators; bound to one of the shards. */
  readonly duties: Pick<Duties, 'start' | 'stop'>;
  /** Subscribes to the results of a shard. */
  readonly subscribe: (shard: number) => { unsubscribe(): void };
  readonly clock: Clock;
  readonly stats: CycleStats;
  readonly log: Logger;
}

interface Handover {
  readonly shard: number;
  /** Null: it is to be dropped. */
  readonly epoch: number | null;
  readonly done: () => void;
}

/** What a commit found to have changed hands. */
export interface Lost {
  readonly shards: readonly number[];
  /** Monitors that moved to another shard, or whose incident was closed by hand. */
  readonly monitors: readonly string[];
}

export class Tenancy {
  /** Called when there is something to settle. */
  onNews: () => void = () => undefined;
  readonly #parts: TenancyParts;
  readonly #held = new Map<number, number>();
  readonly #subscriptions = new Map<number, { unsubscribe(): void }>();
  readonly #changed = new Set<string>();
  readonly #hastened = new Set<string>();
  #handovers: Handover[] = [];

  constructor(parts: TenancyParts) {
    this.#parts = parts;
  }

  /** Shards that are decided about, with the epochs that they are held under. */
  get held(): Epochs {
    return this.#held;
  }

  get hasNews(): boolean {
    return this.#handovers.length + this.#changed.size + this.#hastened.size > 0;
  }

  /** Resolves when the shard is held; or is not to be held any more. */
  take(shard: number, epoch: number): Promise<void> {
    return this.#handOver(shard, epoch);
  }

  /** Resolves when nothing decides about the shard any more. */
  drop(shard: number): Promise<void> {
    const earlier = this.#handovers.filter((handover) => handover.shard === shard);
    this.#handovers = this.#handovers.filter((handover) => handover.shard !== shard);
    for (const { done } of earlier) done();
    return this.#handOver(shard, null);
  }

  /** Monitors were written, changed or deleted: their newest revision is read before the next turn. */
  monitorsChanged(ids: Iterable<string>): void {
    for (const id of ids) this.#changed.add(id);
    this.onNews();
  }

  /** Something is known of a monitor that its next round should not wait for. */
  hasten(id: string): void {
    this.#hastened.add(id);
    this.onNews();
  }

  /** In the middle of a turn: what is lost is forgotten at once, and nothing waits for it. */
  shed({ shards, monitors }: Lost): void {
    for (const shard of shards) void this.#forget(shard);
    for (const id of monitors) this.#parts.watchList.forget(id);
    // Those that are still ours are taken up again as they are stored, after the turn.
    this.monitorsChanged(monitors);
    this.#parts.log.warn({ shards, monitors }, 'these were taken away in the middle of a turn');
  }

  /** Between two turns: takes up all that waits, as far as the database is there. */
  async settle(): Promise<void> {
    if (!this.hasNews) return;
    try {
      await this.#settleHandover();
      await this.#takeUpChanges();
    } catch (error) {
      this.#parts.log.error({ err: error }, 'monitors cannot be read yet');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    const { watchList, clock } = this.#parts;
    for (const id of this.#hastened) watchList.hasten(id, clock());
    this.#hastened.clear();
  }

  /** The loop has ended: nothing arrives any more, and nobody waits in vain. */
  close(): void {
    for (const subscription of this.#subscriptions.values()) subscription.unsubscribe();
    this.#subscriptions.clear();
    for (const { done } of this.#handovers.splice(0)) done();
  }

  #handOver(shard: number, epoch: number | null): Promise<void> {
    return new Promise((resolve) => {
      this.#handovers.push({ shard, epoch, done: resolve });
      this.onNews();
    });
  }

  /** One at a time, so that turns come in between: a shard may have thousands of monitors. */
  async #settleHandover(): Promise<void> {
    const next = this.#handovers[0];
    if (next === undefined) return;
    // The loop does not wait for duties to end: whoever wants the shard does.
    if (next.epoch === null) void this.#forget(next.shard).then(next.done);
    else await this.#load(next.shard, next.epoch).then(next.done);
    this.#handovers = this.#handovers.filter((handover) => handover !== next);
  }

  async #load(shard: number, epoch: number): Promise<void> {
    const { watchList, database, duties, subscribe, clock, stats, log } = this.#parts;
    // Those who vote on its monitors must be there when the first round opens.
    if (shard === DUTY_SHARD) await duties.start();
    const stored = await selectShardMonitors(database, shard);
    watchList.forgetShard(shard);
    for (const monitor of stored) stats.missedRounds += takeUp(watchList, monitor, clock(), log);
    this.#held.set(shard, epoch);
    this.#subscriptions.get(shard)?.unsubscribe();
    this.#subscriptions.set(shard, subscribe(shard));
    log.info({ shard, epoch, monitors: stored.length }, 'shard taken');
  }

  async #forget(shard: number): Promise<void> {
    this.#held.delete(shard);
    this.#subscriptions.get(shard)?.unsubscribe();
    this.#subscriptions.delete(shard);
    this.#parts.watchList.forgetShard(shard);
    if (shard === DUTY_SHARD) await this.#parts.duties.stop();
  }

  /** Reads changed monitors; a failure keeps them marked and is tried again. */
  async #takeUpChanges(): Promise<void> {
    const { watchList, database, clock, stats, log } = this.#parts;
    const ids = [...this.#changed].slice(0, MAX_CHANGES_PER_PASS);
    if (ids.length === 0) return;
    const stored = await selectMonitors(database, ids);
    const ours = stored.filter(({ shard }) => this.#held.has(shard));
    const there = new Set(ours.map(({ definition }) => definition.id));
    for (const id of ids) if (!there.has(id)) watchList.forget(id);
    for (const monitor of ours) stats.missedRounds += takeUp(watchList, monitor, clock(), log);
    for (const id of ids) this.#changed.delete(id);
  }
}
