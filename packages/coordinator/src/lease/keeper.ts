/**
 * Registers this coordinator among the others, and keeps its leases: every two seconds, and at
 * once when another comes, leaves or gives a shard back. What becomes of a shard is described in
 * `plan.ts`, what that means for its monitors in `tenancy.ts`.
 *
 *     fresh -- no renewal succeeded for a lease's length, less a margin --> stale
 *     stale -- renewed --------------------------------------------------> fresh
 *
 * A stale coordinator dispatches and decides nothing: another may have its shards. It knows so by
 * its own monotonic clock, counted from before the renewal was asked for, and needs nobody to
 * tell it. That only saves work; what guarantees is the check in the deciding transaction.
 *
 * A lease that ran out while nobody took it is simply renewed: nobody else decided meanwhile.
 *
 * Being alive is not enough: each renewal also registers how its broker stands (`broker-link.ts`),
 *
 *     deciding -- broker away for 10 s, another's is there --> handing over: every shard is given
 *                 back as in a shutdown, after the turn under way, and others take them at once
 *     handing over -- done --------------------------------> standing by: registered, no shard
 *     standing by -- broker there for 10 s ----------------> deciding: others give their surplus
 *     standing by -- nobody's broker is there -------------> deciding: what is free is taken
 *
 * and while nobody's broker is there, nothing is handed over.
 */
import { SHARD_COUNT } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import {
  deregister,
  evictNamesakes,
  forgetDeadCoordinators,
  register,
  selectLiveCoordinators,
  type Registration,
} from '../store/coordinators.ts';
import type { Database } from '../store/database.ts';
import {
  releaseShards,
  renewShards,
  selectLeases,
  takeShards,
  type Epochs,
} from '../store/lease.ts';
import { notify } from '../store/notifications.ts';
import { Wakeup } from '../wakeup.ts';
import type { BrokerLink } from './broker-link.ts';
import { planLeases } from './plan.ts';

export interface LeaseTimes {
  readonly ttlMs: number;
  readonly stepMs: number;
}

/** A killed coordinator's shards are free after 10 s, and taken within 2 s more. */
const TIMES: LeaseTimes = { ttlMs: 10_000, stepMs: 2_000 };

/** For clocks that do not run at the same rate, as a part of the lease. */
const MARGIN = 0.1;
/** One that is silent for this part of a lease is not given anything. */
const LIVE = 0.5;

const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

export interface KeeperParts {
  /** Its own connection: a renewal must not wait for decisions. */
  readonly database: Database;
  readonly me: Registration;
  /** By the monotonic clock of this process. */
  readonly brokerLink: Pick<BrokerLink, 'at'>;
  readonly tenant: {
    take(shard: number, epoch: number): Promise<void>;
    drop(shard: number): Promise<void>;
  };
  /** Called when it may decide again. */
  readonly onFresh: () => void;
  readonly log: Logger;
  readonly times?: LeaseTimes | undefined;
}

export class LeaseKeeper {
  readonly #parts: KeeperParts;
  readonly #times: LeaseTimes;
  readonly #wakeup = new Wakeup();
  /** What the tenant was told to hold, under which epoch. */
  readonly #mine = new Map<number, number>();
  readonly #releasing = new Set<number>();
  #freshUntil = -Infinity;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#times = parts.times ?? TIMES;
  }

  /** Whether its leases are known to hold. */
  get isFresh(): boolean {
    return performance.now() < this.#freshUntil;
  }

  /** Takes its share of what is free, and resolves when that is watched. */
  async start(): Promise<void> {
    const { database, me } = this.#parts;
    await forgetDeadCoordinators(database);
    await evictNamesakes(database, me);
    const { watched } = await this.#step();
    await notify(database, 'lease', me.id);
    this.#running = this.#run();
    await watched;
  }

  /** Something changed among the coordinators. */
  wake(): void {
    this.#wakeup.wake();
  }

  /** Only when nothing decides any more: gives everything back, so that others take it at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeup.wake();
    await this.#running;
    const { database, me, log } = this.#parts;
    try {
      await releaseShards(database, me.id, ALL_SHARDS);
      await deregister(database, me.id);
      await notify(database, 'lease', me.id);
    } catch (error) {
      log.warn({ err: error }, 'leases could not be given back; they run out by themselves');
    }
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#wakeup.wait(this.#times.stepMs);
      if (this.#stopping) return;
      try {
        await this.#step();
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'leases cannot be renewed now');
      }
    }
  }

  /** `watched` resolves when the shards that were taken are; no renewal waits for that. */
  async #step(): Promise<{ watched: Promise<unknown> }> {
    const { database, me, brokerLink } = this.#parts;
    const ttlSeconds = this.#times.ttlMs / 1_000;
    const askedAt = performance.now();
    await register(database, me, brokerLink.at(askedAt), ttlSeconds);
    const owned = await renewShards(database, me.id, ttlSeconds);
    this.#renewed(askedAt);
    const live = await selectLiveCoordinators(database, ttlSeconds, ttlSeconds * LIVE);
    const { leases, nowMs } = await selectLeases(database);
    const { take, release } = planLeases({ leases, live, me: me.id, nowMs });
    for (const [shard, epoch] of await takeShards(database, me.id, take, ttlSeconds)) {
      owned.set(shard, epoch);
    }
    const watched = Promise.all(this.#follow(owned));
    for (const shard of release) void this.#release(shard);
    return { watched };
  }

  #renewed(askedAt: number): void {
    const wasFresh = this.isFresh;
    this.#freshUntil = askedAt + this.#times.ttlMs * (1 - MARGIN);
    if (!wasFresh) this.#parts.onFresh();
  }

  /** Makes the tenant hold what the database says is ours. */
  #follow(owned: Epochs): Promise<unknown>[] {
    const { tenant, log } = this.#parts;
    for (const [shard, epoch] of this.#mine) {
      if (owned.get(shard) === epoch) continue;
      log.warn({ shard, epoch }, 'shard lost: another coordinator has it');
      this.#mine.delete(shard);
      void tenant.drop(shard);
    }
    return [...owned].flatMap(([shard, epoch]) => {
      if (this.#mine.has(shard) || this.#releasing.has(shard)) return [];
      this.#mine.set(shard, epoch);
      return [tenant.take(shard, epoch)];
    });
  }

  /** The turn under way ends first; meanwhile the lease is renewed as before. */
  async #release(shard: number): Promise<void> {
    if (this.#releasing.has(shard)) return;
    const { database, me, tenant, log } = this.#parts;
    this.#releasing.add(shard);
    this.#mine.delete(shard);
    try {
      await tenant.drop(shard);
      await releaseShards(database, me.id, [shard]);
      await notify(database, 'lease', me.id);
      log.info({ shard }, 'shard given to another coordinator');
    } catch (error) {
      log.warn({ err: error, shard }, 'a shard could not be given back; it is kept');
    } finally {
      this.#releasing.delete(shard);
    }
  }
}
