/**
 * A coordinator: the real watch list, decisions and clock, in the loop of `cycle.ts`
 * with the waiting taken out. One turn is under way at a time; nothing leaves before its commit.
 */
import type { Member, Receipt } from '@trustmonitor/protocol';
import { makeUuid7, shardOf } from '@trustmonitor/protocol';
import { FleetBrake } from '../../../packages/coordinator/src/brake/brake.ts';
import { createClock, type Clock } from '../../../packages/coordinator/src/clock.ts';
import {
  BrokerLink,
  type BrokerState,
} from '../../../packages/coordinator/src/lease/broker-link.ts';
import { Decisions, type About, type Ask } from '../../../packages/coordinator/src/decide.ts';
import type { SecretBox } from '../../../packages/coordinator/src/secret-box.ts';
import type { StoredMonitor } from '../../../packages/coordinator/src/store/monitors.ts';
import { WatchList } from '../../../packages/coordinator/src/watch-list.ts';
import { Party, type Simulation } from '../kernel/simulation.ts';
import type { Rng } from '../kernel/rng.ts';
import type { Rules } from '../rules.ts';
import { withRoundsOf } from './broken.ts';
import { LEASE_TTL_MS } from './lease-table.ts';
import type { Notary, SealedBatch } from './notary.ts';
import { RegionKeeper } from './region-keeper.ts';
import type { RegionJudgement, RegionRows } from './region-table.ts';
import type { Outcome, Writes } from './store.ts';
import { takeIn, type Arrival, type Intake } from './intake.ts';

const MAX_BATCHES_PER_TURN = 100;
const MAX_DUE_PER_TURN = 2_000;
const MAX_BACKLOG = 2_000;
const RETRY_MS = 500;
/** When the connection to the store is taken to be dead. */
const COMMIT_TIMEOUT_MS = 5_000;
const LONGEST_WAIT_MS = 1_000;
const LEASE_STEP_MS = 2_000;
/** It stops by itself this much before others may take its shards. */
const LEASE_MARGIN_MS = 1_000;
const FLEET_STEP_MS = 1_000;
const REGION_STEP_MS = 2_000;

/** The world as a coordinator can act on it. */
export interface CoordinatorPorts {
  readonly rules: Rules;
  readonly notary: Notary;
  /** Ids of all monitors. */
  readonly monitors: readonly string[];
  readonly sim: Simulation;
  readonly secretBox: SecretBox;
  readonly members: readonly Member[];
  commit(from: Coordinator, writes: Writes, reply: (outcome: Outcome) => void): void;
  stepLeases(
    from: Coordinator,
    broker: BrokerState,
    reply: (held: ReadonlyMap<number, number>) => void,
  ): void;
  loadShards(
    from: Coordinator,
    shards: readonly number[],
    reply: (monitors: readonly StoredMonitor[]) => void,
  ): void;
  /** Jobs; `isHeld`: whether agents are to ask their canaries anew. */
  dispatch(from: Coordinator, asks: readonly About<Ask>[], isHeld: boolean): void;
  reachesBroker(from: Coordinator): boolean;
  /** Notes what was heard and seen of agents, and reads how regions stand. */
  lookAtRegions(
    from: Coordinator,
    news: ReturnType<RegionKeeper['takeNews']>,
    reply: (rows: RegionRows) => void,
  ): void;
  judgeRegions(
    from: Coordinator,
    judgement: RegionJudgement,
    reply: (rows: RegionRows) => void,
  ): void;
  /** `sealed` is what the receipt is about; for the checker. */
  receipt(from: Coordinator, receipt: Receipt, sealed: SealedBatch): void;
  /** For the checker: what this turn is about to decide was decided now. */
  decided(from: Coordinator, decisions: Decisions): void;
}

/** What a life of it knows, and forgets when it ends. */
interface Mind {
  readonly watchList: WatchList;
  readonly newRoundId: (atMs: number) => string;
  readonly brake: FleetBrake;
  readonly regions: RegionKeeper;
}

