/**
 * What can go wrong, as data: a script of faults is what a seed draws, what a property test
 * shrinks and what a scenario spells out. `who` counts around the parties there are.
 */
import type { Rng } from '../kernel/rng.ts';
import type { Party } from '../kernel/simulation.ts';
import { LIES } from '../model/probe.ts';
import type { World } from '../world.ts';

export const FAULT_KINDS = [
  'agent-crash',
  'agent-pause',
  'agent-skew',
  'agent-lies',
  'region-dead',
  'region-cut',
  'broker-crash',
  'broker-pause',
  'coordinator-crash',
  'coordinator-pause',
  'coordinator-cut-from-broker',
  'coordinator-cut-from-store',
  'coordinator-skew',
  'store-stall',
  'storm',
] as const;
/** Not drawn, as they defeat a quorum where nothing else helps. */
type WorseKind =
  /** Canaries are believed to say what they said before. */
  | 'canaries-stale'
  /** Every agent of the first region says the opposite of what it sees. */
  | 'region-wrong';
export type FaultKind = (typeof FAULT_KINDS)[number] | WorseKind;

export interface Fault {
  readonly kind: FaultKind;
  /** Milliseconds after the run begins, and how long it lasts. */
  readonly atMs: number;
  readonly forMs: number;
  readonly who: number;
  /** In 0 .. 1: how bad it is, where that can be said. */
  readonly amount: number;
}

const LARGEST_SKEW_MS = { agent: 600_000, coordinator: 2_000 } as const;

/** Draws a script: `count` faults, all over by `untilMs`. */
export function drawFaults(rng: Rng, count: number, untilMs: number): Fault[] {
  return Array.from({ length: count }, () => {
    const forMs = Math.ceil(Math.min(rng.exponential(15_000) + 500, untilMs / 2));
    return {
      kind: rng.pick(FAULT_KINDS),
      atMs: rng.between(0, untilMs - forMs),
      forMs,
      who: rng.below(64),
      amount: rng.float(),
    };
  });
}

/** Puts the script on the world's timetable. */
export function schedule(world: World, faults: readonly Fault[]): void {
  const { sim } = world;
  for (const fault of faults) {
    sim.after(fault.atMs, null, `${fault.kind} ${fault.who}`, () => {
      const end = begin(world, fault);
      sim.after(fault.forMs, null, `${fault.kind} ${fault.who} is over`, end);
    });
  }
}

/** Begins a fault; what it returns ends it. Faults of one kind may overlap. */
function begin(world: World, fault: Fault): () => void {
  const { network, store } = world;
  const agent = at(world.agents, fault.who);
  const coordinator = at(world.coordinators, fault.who);
  const region = at(world.regions, fault.who);
  switch (fault.kind) {
    case 'agent-crash':
      return crash(world, agent);
    case 'coordinator-crash':
      return crash(world, coordinator);
    case 'broker-crash':
      return crash(world, network.broker);
    case 'agent-pause':
      return pause(world, agent, fault.forMs);
    case 'coordinator-pause':
      return pause(world, coordinator, fault.forMs);
    case 'broker-pause':
      return pause(world, network.broker, fault.forMs);
    case 'store-stall':
      return pause(world, store, fault.forMs);
    case 'agent-skew':
      return skew(agent, fault.amount, LARGEST_SKEW_MS.agent);
    case 'coordinator-skew':
      return skew(coordinator, fault.amount, LARGEST_SKEW_MS.coordinator);
    case 'agent-lies':
      return lie(world, fault);
    case 'region-dead':
      region.dead += 1;
      return () => (region.dead -= 1);
    case 'canaries-stale':
      region.staleCanaries += 1;
      return () => (region.staleCanaries -= 1);
    case 'region-wrong':
      return turn(world);
    case 'region-cut':
      return cut(world, world.agentsOf(region), network.broker.name);
    case 'coordinator-cut-from-broker':
      return cut(world, [coordinator], network.broker.name);
    case 'coordinator-cut-from-store':
      return cut(world, [coordinator], store.name);
    case 'storm':
      network.storms += 1;
      return () => (network.storms -= 1);
  }
}

function crash(world: World, party: Party): () => void {
  // Whoever is down already stays so, and comes back with the first crash.
  if (!party.isUp) return () => undefined;
  party.isUp = false;
  party.life += 1;
  party.pausedUntil = 0;
  return () => {
    party.isUp = true;
    world.start(party);
  };
}

function pause({ sim }: World, party: Party, forMs: number): () => void {
  party.pausedUntil = Math.max(party.pausedUntil, sim.now + forMs);
  return () => undefined;
}

function skew(party: { skewMs: number }, amount: number, largestMs: number): () => void {
  const by = Math.round((amount * 2 - 1) * largestMs);
  party.skewMs += by;
  return () => (party.skewMs -= by);
}

/** Only agents of the first region may lie: see `check/truth.ts`. */
function lie(world: World, { who, amount }: Fault): () => void {
  const liar = at(world.agentsOf(at(world.regions, 0)), who);
  liar.lie = LIES[Math.floor(amount * LIES.length)] ?? 'inverted';
  return () => (liar.lie = null);
}

function turn(world: World): () => void {
  const agents = world.agentsOf(at(world.regions, 0));
  for (const agent of agents) agent.lie = 'inverted';
  return () => {
    for (const agent of agents) agent.lie = null;
  };
}

function cut({ network }: World, parties: readonly Party[], from: string): () => void {
  for (const { name } of parties) network.cut(name, from);
  return () => {
    for (const { name } of parties) network.mend(name, from);
  };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new RangeError('a fault needs somebody to happen to');
  return found;
}
