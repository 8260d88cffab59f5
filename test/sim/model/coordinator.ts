/**
 * A coordinator: the real watch list, decisions and clock, in the loop of `cycle.ts`
 * with the waiting taken out. One turn is under way at a time; nothing leaves before its commit.
 */
import type { Member, Receipt } from '@trustmonitor/protocol';
import { makeUuid7 } from '@trustmonitor/protocol';
import { Backlog } from '../../../packages/coordinator/src/backlog.ts';
import { FleetBrake } from '../../../packages/coordinator/src/brake/brake.ts';
import { createClock, type Clock } from '../../../packages/coordinator/src/clock.ts';
import type { BrokerState } from '../../../packages/coordinator/src/lease/broker-link.ts';
import { Decisions, type About, type Ask } from '../../../packages/coordinator/src/decide.ts';
import type { SecretBox } from '../../../packages/coordinator/src/secret-box.ts';
import type { StoredMonitor } from '../../../packages/coordinator/src/store/monitors.ts';
import { WatchList } from '../../../packages/coordinator/src/watch-list.ts';
import { Party, type Simulation } from '../kernel/simulation.ts';
import type { Rng } from '../kernel/rng.ts';
import type { Rules } from '../rules.ts';
import { withRoundsOf } from './broken.ts';
import { Holding } from './holding.ts';
import type { Notary, SealedBatch } from './notary.ts';
import { RegionKeeper } from './region-keeper.ts';
import type { RegionJudgement, RegionRows } from './region-table.ts';
import type { Outcome, Writes } from './store.ts';
import { takeIn, type Arrival, type Intake } from './intake.ts';

const MAX_BATCHES_PER_TURN = 100;
const MAX_DUE_PER_TURN = 2_000;
const MAX_BYTES_PER_TURN = 8 * 1024 * 1024;
/** Of a result in a batch, about. */
const RESULT_BYTES = 900;
const RETRY_MS = 500;
/** When the connection to the store is taken to be dead. */
const COMMIT_TIMEOUT_MS = 5_000;
const LONGEST_WAIT_MS = 1_000;
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
  readonly holding: Holding;
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
  #mind: Mind;
  #backlog = new Backlog<Arrival>();
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
    return this.#backlog.size;
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
    this.#backlog = new Backlog();
    this.#underWay = null;
    this.#turns = 0;
    this.#wakesAt = Infinity;
    this.#mind.holding.start();
    this.#lookAtFleet();
    this.#lookAtRegions();
  }

  get #watchList(): WatchList {
    return this.#mind.watchList;
  }

  #newMind(): Mind {
    const { sim, secretBox, members, ...ports } = this.#ports;
    const clock = (): number => this.#clock();
    const say = (_flip: object, words: string): void => sim.note(this, words);
    const watchList = new WatchList(secretBox);
    const newRoundId = (atMs: number): string => makeUuid7(atMs, this.#rng.bytes(10));
    return {
      watchList,
      holding: new Holding({
        ...{ sim, party: this, watchList, clock },
        reachesBroker: () => ports.reachesBroker(this),
        stepLeases: (broker, reply) => ports.stepLeases(this, broker, reply),
        loadShards: (shards, reply) => ports.loadShards(this, shards, reply),
        onLoaded: () => this.#wakeIn(0),
      }),
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
      const mayJudge = this.#mind.holding.isFresh && this.#ports.reachesBroker(this);
      const { judgement, asks } = regions.look(rows, mayJudge, this.#clock());
      this.#ports.dispatch(this, asks, false);
      if (judgement === null) return;
      this.#ports.judgeRegions(this, judgement, (judged) => regions.adopt(judged));
    });
    sim.after(REGION_STEP_MS, this, 'looks at regions', () => this.#lookAtRegions());
  }

  /** A batch from the bus; those of other shards are none of its business. */
  offer(sealed: SealedBatch, agent: string): void {
    if (!this.#mind.holding.has(sealed.shard)) return;
    const message = { length: sealed.results.length * RESULT_BYTES };
    if (!this.#backlog.add({ sealed, agent, message, arrivedAtMs: this.#clock() })) return;
    this.#wakeIn(0);
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
    if (!this.#mind.holding.isFresh) return;
    const turn = this.#gather();
    if (turn.intakes.length + turn.due.length > 0) this.#decide(turn);
  }

  #waitMs(): number {
    if (!this.#mind.holding.isFresh) return LONGEST_WAIT_MS;
    if (this.#backlog.size > 0) return 0;
    const dueAt = this.#watchList.nextDueAt ?? Infinity;
    return Math.min(dueAt - this.#clock(), LONGEST_WAIT_MS);
  }

  /** As in `cycle.ts`: a vote that came in time is never overtaken by its deadline. */
  #gather(): Turn {
    const arrivals = this.#backlog.take(MAX_BATCHES_PER_TURN, MAX_BYTES_PER_TURN);
    const atMs = this.#backlog.oldestAtMs ?? this.#clock();
    const due = this.#watchList.takeDue(atMs, MAX_DUE_PER_TURN);
    const isMine = ({ sealed }: Arrival): boolean => this.#mind.holding.has(sealed.shard);
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
    const guard = {
      regions: rules.leavesOutQuarantined ? regions.regions : new Set<string>(),
      // No operator works on the simulated network.
      drained: new Set<string>(),
      isProbation,
    };
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
    const epochs = this.#mind.holding.epochsOf(monitorsOf(decisions));
    const turnNumber = ++this.#turns;
    const writes = { owner: this.owner, turn: turnNumber, decisions, epochs };
    this.#underWay = { turn, writes };
    if (!this.#ports.rules.receiptsAfterCommit) this.#receipt(turn);
    this.#send(writes);
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
      for (const shard of outcome.shards) this.#mind.holding.shed(shard);
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
    const mine = intakes.filter(({ sealed }) => this.#mind.holding.has(sealed.shard));
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
    for (const { sealed, agent, accepted } of intakes) {
      const { seq, digest: batch } = sealed;
      const status = accepted ? 'committed' : 'refused';
      const receipt = { v: 1, agent, seq, batch, status, reason: '' } as const;
      this.#ports.receipt(this, receipt, sealed);
    }
  }
}

/** What this is about. */
function monitorsOf({ states, results, rounds }: Decisions): string[] {
  return [
    ...states.keys(),
    ...results.map(({ result }) => result.monitor),
    ...rounds.map(({ watched }) => watched.definition.id),
  ];
}