interface Turn {
  readonly intakes: readonly Intake[];
  readonly due: readonly string[];
  readonly atMs: number;
}

export class Coordinator extends Party {
  /** Wall time minus true time; a fault may set it. */
  skewMs = 0;
  readonly #ports: CoordinatorPorts;
  readonly #rng: Rng;
  #clock: Clock = () => 0;
  #link = new BrokerLink(true, 0);
  #mind: Mind;
  /** Epochs of the shards whose monitors are loaded. */
  #shards = new Map<number, number>();
  #loading = new Set<number>();
  #renewedAt = 0;
  #backlog: Arrival[] = [];
  #underWay: { turn: Turn; writes: Writes } | null = null;
  #turns = 0;
  /** The earliest wake-up that is scheduled. */
  #wakesAt = Infinity;

  constructor(name: string, ports: CoordinatorPorts, rng: Rng) {
    super(name);
    this.#ports = ports;
    this.#rng = rng;
    this.#mind = this.#newMind();
  }

  /** Who it is for the leases: each life is another owner. */
  get owner(): string {
    return `${this.name}.${this.life}`;
  }

  get backlog(): number {
    return this.#backlog.length;
  }

  now(): number {
    return this.#clock();
  }

  /** Begins a life with nothing but what the store has. */
  start(): void {
    const { sim } = this.#ports;
    this.#clock = createClock(
      () => sim.now + this.skewMs,
      () => sim.now,
    );
    this.#mind = this.#newMind();
    this.#link = new BrokerLink(this.#ports.reachesBroker(this), sim.now);
    this.#shards = new Map();
    this.#loading = new Set();
    this.#backlog = [];
    this.#underWay = null;
    this.#turns = 0;
    this.#renewedAt = 0;
    this.#wakesAt = Infinity;
    this.#stepLeases();
    this.#lookAtFleet();
    this.#lookAtRegions();
  }

  get #watchList(): WatchList {
    return this.#mind.watchList;
  }

  #newMind(): Mind {
    const { sim, secretBox, members } = this.#ports;
    const clock = (): number => this.#clock();
    const say = (_flip: object, words: string): void => sim.note(this, words);
    const watchList = new WatchList(secretBox);
    const newRoundId = (atMs: number): string => makeUuid7(atMs, this.#rng.bytes(10));
    return {
      watchList,
      newRoundId,
      brake: new FleetBrake({ watchList, clock, log: { info: say, warn: say } }),
      regions: new RegionKeeper(members, watchList, newRoundId),
    };
  }

  /** An agent's beat. */
  hear(agent: string, region: string): void {
    this.#mind.regions.hear({ agent, region, atMs: this.#clock() });
  }

  #lookAtFleet(): void {
    this.#mind.brake.look();
    this.#ports.sim.after(FLEET_STEP_MS, this, 'looks at the fleet', () => this.#lookAtFleet());
  }

  #lookAtRegions(): void {
    const { sim } = this.#ports;
    const mind = this.#mind;
    const { regions } = mind;
    this.#ports.lookAtRegions(this, regions.takeNews(), (rows) => {
      if (mind !== this.#mind) return;
      const mayJudge = this.#mayDecide && this.#ports.reachesBroker(this);
      const { judgement, asks } = regions.look(rows, mayJudge, this.#clock());
      this.#ports.dispatch(this, asks, false);
      if (judgement === null) return;
      this.#ports.judgeRegions(this, judgement, (judged) => regions.adopt(judged));
    });
    sim.after(REGION_STEP_MS, this, 'looks at regions', () => this.#lookAtRegions());
  }

  /** A batch from the bus; those of other shards are none of its business. */
  offer(sealed: SealedBatch, sender: string): void {
    if (!this.#shards.has(sealed.shard) || this.#backlog.length >= MAX_BACKLOG) return;
    this.#backlog.push({ sealed, sender, arrivedAtMs: this.#clock() });
    this.#wakeIn(0);
  }

  #stepLeases(): void {
    const { sim } = this.#ports;
    const askedAt = sim.now;
    this.#link.note(this.#ports.reachesBroker(this), askedAt);
    this.#ports.stepLeases(this, this.#link.at(askedAt), (held) => {
      this.#renewedAt = Math.max(this.#renewedAt, askedAt);
      this.#hold(held);
    });
    sim.after(LEASE_STEP_MS, this, 'lease step', () => this.#stepLeases());
  }

  /** False when others may have taken over by now: it then decides nothing. */
  get #mayDecide(): boolean {
    return this.#ports.sim.now - this.#renewedAt < LEASE_TTL_MS - LEASE_MARGIN_MS;
  }

  #hold(held: ReadonlyMap<number, number>): void {
    for (const [shard, epoch] of this.#shards) if (held.get(shard) !== epoch) this.#shed(shard);
    const taken = [...held.keys()].filter((s) => !this.#shards.has(s) && !this.#loading.has(s));
    if (taken.length === 0) return;
    for (const shard of taken) this.#loading.add(shard);
    const done = (): void => taken.forEach((shard) => this.#loading.delete(shard));
    // An answer that is lost is asked for again with the next step.
    this.#ports.sim.after(LEASE_STEP_MS, this, 'load timeout', done);
    this.#ports.loadShards(this, taken, (monitors) => {
      const fresh = taken.filter((shard) => this.#loading.has(shard) && !this.#shards.has(shard));
      done();
      for (const shard of fresh) this.#shards.set(shard, held.get(shard) ?? 0);
      for (const stored of monitors) {
        if (fresh.includes(shardOf(stored.definition.id))) {
          this.#watchList.watch(stored, this.#clock());
        }
      }
      this.#wakeIn(0);
    });
  }

  #shed(shard: number): void {
    this.#ports.sim.note(this, `sheds shard ${shard}`);
    this.#shards.delete(shard);
    this.#watchList.forgetShard(shard);
  }

  #wakeIn(delayMs: number): void {
    const { sim } = this.#ports;
    const at = sim.now + Math.max(0, Math.ceil(delayMs));
    if (at >= this.#wakesAt) return;
    this.#wakesAt = at;
    sim.after(at - sim.now, this, 'wakes', () => {
      if (this.#wakesAt > at) return;
      this.#wakesAt = Infinity;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#underWay === null) this.#nextTurn();
    if (this.#underWay === null) this.#wakeIn(this.#waitMs());
  }

  #nextTurn(): void {
    if (!this.#mayDecide) return;
    const turn = this.#gather();
    if (turn.intakes.length + turn.due.length > 0) this.#decide(turn);
  }

  #waitMs(): number {
    if (!this.#mayDecide) return LONGEST_WAIT_MS;
    if (this.#backlog.length > 0) return 0;
    const dueAt = this.#watchList.nextDueAt ?? Infinity;
    return Math.min(dueAt - this.#clock(), LONGEST_WAIT_MS);
  }

  /** As in `cycle.ts`: a vote that came in time is never overtaken by its deadline. */
  #gather(): Turn {
    const arrivals = this.#backlog.splice(0, MAX_BATCHES_PER_TURN);
    const atMs = this.#backlog[0]?.arrivedAtMs ?? this.#clock();
    const due = this.#watchList.takeDue(atMs, MAX_DUE_PER_TURN);
    const isMine = ({ sealed }: Arrival): boolean => this.#shards.has(sealed.shard);
    const intakes = arrivals.filter(isMine).map((arrival) => this.#takeIn(arrival));
    return { intakes, due, atMs };
  }

  #takeIn(arrival: Arrival): Intake {
    const { notary, rules } = this.#ports;
    const intake = takeIn(arrival, notary);
    if (rules.bindsRounds || !intake.accepted) return intake;
    const openRoundOf = (id: string): string | undefined =>
      this.#watchList.get(id)?.state.round?.id;
    return { ...intake, opened: withRoundsOf(intake.opened, openRoundOf) };
  }

  #decide(turn: Turn): void {
    const { rules, members } = this.#ports;
    const { watchList, brake, regions, newRoundId } = this.#mind;
    const isProbation = (round: string): boolean => regions.isProbation(round);
    const guard = rules.leavesOutQuarantined
      ? regions
      : { regions: new Set<string>(), isProbation };
    const heldSinceMs = rules.brakesFleet ? brake.sinceMs : null;
    const decisions = new Decisions(watchList, members, newRoundId, guard, heldSinceMs);
    for (const intake of turn.intakes) {
      if (intake.accepted) decisions.takeBatch(intake.opened, intake.arrivedAtMs);
    }
    for (const id of turn.due) decisions.takeDue(id, turn.atMs);
    this.#ports.decided(this, decisions);
    if (!decisions.mustBeWritten) {
      this.#carryOut(turn, decisions);
      return;
    }
    const epochs = this.#epochsOf(decisions);
    const turnNumber = ++this.#turns;
    const writes = { owner: this.owner, turn: turnNumber, decisions, epochs };
    this.#underWay = { turn, writes };
    if (!this.#ports.rules.receiptsAfterCommit) this.#receipt(turn);
    this.#send(writes);
  }

  /** The shards whose monitors this is about: each must still be ours when it is written. */
  #epochsOf({ states, results, rounds }: Decisions): Map<number, number> {
    const monitors = [
      ...states.keys(),
      ...results.map(({ result }) => result.monitor),
      ...rounds.map(({ watched }) => watched.definition.id),
    ];
    const shards = new Set(monitors.map((id) => shardOf(id)));
    return new Map([...shards].map((shard) => [shard, this.#shards.get(shard) ?? 0]));
  }

  #send(writes: Writes): void {
    const { sim } = this.#ports;
    const isWaiting = (): boolean => this.#underWay?.writes === writes;
    this.#ports.commit(this, writes, (outcome) => {
      if (isWaiting()) this.#ended(outcome);
    });
    sim.after(COMMIT_TIMEOUT_MS + RETRY_MS, this, 'commit timeout', () => {
      if (isWaiting()) this.#send(writes);
    });
  }

  #ended(outcome: Outcome): void {
    const underWay = this.#underWay;
    if (underWay === null) return;
    const { turn, writes } = underWay;
    this.#underWay = null;
    if (outcome.type === 'committed') {
      this.#carryOut(turn, writes.decisions);
    } else if (outcome.type === 'lost') {
      for (const shard of outcome.shards) this.#shed(shard);
      this.#again(turn);
    } else {
      this.#ports.sim.note(this, `violates ${outcome.constraint}`);
      for (const id of writes.decisions.states.keys())
        this.#watchList.giveUpRound(id, this.#clock());
    }
    this.#wakeIn(0);
  }

  /** What was not about a lost shard is decided and written by itself. */
  #again({ intakes, due, atMs }: Turn): void {
    const mine = intakes.filter(({ sealed }) => this.#shards.has(sealed.shard));
    const left = due.filter((id) => this.#watchList.get(id) !== undefined);
    this.#decide({ intakes: mine, due: left, atMs });
  }

  #carryOut(turn: Turn, decisions: Decisions): void {
    for (const [id, decided] of decisions.states) this.#watchList.adopt(id, decided);
    this.#watchList.reschedule(turn.due.filter((id) => !decisions.states.has(id)));
    this.#mind.regions.observe(decisions, this.#clock());
    this.#mind.brake.observe(decisions.rounds);
    this.#ports.dispatch(this, decisions.asks, decisions.heldSinceMs !== null);
    this.#receipt(turn);
  }

  #receipt({ intakes }: Turn): void {
    for (const { sealed, sender, accepted } of intakes) {
      const { seq, digest: batch } = sealed;
      const status = accepted ? 'committed' : 'refused';
      const receipt = { v: 1, agent: sender, seq, batch, status, reason: '' } as const;
      this.#ports.receipt(this, receipt, sealed);
    }
  }
}
