/**
 * The shards that one life of a coordinator holds, with their monitors: what `lease/keeper.ts` and
 * `lease/tenancy.ts` do, with the waiting taken out.
 */
import { shardOf } from '@trustmonitor/protocol';
import type { Clock } from '../../../packages/coordinator/src/clock.ts';
import {
  BrokerLink,
  type BrokerState,
} from '../../../packages/coordinator/src/lease/broker-link.ts';
import type { StoredMonitor } from '../../../packages/coordinator/src/store/monitors.ts';
import type { WatchList } from '../../../packages/coordinator/src/watch-list.ts';
import type { Party, Simulation } from '../kernel/simulation.ts';
import { LEASE_TTL_MS } from './lease-table.ts';

const LEASE_STEP_MS = 2_000;
/** It stops by itself this much before others may take its shards. */
const LEASE_MARGIN_MS = 1_000;

export interface HoldingParts {
  readonly sim: Simulation;
  /** Whose life it is. */
  readonly party: Party;
  readonly watchList: WatchList;
  readonly clock: Clock;
  readonly reachesBroker: () => boolean;
  /** Shards with their epochs. */
  readonly stepLeases: (
    broker: BrokerState,
    reply: (held: ReadonlyMap<number, number>) => void,
  ) => void;
  readonly loadShards: (
    shards: readonly number[],
    reply: (monitors: readonly StoredMonitor[]) => void,
  ) => void;
  /** Monitors have come. */
  readonly onLoaded: () => void;
}

export class Holding {
  readonly #parts: HoldingParts;
  /** Epochs of the shards whose monitors are loaded. */
  readonly #shards = new Map<number, number>();
  readonly #loading = new Set<number>();
  #link = new BrokerLink(true, 0);
  #renewedAt = 0;

  constructor(parts: HoldingParts) {
    this.#parts = parts;
  }

  start(): void {
    const { sim, reachesBroker } = this.#parts;
    this.#link = new BrokerLink(reachesBroker(), sim.now);
    this.#step();
  }

  has(shard: number): boolean {
    return this.#shards.has(shard);
  }

  /** Of the shards of these monitors: each must still be held when something is written of them. */
  epochsOf(monitors: Iterable<string>): Map<number, number> {
    const shards = new Set([...monitors].map((id) => shardOf(id)));
    return new Map([...shards].map((shard) => [shard, this.#shards.get(shard) ?? 0]));
  }

  /** False when others may have taken over by now: it then decides nothing. */
  get isFresh(): boolean {
    return this.#parts.sim.now - this.#renewedAt < LEASE_TTL_MS - LEASE_MARGIN_MS;
  }

  shed(shard: number): void {
    const { sim, party, watchList } = this.#parts;
    sim.note(party, `sheds shard ${shard}`);
    this.#shards.delete(shard);
    watchList.forgetShard(shard);
  }

  #step(): void {
    const { sim, party, reachesBroker, stepLeases } = this.#parts;
    const askedAt = sim.now;
    this.#link.note(reachesBroker(), askedAt);
    stepLeases(this.#link.at(askedAt), (held) => {
      this.#renewedAt = Math.max(this.#renewedAt, askedAt);
      this.#hold(held);
    });
    sim.after(LEASE_STEP_MS, party, 'lease step', () => this.#step());
  }

  #hold(held: ReadonlyMap<number, number>): void {
    const { sim, party, watchList, clock, loadShards, onLoaded } = this.#parts;
    for (const [shard, epoch] of this.#shards) if (held.get(shard) !== epoch) this.shed(shard);
    const taken = [...held.keys()].filter((s) => !this.#shards.has(s) && !this.#loading.has(s));
    if (taken.length === 0) return;
    for (const shard of taken) this.#loading.add(shard);
    const done = (): void => taken.forEach((shard) => this.#loading.delete(shard));
    // An answer that is lost is asked for again with the next step.
    sim.after(LEASE_STEP_MS, party, 'load timeout', done);
    loadShards(taken, (monitors) => {
      const fresh = taken.filter((shard) => this.#loading.has(shard) && !this.#shards.has(shard));
      done();
      for (const shard of fresh) this.#shards.set(shard, held.get(shard) ?? 0);
      for (const stored of monitors) {
        if (fresh.includes(shardOf(stored.definition.id))) watchList.watch(stored, clock());
      }
      onLoaded();
    });
  }
}
