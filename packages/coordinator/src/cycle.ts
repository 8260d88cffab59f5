/**
 * The coordinator's one loop. A turn takes what has arrived and what is due, decides, commits,
 * and only then lets anything out:
 *
 *     waiting -> taking in -> deciding -> committing -> carrying out -> waiting
 *                                             |  ^
 *                                             v  | (database away: the same decisions again)
 *                                           retrying
 *
 * Turns never overlap, so a burst is committed as a group and the database sets the pace.
 * While it is away nothing is opened, closed or receipted: what arrives waits here up to a
 * bound, and beyond that in the agents' spools.
 */
import type { Bus } from '@trustmonitor/bus';
import { isTrustMonitorError } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { Backlog } from './backlog.ts';
import { BatchAnswers } from './batch-answers.ts';
import type { Clock } from './clock.ts';
import type { CommitContext } from './commit.ts';
import { countTurn, type CycleStats } from './cycle-stats.ts';
import { Decisions, type About, type Ask, type Guard } from './decide.ts';
import { dispatch } from './dispatch.ts';
import { RingSuperseded, type KeyRings, type KeyRingSnapshot } from './keyrings.ts';
import { takeIn, type ReceivedBatch } from './intake.ts';
import { Isolation, isPassing, type Turn } from './isolation.ts';
import type { Tenancy } from './lease/tenancy.ts';
import type { PushVoter } from './push/voter.ts';
import { observationsOf, type Observation } from './trust/judge.ts';
import { TurnWriter } from './turn-writer.ts';
import { UnknownLimit } from './unknown-limit.ts';
import type { WatchList } from './watch-list.ts';
import type { FleetBrake } from './brake/brake.ts';
import { newRoundId } from './round-id.ts';
import { Wakeup } from './wakeup.ts';

const MAX_BATCHES_PER_TURN = 400;
const MAX_BYTES_PER_TURN = 4 * 1024 * 1024;
/**
 * No more than a turn can take in of what comes back, also where every region answers. So when turns become
 * slow, rounds open late and are asked in time, instead of ending in silence and asking everybody.
 */
const MAX_DUE_PER_TURN = 500;
const RETRY_MS = 500;
/** The timer is never set for longer, so that a missed wake-up costs a second at most. */
const LONGEST_WAIT_MS = 1_000;

export interface CycleParts {
  readonly watchList: WatchList;
  /** The shards that it decides about; what changes there is taken up between turns. */
  readonly tenancy: Tenancy;
  /** Whether the leases of these shards are known to hold; while they are not, nothing is done. */
  readonly isFresh: () => boolean;
  readonly stats: CycleStats;
  /** Which keys may vote, and where their regions are. */
  readonly keyRings: Pick<KeyRings, 'current' | 'refresh'>;
  readonly bus: Bus;
  /** Which regions are not asked; told of every result that is stored. */
  readonly quarantine: Guard & { observe(results: Decisions['results']): void };
  /** Holds incidents back while the fleet changes as a whole; told of every round that closed. */
  readonly brake: Pick<FleetBrake, 'sinceMs' | 'observe'>;
  /** Votes on heartbeat monitors; null where there can be none. */
  readonly push: Pick<PushVoter, 'ask' | 'receive'> | null;
  readonly clock: Clock;
  readonly commit: Omit<CommitContext, 'ring'>;
  readonly log: Logger;
  /** Told what each commit shows of the agents, and what was turned away. */
  readonly onSeen: (seen: readonly Observation[]) => void;
  /** Told what is carried out, whether or not anything had to be written for it. */
  readonly onDecided: (decisions: Decisions) => void;
  /** Called after each commit that wrote messages or changed what is seen. */
  readonly onCommitted: (written: Decisions) => void;
  /** Called for a monitor that should be asked soon and is watched elsewhere, or nowhere. */
  readonly onForeign: (monitor: string) => void;
}

