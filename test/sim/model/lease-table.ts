/** The tables `shard` and `coordinator`, and the transaction in which a coordinator keeps both. */
import { SHARD_COUNT } from '@trustmonitor/protocol';
import type { BrokerState } from '../../../packages/coordinator/src/lease/broker-link.ts';
import { planLeases, type LeaseRow } from '../../../packages/coordinator/src/lease/plan.ts';

/** A coordinator that did not renew for this long is taken for dead. */
export const LEASE_TTL_MS = 10_000;

export interface Holder {
  readonly epoch: number;
  readonly owner: string;
}

export class LeaseTable {
  readonly #leases: LeaseRow[];
  readonly #registered = new Map<
    string,
    { readonly until: number; readonly broker: BrokerState }
  >();
  readonly #holders: Map<number, Holder>;

  /** `holders` is told who took each shard last, for the checker. */
  constructor(nowMs: number, holders: Map<number, Holder>) {
    this.#holders = holders;
    this.#leases = Array.from({ length: SHARD_COUNT }, (_, shard) => ({
      shard,
      owner: null,
      epoch: 0,
      expiresAtMs: nowMs,
    }));
  }

  holds(owner: string, shard: number, epoch: number): boolean {
    const lease = this.#leases[shard];
    return lease?.owner === owner && lease.epoch === epoch;
  }

  /**
   * Registers the coordinator with how its broker stands, renews what it holds, takes and releases what the plan says.
   * Returns the epoch of each shard that it holds now.
   */
  step(me: string, broker: BrokerState, nowMs: number): Map<number, number> {
    this.#registered.set(me, { until: nowMs + LEASE_TTL_MS, broker });
    const live = [...this.#registered]
      .filter(([, { until }]) => until > nowMs)
      .map(([id, registered]) => ({ id, broker: registered.broker }));
    const plan = planLeases({ leases: this.#leases, live, me, nowMs });
    for (const lease of this.#leases) {
      const isHeld = lease.owner === me && lease.expiresAtMs > nowMs;
      if (plan.take.includes(lease.shard)) this.#take(lease, me, nowMs);
      else if (plan.release.includes(lease.shard))
        this.#put({ ...lease, owner: null, expiresAtMs: nowMs });
      else if (isHeld) this.#put({ ...lease, expiresAtMs: nowMs + LEASE_TTL_MS });
    }
    const mine = this.#leases.filter(
      ({ owner, expiresAtMs }) => owner === me && expiresAtMs > nowMs,
    );
    return new Map(mine.map(({ shard, epoch }) => [shard, epoch]));
  }

  #take({ shard, epoch }: LeaseRow, owner: string, nowMs: number): void {
    this.#put({ shard, owner, epoch: epoch + 1, expiresAtMs: nowMs + LEASE_TTL_MS });
    this.#holders.set(shard, { epoch: epoch + 1, owner });
  }

  #put(lease: LeaseRow): void {
    this.#leases[lease.shard] = lease;
  }
}
