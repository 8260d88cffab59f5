/**
 * An agent: the real admission of jobs, network clock, gathering and lanes, around a model of the
 * probe and of the disk. What is sealed and kept survives its death; all else is lost with it.
 */
import type { Job, Receipt, Result } from '@trustmonitor/protocol';
import { Gather, paceOf } from '../../../packages/agent/src/attest/gather.ts';
import { admit } from '../../../packages/agent/src/jobs/admit.ts';
import { createSeenRounds, type SeenRounds } from '../../../packages/agent/src/jobs/seen-rounds.ts';
import { Lane } from '../../../packages/agent/src/report/lane.ts';
import { createNetworkClock, type NetworkClock } from '../../../packages/agent/src/vitals/clock.ts';
import { Party, type Simulation } from '../kernel/simulation.ts';
import { Canaries } from './canaries.ts';
import {
  NETWORK,
  type Notary,
  type Provenance,
  type SealedBatch,
  type SealedResult,
} from './notary.ts';
import { probe, type Lie, type ProbeParts } from './probe.ts';

const GATHER = {
  lingerMs: 25,
  calmLingerMs: 500,
  backlogLingerMs: 1_000,
  batchResults: 100,
  maxResults: 20_000,
} as const;
/** So many batches of a shard without a receipt are a backlog. */
const BACKLOG = 8;
/** Four times the real pause: it costs more events than all the rest, and decides nothing. */
const SWEEP_MS = 1_000;
const BEAT_MS = 2_000;
const BEAT_TIMEOUT_MS = 1_500;
/** A file that is written and synced. */
const KEEP_MS = 3;
/** The real window is 8; what lies beyond it is read from the disk, which the model leaves out. */
const WINDOW = 1_000_000;

/** The world as an agent can act on it. */
export interface AgentPorts extends ProbeParts {
  readonly sim: Simulation;
  readonly notary: Notary;
  reachesBroker(from: Agent): boolean;
  publish(from: Agent, batch: SealedBatch): void;
  /** Asks for the coordinator's time; no answer is given up after `BEAT_TIMEOUT_MS`. */
  beat(from: Agent, reply: (coordinatorMs: number) => void): void;
}

export class Agent extends Party {
  readonly region: string;
  /** Wall time minus true time; a fault may set it. */
  skewMs = 0;
  lie: Lie | null = null;
  canaries = new Canaries();
  /** For the liar, who likes to come back to it. */
  lastRound: string | null = null;
  readonly #ports: AgentPorts;
  /** On disk: batches without a receipt, and the number of the newest one. */
  readonly #spool = new Map<number, SealedBatch>();
  #seq = 0;
  #clock: NetworkClock = createNetworkClock({ monotonic: () => 0, wall: () => 0 });
  #seen: SeenRounds = createSeenRounds();
  #gather = new Gather(GATHER);
  #lanes = new Map<number, Lane>();
  readonly #provenance = new Map<Result, Provenance>();
  readonly #messages = new WeakMap<Uint8Array, SealedBatch>();
  #sealsAt = Infinity;
  #hears: boolean | null = null;

  constructor(name: string, region: string, ports: AgentPorts) {
    super(name);
    this.region = region;
    this.#ports = ports;
  }

  /** Batches without a receipt. */
  get spooled(): number {
    return this.#spool.size;
  }

