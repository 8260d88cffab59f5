/** One run, put together: parties, what they see of each other, and who watches. */
import { completeMonitor, shardOf, type Member } from '@trustmonitor/protocol';
import type { RegionRecord } from '../../packages/coordinator/src/quarantine/plan.ts';
import type { StoredMonitor } from '../../packages/coordinator/src/store/monitors.ts';
import { Detection } from './check/detection.ts';
import { Invariants } from './check/invariants.ts';
import { SETTLED_MS, requireSteady } from './check/steady.ts';
import { Rng } from './kernel/rng.ts';
import { EPOCH_MS, Simulation, type Party } from './kernel/simulation.ts';
import { Agent } from './model/agent.ts';
import { Coordinator } from './model/coordinator.ts';
import { runCourier } from './model/courier.ts';
import { LeaseTable, type Holder } from './model/lease-table.ts';
import { Network } from './model/network.ts';
import { Notary } from './model/notary.ts';
import { QUIET, Region } from './model/region.ts';
import { RegionTable } from './model/region-table.ts';
import { Store, type Committed } from './model/store.ts';
import { Target } from './model/target.ts';
import { agentPorts, coordinatorPorts } from './ports.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import { schedule } from './scenario/faults.ts';
import type { Plan, PlannedMonitor } from './scenario/plan.ts';

const CHANNELS = ['mail', 'pager'] as const;

/** A monitor as it is stored, and what it watches. */
export interface Watch {
  readonly stored: StoredMonitor;
  readonly target: Target;
  readonly isSilentWhenDown: boolean;
}

export class World {
  readonly plan: Plan;
  readonly rules: Rules;
  readonly rng: (name: string) => Rng;
  readonly sim = new Simulation();
  readonly notary = new Notary();
  readonly network: Network;
  readonly store: Store;
  readonly regions: readonly Region[];
  readonly agents: readonly Agent[];
  readonly coordinators: readonly Coordinator[];
  readonly watches: ReadonlyMap<string, Watch>;
  readonly invariants: Invariants;
  readonly detection: Detection;
  readonly members: readonly Member[];
  /** Which region was put into quarantine, or let out of it, in order: `r0 out: flagged`. */
  readonly moves: string[] = [];

  constructor(plan: Plan, seed: number, rules: Rules = ALL_RULES) {
    this.plan = plan;
    this.rules = rules;
    this.rng = (name) => new Rng(seed, name);
    this.network = new Network(this.sim, this.rng('network'), plan.weather);
    this.watches = new Map(plan.monitors.map((monitor, i) => [`m${i}`, watchOf(monitor, i)]));
    const holders = new Map<number, Holder>();
    this.regions = times(plan.regions, (i) => {
      return new Region(`r${i}`, `g${i}`, plan.noise, this.rng(`region ${i}`));
    });
    this.members = this.regions.map(({ name: region, group }) => ({ region, group }));
    const tables = {
      leases: new LeaseTable(this.sim.now, holders),
      regions: new RegionTable(this.members, (record) => this.#moved(record)),
    };
    this.store = new Store(rules, CHANNELS, tables, (committed) => this.#committed(committed));
    this.invariants = new Invariants(this.sim, this.store, this.notary, holders);
    this.detection = new Detection(plan.isHealthy);
    this.agents = this.regions.flatMap(({ name }) =>
      times(plan.agentsPerRegion, (i) => new Agent(`a-${name}-${i}`, name, agentPorts(this))),
    );
    this.coordinators = times(plan.coordinators, (i) => {
      return new Coordinator(`c${i}`, coordinatorPorts(this), this.rng(`coordinator ${i}`));
    });
    const chance = this.rng('start');
    for (const party of [...this.coordinators, ...this.agents]) {
      this.sim.after(chance.below(1_000), party, 'starts', () => this.start(party));
    }
    schedule(this, plan.faults);
    if (plan.endsSteady && plan.noise.loss > 0) {
      this.sim.after(plan.durationMs - SETTLED_MS, null, 'noise is over', () => this.#quieten());
    }
  }

  watch(monitor: string): Watch {
    const watch = this.watches.get(monitor);
    if (watch === undefined) throw new RangeError(`no monitor ${monitor}`);
    return watch;
  }

  agentsOf({ name }: Region): readonly Agent[] {
    return this.agents.filter(({ region }) => region === name);
  }

  /** Begins a life of a process. */
  start(party: Party): void {
    if (party instanceof Agent) party.start();
    if (party instanceof Coordinator) {
      party.start();
      runCourier(party, this);
    }
  }

  /** Runs to the end. Throws a `Breach` at the first event that breaks an invariant. */
  run(): void {
    this.sim.run(EPOCH_MS + this.plan.durationMs, () => this.invariants.check());
    if (this.plan.endsSteady) requireSteady(this);
  }

  #quieten(): void {
    for (const region of this.regions) region.noise = QUIET;
  }

  #moved({ region, reason, sinceMs }: RegionRecord): void {
    const move = sinceMs === null ? `${region} back` : `${region} out: ${reason}`;
    this.moves.push(move);
    this.sim.note(this.store, move);
  }

  #committed(committed: Committed): void {
    this.invariants.committed(committed);
    for (const { watched, effect } of committed.incidents) {
      const { id, intervalMs } = watched.definition;
      this.sim.note(this.store, `${effect.step} ${effect.verdict} of ${id}`);
      this.detection.stepped(effect, this.watch(id).target, intervalMs, this.sim.now);
    }
  }
}

function watchOf({ input, spells, isSilentWhenDown }: PlannedMonitor, index: number): Watch {
  const definition = completeMonitor({ ...input, id: `m${index}` });
  const now = new Date(EPOCH_MS);
  const stored: StoredMonitor = {
    definition,
    revision: 1,
    shard: shardOf(definition.id),
    checkDigest: index.toString(16).padStart(64, '0'),
    sealedSecrets: {},
    state: null,
    verdict: null,
    openIncident: null,
    flappingSince: null,
    lastRoundAt: null,
    createdAt: now,
    updatedAt: now,
    openAnomalies: [],
    owner: null,
  };
  const moved = spells.map((s) => ({ ...s, from: s.from + EPOCH_MS, to: s.to + EPOCH_MS }));
  return { stored, target: new Target(moved), isSilentWhenDown };
}

/** Monitors of these shards, as the store has them. */
export function monitorsIn(world: World, shards: readonly number[]): StoredMonitor[] {
  return [...world.watches.values()]
    .filter(({ stored }) => shards.includes(stored.shard))
    .map(({ stored }) => ({
      ...stored,
      state: world.store.stateOf(stored.definition.id),
      lastRoundAt: world.store.lastRoundAtOf(stored.definition.id),
    }));
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
