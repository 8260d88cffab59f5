/** The ways between the parties: who can ask whom for what, and how it travels. */
import { formatTimestamp, type Job } from '@trustmonitor/protocol';
import { SecretBox } from '../../packages/coordinator/src/secret-box.ts';
import type { About, Ask } from '../../packages/coordinator/src/decide.ts';
import type { AgentPorts } from './model/agent.ts';
import type { Coordinator, CoordinatorPorts } from './model/coordinator.ts';
import { NETWORK } from './model/notary.ts';
import type { RegionRows } from './model/region-table.ts';
import { monitorsIn, type World } from './world.ts';

/** No monitor of the model has secrets. */
const SECRETS = new SecretBox(Buffer.alloc(32));

export function agentPorts(world: World): AgentPorts {
  const { sim, network, notary, rules } = world;
  return {
    sim,
    notary,
    rng: world.rng('probes'),
    isTrueToCanaries: rules.asksCanaries,
    watch: (monitor) => world.watch(monitor),
    regionOf: ({ region }) => found(world.regions.find(({ name }) => name === region)),
    reachesBroker: (from) => network.reachesBroker(from),
    publish(from, batch) {
      const listeners = (): typeof world.coordinators => world.coordinators;
      network.publish(from, 'batch', listeners, (to) => to.offer(batch, from.name));
    },
    beat(from, reply) {
      const listeners = (): typeof world.coordinators => world.coordinators;
      network.publish(from, 'beat', listeners, (to) => {
        to.hear(from.name, from.region);
        const now = to.now();
        network.publish(
          to,
          'beat answered',
          () => [from],
          () => reply(now),
        );
      });
    },
  };
}

export function coordinatorPorts(world: World): CoordinatorPorts {
  const { sim, network, store, notary, rules, invariants } = world;
  return {
    sim,
    rules,
    notary,
    secretBox: SECRETS,
    monitors: [...world.watches.keys()],
    members: world.members,
    commit(from, writes, reply) {
      network.send(from, store, `commit of ${from.owner}`, () => {
        const outcome = store.commit(writes);
        network.send(store, from, outcome.type, () => reply(outcome));
      });
    },
    stepLeases(from, broker, reply) {
      const { owner } = from;
      network.send(from, store, 'leases', () => {
        const held = store.leases.step(owner, broker, sim.now);
        network.send(store, from, `holds ${held.size}`, () => reply(held));
      });
    },
    loadShards(from, shards, reply) {
      network.send(from, store, `loads ${shards.join()}`, () => {
        const monitors = monitorsIn(world, shards);
        network.send(store, from, 'loaded', () => reply(monitors));
      });
    },
    dispatch(from, asks, isHeld) {
      const recheckCanaries = isHeld && rules.asksCanariesAnew;
      for (const ask of asks) {
        for (const job of jobsOf(ask)) {
          sendJob(world, from, recheckCanaries ? { ...job, recheckCanaries } : job);
        }
      }
    },
    ...regionPorts(world),
    receipt(from, receipt, sealed) {
      invariants.receipted(receipt, sealed);
      const to = world.agents.filter(({ name }) => name === receipt.agent);
      network.publish(
        from,
        'receipt',
        () => to,
        (agent) => agent.takeReceipt(receipt),
      );
    },
    decided: ({ owner }, decisions) => invariants.decided(owner, decisions),
  };
}

function regionPorts({
  network,
  store,
  invariants,
}: World): Pick<CoordinatorPorts, 'reachesBroker' | 'lookAtRegions' | 'judgeRegions'> {
  const ask = (
    from: Coordinator,
    what: string,
    work: () => RegionRows,
    reply: (rows: RegionRows) => void,
  ): void => {
    let isDone = false;
    network.send(from, store, what, () => {
      // A connection repeats nothing.
      if (isDone) return;
      isDone = true;
      const rows = work();
      const out = store.regions.out;
      network.send(store, from, 'regions', () => {
        reply(rows);
        invariants.regionsKnown(from.owner, out);
      });
    });
  };
  return {
    reachesBroker: (from) => network.reachesBroker(from),
    lookAtRegions(from, { heard, seen }, reply) {
      const nowMs = from.now();
      ask(from, 'reads regions', () => store.regions.look(heard, seen, nowMs), reply);
    },
    judgeRegions(from, judgement, reply) {
      const nowMs = from.now();
      ask(from, 'judges regions', () => store.regions.judge(judgement, nowMs), reply);
    },
  };
}

function sendJob(
  { network, agents }: World,
  from: Parameters<CoordinatorPorts['dispatch']>[0],
  job: Job,
): void {
  network.publishToOne(
    from,
    `job ${job.monitor} ${job.region}`,
    () => agents.filter(({ region }) => region === job.region),
    (agent) => agent.takeJob(job),
  );
}

/** As `dispatch.ts` has it. */
function jobsOf({ watched, effect }: About<Ask>): Job[] {
  return effect.regions.map((region) => ({
    v: 1,
    network: NETWORK,
    round: effect.round,
    monitor: watched.definition.id,
    region,
    shard: watched.shard,
    phase: effect.phase,
    issuedAt: formatTimestamp(effect.at),
    expiresInMs: effect.expiresInMs,
    check: { digest: watched.checkDigest, definition: watched.definition.check },
    secrets: watched.secrets,
  }));
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('nobody of that name');
  return value;
}
