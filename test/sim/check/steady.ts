/** I7 and the end of I5: some time after the last fault everything is as it should be. */
import type { World } from '../world.ts';
import { Breach } from './breach.ts';

/** A state of a target that has lasted this long must be what is said of it; noise ends so long before. */
export const SETTLED_MS = 60_000;

export function requireSteady(world: World): void {
  requireEmptySpools(world);
  requireDelivered(world);
  for (const monitor of world.watches.keys()) requireTruth(world, monitor);
}

function requireEmptySpools({ agents, coordinators }: World): void {
  for (const { name, spooled } of agents) {
    // A batch or two may just be under way.
    if (spooled > 4) throw new Breach('I7', `${name} still has ${spooled} batches`);
  }
  for (const { name, backlog } of coordinators) {
    if (backlog > 100) throw new Breach('I7', `${name} still has ${backlog} batches to take in`);
  }
}

function requireDelivered({ store, sim }: World): void {
  const late = store.outbox.rows.find(
    (row) => !row.isDelivered && row.writtenAt < sim.now - SETTLED_MS,
  );
  if (late === undefined) return;
  throw new Breach('I5', `${late.channel} was never told of ${late.step} of ${late.incident}`);
}

function requireTruth(world: World, monitor: string): void {
  const truth = world.watch(monitor).target.settledAt(world.sim.now, SETTLED_MS);
  const standing = world.store.stateOf(monitor)?.standing ?? null;
  const open = world.store.openIncidentsOf(monitor);
  if (truth === null) return;
  if (standing === truth && open === (truth === 'down' ? 1 : 0)) return;
  throw new Breach(
    'I7',
    `${monitor} is ${truth} and stands at ${standing ?? 'nothing'} with ${open} open incidents`,
  );
}
