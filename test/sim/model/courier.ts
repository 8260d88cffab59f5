/** From the outbox to people: at least once, under the same id, in order of an incident. */
import type { Rng } from '../kernel/rng.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { Coordinator } from './coordinator.ts';
import type { Network } from './network.ts';
import type { OutboxRow } from './outbox.ts';
import type { Store } from './store.ts';

const POLL_MS = 1_000;
const POST_MS = 50;
const RETRY_MS = 2_000;
/** Of the posts, the share that fails, half of them after the receiver has it. */
const FAILS = 0.2;

export interface CourierParts {
  readonly sim: Simulation;
  readonly network: Network;
  readonly store: Store;
  readonly rng: (name: string) => Rng;
  readonly invariants: { delivered(row: OutboxRow): void };
}

/** Delivers for as long as this life of the coordinator lasts. */
export function runCourier(of: Coordinator, parts: CourierParts): void {
  const { sim, network, store, invariants } = parts;
  const rng = parts.rng(`courier of ${of.owner}`);
  const post = (row: OutboxRow): void => {
    const fails = rng.chance(FAILS);
    if (!fails || rng.chance(0.5)) invariants.delivered(row);
    if (fails)
      network.send(of, store, 'failed', () => store.outbox.retryAt(row.id, sim.now + RETRY_MS));
    else network.send(of, store, 'delivered', () => store.outbox.markDelivered(row.id));
  };
  const poll = (): void => {
    network.send(of, store, 'claims', () => {
      const row = store.outbox.claim(sim.now);
      if (row === null) return;
      network.send(store, of, 'claimed', () => {
        sim.after(POST_MS, of, 'posts', () => post(row));
      });
    });
    sim.after(POLL_MS, of, 'courier', poll);
  };
  poll();
}