export class Cycle {
  readonly stats: CycleStats;
  readonly #parts: CycleParts;
  readonly #backlog = new Backlog<ReceivedBatch>();
  readonly #wakeup = new Wakeup();
  readonly #writer: TurnWriter;
  readonly #unknownLimit: UnknownLimit;
  readonly #answers: BatchAnswers;
  readonly #isolation: Isolation;
  /** When the turn under way began; null between turns. */
  #turnSince: number | null = null;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: CycleParts) {
    this.#parts = parts;
    this.stats = parts.stats;
    this.#writer = new TurnWriter(parts);
    this.#unknownLimit = new UnknownLimit(parts.watchList);
    this.#answers = new BatchAnswers(parts);
    this.#isolation = new Isolation({
      ...parts,
      answers: this.#answers,
      isHeld: (batch) => this.#isHeld(batch),
      turn: (turn) => this.#turn(turn),
      decide: (turn, fill) => this.#decide(turn, fill),
      carryOut: (decisions) => this.#carryOut(decisions, []),
      refreshedKeys: () => this.#refreshedKeys(),
    });
    parts.tenancy.onNews = () => this.wake();
  }

  /** True while decisions cannot be written. */
  get databaseAway(): boolean {
    return this.#writer.isAway;
  }

  /** For how long the turn under way, or the monitor that is first due, has been waited for. */
  get lagMs(): number {
    const { clock, watchList } = this.#parts;
    const now = clock();
    return now - Math.min(now, this.#turnSince ?? now, watchList.nextDueAt ?? now);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends after the turn under way. Rounds that are open decide nothing. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#writer.stop();
    this.#wakeup.wake();
    await this.#running;
  }

  /** There may be something to do. */
  wake(): void {
    this.#wakeup.wake();
  }

  /**
   * Takes a batch message, or turns it away when too many wait or its shard is not held; there is
   * no receipt then, and the agent sends it again.
   */
  offer(batch: ReceivedBatch): boolean {
    if (this.#stopping || !this.#isHeld(batch) || !this.#backlog.add(batch)) {
      this.stats.turnedAwayBatches += 1;
      return false;
    }
    this.#wakeup.wake();
    return true;
  }

  /** Something is known of a monitor that its next round should not wait for. */
  hasten(id: string): void {
    if (this.#parts.watchList.get(id) === undefined) this.#parts.onForeign(id);
    else this.#parts.tenancy.hasten(id);
  }

  /** Monitors were written, changed or deleted. The coordinators that have them hear of it too. */
  monitorsChanged(ids: Iterable<string>): void {
    this.#parts.tenancy.monitorsChanged(ids);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      await this.#wakeup.wait(this.#waitMs());
      await this.#parts.tenancy.settle();
      if (!this.#parts.isFresh()) continue;
      this.#turnSince = this.#parts.clock();
      await this.#turn(this.#gather());
      this.#turnSince = null;
    }
  }

  #waitMs(): number {
    const { tenancy, isFresh, watchList, clock } = this.#parts;
    if (tenancy.hasNews) return 0;
    if (!isFresh()) return LONGEST_WAIT_MS;
    if (this.#backlog.size > 0) return 0;
    const dueAt = watchList.nextDueAt;
    return dueAt === null ? LONGEST_WAIT_MS : Math.min(dueAt - clock(), LONGEST_WAIT_MS);
  }

  /**
   * What the next turn is about. While batches are left for a later turn, this one takes place
   * when the first of them arrived: a vote that came in time is never overtaken by its deadline.
   */
  #gather(): Turn {
    const { clock, watchList, keyRings } = this.#parts;
    const keys = keyRings.current;
    const received = this.#backlog.take(MAX_BATCHES_PER_TURN, MAX_BYTES_PER_TURN);
    const atMs = this.#backlog.oldestAtMs ?? clock();
    this.#unknownLimit.release();
    const due = this.#unknownLimit.admit(watchList.takeDue(atMs, MAX_DUE_PER_TURN));
    this.stats.waitingUnknown = this.#unknownLimit.waiting;
    return {
      keys,
      intakes: received.map((batch) => takeIn(batch, keys.ring)),
      due,
      atMs,
    };
  }

  async #turn(turn: Turn): Promise<void> {
    if (turn.intakes.length + turn.due.length === 0) return;
    try {
      this.#carryOut(await this.#write(turn), turn.due);
    } catch (error) {
      if (isPassing(error)) throw error;
      if (error instanceof RingSuperseded) await this.#turn(await this.#takeInAnew(turn));
      else await this.#isolation.isolate(turn, error);
      return;
    }
    this.#answers.answer(turn.intakes.filter((intake) => this.#isHeld(intake)));
  }

  /** The same input, judged by the key ring that has come into force meanwhile. */
  async #takeInAnew(turn: Turn): Promise<Turn> {
    const keys = await this.#refreshedKeys();
    return {
      ...turn,
      keys,
      intakes: turn.intakes.map(({ received }) => takeIn(received, keys.ring)),
    };
  }

  async #refreshedKeys(): Promise<KeyRingSnapshot> {
    const { keyRings, commit } = this.#parts;
    for (;;) {
      try {
        await keyRings.refresh(commit.database);
        return keyRings.current;
      } catch (error) {
        if (this.#stopping || !isTrustMonitorError(error, 'postgres.unavailable')) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Votes first: what arrived before a deadline counts although the turn comes after it. */
  #write(turn: Turn): Promise<Decisions> {
    return this.#decide(turn, (decisions) => {
      const intakes = turn.intakes.filter((intake) => this.#isHeld(intake));
      for (const intake of intakes) {
        if (intake.accepted) decisions.takeBatch(intake.opened, intake.arrivedAtMs);
      }
      for (const id of turn.due) decisions.takeDue(id, turn.atMs);
      return intakes.map(({ shard }) => shard);
    });
  }

  /** Decides and writes; again with less where shards are found lost. `fill` returns shards of batches. */
  #decide(
    { keys }: Pick<Turn, 'keys'>,
    fill: (decisions: Decisions) => number[],
  ): Promise<Decisions> {
    const { watchList, commit, quarantine, brake } = this.#parts;
    const { version, digest } = keys.ring;
    return this.#writer.write(
      () => {
        const decisions = new Decisions(
          watchList,
          keys.members,
          newRoundId,
          quarantine,
          brake.sinceMs,
        );
        return { decisions, shards: fill(decisions) };
      },
      { ...commit, ring: { version, digest } },
    );
  }

  #isHeld({ shard }: { readonly shard: number }): boolean {
    return this.#parts.tenancy.held.has(shard);
  }

  /** Makes what was committed so: in memory first, then on the bus. */
  #carryOut(decisions: Decisions, due: readonly string[]): void {
    const { watchList, push, bus, clock, commit, log, onCommitted } = this.#parts;
    for (const [id, decided] of decisions.states) watchList.adopt(id, decided);
    watchList.reschedule(due.filter((id) => !decisions.states.has(id)));
    this.#unknownLimit.note(decisions);
    countTurn(this.stats, decisions);
    this.#parts.onSeen(observationsOf(decisions));
    this.#parts.onDecided(decisions);
    this.#parts.quarantine.observe(decisions.results);
    this.#parts.brake.observe(decisions.rounds);
    const now = clock();
    for (const tick of decisions.ticks) this.stats.lateness.observe(now - tick);
    dispatch(
      decisions.asks.filter((ask) => !isHeartbeat(ask)),
      {
        ...{ bus, network: commit.network, coordinator: commit.owner, log },
        recheckCanaries: decisions.heldSinceMs !== null,
      },
    );
    push?.ask(decisions.asks.filter(isHeartbeat));
    if (decisions.mustBeWritten) onCommitted(decisions);
  }
}

function isHeartbeat({ watched }: About<Ask>): boolean {
  return watched.definition.check.type === 'heartbeat';
}