  start(): void {
    const { sim } = this.#ports;
    this.#clock = createNetworkClock({
      monotonic: () => sim.now,
      wall: () => sim.now + this.skewMs,
    });
    this.canaries = new Canaries();
    this.#seen = createSeenRounds();
    this.#gather = new Gather(GATHER);
    this.#lanes = new Map();
    this.#provenance.clear();
    this.#sealsAt = Infinity;
    this.#hears = null;
    for (const sealed of this.#spool.values()) this.#report(sealed);
    this.#sweep();
    this.#beat();
  }

  takeJob(job: Job): void {
    const { sim } = this.#ports;
    const admission = admit(job, {
      network: NETWORK,
      region: this.region,
      seen: this.#seen,
      checks: { matches: () => true },
      now: sim.now,
      coordinatorNow: this.#clock.coordinatorNow(),
    });
    if (!admission.admitted) {
      sim.note(this, `refuses ${job.round}: ${admission.refusal}`);
      return;
    }
    probe(this, admission.job, this.#ports, (results) => this.#add(job, results));
  }

  takeReceipt({ seq, batch, agent }: Receipt): void {
    if (agent !== this.name) return;
    for (const lane of this.#lanes.values()) {
      if (lane.receipted(seq, batch, this.#ports.sim.now) !== null) this.#spool.delete(seq);
    }
  }

  #add(job: Pick<Job, 'shard' | 'phase'>, results: readonly SealedResult[]): void {
    for (const { result, provenance } of results) this.#provenance.set(result, provenance);
    const inBacklog = (this.#lanes.get(job.shard)?.size ?? 0) >= BACKLOG;
    const kept = this.#gather.add(
      job.shard,
      results.map(({ result }) => result),
      this.#ports.sim.now,
      paceOf(job, inBacklog),
    );
    if (kept) this.#scheduleSeal();
  }

  #scheduleSeal(): void {
    const { sim } = this.#ports;
    const at = Math.max(sim.now, this.#gather.nextDueAt());
    if (at >= this.#sealsAt) return;
    this.#sealsAt = at;
    sim.after(at - sim.now + KEEP_MS, this, 'seals', () => {
      this.#sealsAt = Infinity;
      this.#seal();
    });
  }

  #seal(): void {
    const { sim, notary } = this.#ports;
    for (const { shard, jobs } of this.#gather.takeDue(sim.now)) {
      this.#seq += 1;
      const sealed = notary.seal({
        agent: this.name,
        region: this.region,
        seq: this.#seq,
        shard,
        sealedAtMs: sim.now + this.skewMs,
        results: jobs.flat().map((result) => this.#sealedResult(result)),
      });
      this.#spool.set(sealed.seq, sealed);
      this.#report(sealed);
    }
    if (this.#gather.size > 0) this.#scheduleSeal();
  }

  #sealedResult(result: Result): SealedResult {
    const provenance = this.#provenance.get(result);
    if (provenance === undefined) throw new Error('a result that no probe made');
    this.#provenance.delete(result);
    return { result, provenance };
  }

  #report(sealed: SealedBatch): void {
    const { seq, shard, digest } = sealed;
    const message = Uint8Array.of();
    this.#messages.set(message, sealed);
    this.#lane(shard).push({ batch: { seq, shard, digest }, message }, this.#ports.sim.now);
  }

  #send(message: Uint8Array): boolean {
    const sealed = this.#messages.get(message);
    if (sealed === undefined || !this.#ports.reachesBroker(this)) return false;
    this.#ports.publish(this, sealed);
    return true;
  }

  #lane(shard: number): Lane {
    const known = this.#lanes.get(shard);
    if (known !== undefined) return known;
    const lane = new Lane({
      window: WINDOW,
      read: () => Promise.resolve(null),
      send: (message) => this.#send(message),
      patienceMs: (sendings) => Math.min(2_000 * 2 ** (sendings - 1), 15_000),
    });
    this.#lanes.set(shard, lane);
    return lane;
  }

  #sweep(): void {
    const { sim } = this.#ports;
    for (const lane of this.#lanes.values()) lane.resendDue(sim.now);
    sim.after(SWEEP_MS, this, 'sweeps', () => this.#sweep());
  }

  #beat(): void {
    const { sim } = this.#ports;
    const sentAt = sim.now;
    let isAnswered = false;
    this.#ports.beat(this, (coordinatorMs) => {
      if (isAnswered || sim.now - sentAt > BEAT_TIMEOUT_MS) return;
      isAnswered = true;
      this.#clock.measured(sentAt, sim.now, coordinatorMs);
      if (this.#hears === false) this.#resendAll();
      this.#hears = true;
    });
    sim.after(BEAT_TIMEOUT_MS, this, 'beat timeout', () => {
      if (!isAnswered) this.#hears = false;
    });
    sim.after(BEAT_MS, this, 'beats', () => this.#beat());
  }

  #resendAll(): void {
    for (const lane of this.#lanes.values()) lane.resendAll(this.#ports.sim.now);
  }
}
