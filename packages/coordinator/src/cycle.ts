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
import type { TrustedKeyRing } from '@trustmonitor/evidence';
import { sendReceipt, type Bus } from '@trustmonitor/bus';
import { isTrustMonitorError, makeUuid7, type Member, type Receipt } from '@trustmonitor/protocol';
import { suspend } from '@trustmonitor/quorum';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { commitDecisions, type CommitContext } from './commit.ts';
import { Decisions } from './decide.ts';
import { dispatch } from './dispatch.ts';
import { isFinal, takeIn, type Intake, type ReceivedBatch } from './intake.ts';
import { committed, refused, refusedUnopened } from './receipts.ts';
import { isDataFault } from './store/faults.ts';
import { selectMonitor } from './store/monitors.ts';
import type { WatchList } from './watch-list.ts';
import { Wakeup } from './wakeup.ts';

/** Batches that wait at most; beyond, they stay in the agents' spools. */
const MAX_WAITING_BATCHES = 2_000;
const MAX_BATCHES_PER_TURN = 100;
const MAX_DUE_PER_TURN = 2_000;
const RETRY_MS = 500;
/** The timer is never set for longer, so that a missed wake-up costs a second at most. */
const LONGEST_WAIT_MS = 1_000;

export interface CycleParts {
  readonly watchList: WatchList;
  readonly ring: TrustedKeyRing;
  /** Enrolled regions with their voting groups, from the ring. */
  readonly enrolled: readonly Member[];
  readonly bus: Bus;
  readonly clock: Clock;
  readonly commit: CommitContext;
  readonly log: Logger;
  /** Called after each commit that wrote messages or changed what is seen. */
  readonly onCommitted: (decisions: Decisions) => void;
  /** Called once when this coordinator may not decide any more. */
  readonly onLeaseLost: (error: Error) => void;
}

export interface CycleStats {
  turns: number;
  results: number;
  refusedBatches: number;
  turnedAwayBatches: number;
  lateVotes: number;
  foreignVotes: number;
  skewedVotes: number;
  duplicateVotes: number;
  missedRounds: number;
  skippedRounds: number;
  commitRetries: number;
  setAside: number;
}

interface Turn {
  readonly intakes: readonly Intake[];
  readonly due: readonly string[];
  readonly atMs: number;
}

export class Cycle {
  readonly stats: CycleStats = {
    turns: 0,
    results: 0,
    refusedBatches: 0,
    turnedAwayBatches: 0,
    lateVotes: 0,
    foreignVotes: 0,
    skewedVotes: 0,
    duplicateVotes: 0,
    missedRounds: 0,
    skippedRounds: 0,
    commitRetries: 0,
    setAside: 0,
  };
  readonly #parts: CycleParts;
  readonly #waiting: ReceivedBatch[] = [];
  readonly #changed = new Set<string>();
  readonly #wakeup = new Wakeup();
  #stopping = false;
  #databaseAway = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: CycleParts) {
    this.#parts = parts;
  }

  /** True while decisions cannot be written. */
  get databaseAway(): boolean {
    return this.#databaseAway;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends after the turn under way. Rounds that are open decide nothing. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeup.wake();
    await this.#running;
  }

  /** Takes a batch message, or turns it away when too many wait; the agent sends it again. */
  offer(batch: ReceivedBatch): void {
    if (this.#stopping || this.#waiting.length >= MAX_WAITING_BATCHES) {
      this.stats.turnedAwayBatches += 1;
      return;
    }
    this.#waiting.push(batch);
    this.#wakeup.wake();
  }

  /** Monitors were written, changed or deleted: their newest revision is read before the next turn. */
  monitorsChanged(ids: Iterable<string>): void {
    for (const id of ids) this.#changed.add(id);
    this.#wakeup.wake();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      await this.#wakeup.wait(this.#waitMs());
      try {
        await this.#takeUpChanges();
        await this.#turn(this.#gather());
      } catch (error) {
        if (isTrustMonitorError(error, 'lease.lost')) {
          this.#stopping = true;
          this.#parts.onLeaseLost(error);
          return;
        }
        throw error;
      }
    }
  }

  #waitMs(): number {
    if (this.#waiting.length > 0 || this.#changed.size > 0) return 0;
    const dueAt = this.#parts.watchList.nextDueAt;
    return dueAt === null
      ? LONGEST_WAIT_MS
      : Math.min(dueAt - this.#parts.clock(), LONGEST_WAIT_MS);
  }

  #gather(): Turn {
    const { clock, watchList, ring } = this.#parts;
    const atMs = clock();
    const received = this.#waiting.splice(0, MAX_BATCHES_PER_TURN);
    return {
      intakes: received.map((batch) => takeIn(batch, ring)),
      due: watchList.takeDue(atMs, MAX_DUE_PER_TURN),
      atMs,
    };
  }

  async #turn(turn: Turn): Promise<void> {
    if (turn.intakes.length + turn.due.length === 0) return;
    const decisions = this.#decide(turn);
    try {
      await this.#commit(decisions);
    } catch (error) {
      if (!isDataFault(error)) throw error;
      await this.#isolate(turn, error);
      return;
    }
    this.#carryOut(turn, decisions);
  }

  /** Votes first: what arrived before a deadline counts although the turn comes after it. */
  #decide(turn: Turn): Decisions {
    const { watchList, enrolled } = this.#parts;
    const decisions = new Decisions(watchList, enrolled, newRoundId);
    for (const intake of turn.intakes) {
      if (intake.accepted) decisions.takeBatch(intake.opened, intake.arrivedAtMs);
    }
    for (const id of turn.due) decisions.takeDue(id, turn.atMs);
    return decisions;
  }

  /** Tries until the database has it; only `lease.lost` and faults of the data end it. */
  async #commit(decisions: Decisions): Promise<void> {
    if (!decisions.mustBeWritten) return;
    for (;;) {
      try {
        await commitDecisions(decisions, this.#parts.commit);
        this.#noteDatabase(true);
        return;
      } catch (error) {
        if (isTrustMonitorError(error, 'lease.lost') || isDataFault(error)) throw error;
        this.#noteDatabase(false, error);
        this.stats.commitRetries += 1;
        if (this.#stopping) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #noteDatabase(reachable: boolean, error?: unknown): void {
    if (this.#databaseAway === !reachable) return;
    this.#databaseAway = !reachable;
    if (reachable) this.#parts.log.info('database is back');
    else this.#parts.log.error({ err: error }, 'database is away; decisions wait');
  }

  /**
   * The database refuses what a turn would write. Its inputs are tried one by one, so that one
   * that can never be written does not hold up the others for ever.
   */
  async #isolate(turn: Turn, error: unknown): Promise<void> {
    const parts: Turn[] = [
      ...turn.intakes.map((intake) => ({ ...turn, intakes: [intake], due: [] })),
      ...turn.due.map((id) => ({ ...turn, intakes: [], due: [id] })),
    ];
    if (parts.length === 1) {
      this.#setAside(turn, error);
      return;
    }
    for (const part of parts) await this.#turn(part);
  }

  #setAside(turn: Turn, error: unknown): void {
    const { log, watchList, bus, clock } = this.#parts;
    this.stats.setAside += 1;
    log.error({ err: error, due: turn.due }, 'a decision cannot be written and is set aside');
    for (const intake of turn.intakes) {
      if (intake.accepted) sendReceipt(bus, refused(intake.opened, 'internal: cannot be stored'));
    }
    for (const id of turn.due) {
      const watched = watchList.get(id);
      if (watched === undefined) continue;
      // The round is given up; the next tick opens another.
      watchList.adopt(id, suspend(watched.state), clock() + watched.definition.intervalMs);
    }
  }

  #carryOut(turn: Turn, decisions: Decisions): void {
    const { watchList, bus, commit, onCommitted } = this.#parts;
    for (const [id, { state, nextTickAt }] of decisions.states) {
      watchList.adopt(id, state, nextTickAt);
    }
    watchList.reschedule(turn.due.filter((id) => !decisions.states.has(id)));
    for (const receipt of this.#receipts(turn.intakes)) sendReceipt(bus, receipt);
    dispatch(decisions.asks, bus, commit.network);
    this.#count(turn, decisions);
    if (decisions.mustBeWritten) onCommitted(decisions);
  }

  #receipts(intakes: readonly Intake[]): Receipt[] {
    return intakes.flatMap((intake) => {
      if (intake.accepted) return [committed(intake.opened)];
      this.stats.refusedBatches += 1;
      const { received, error } = intake;
      this.#parts.log.warn(
        { agent: received.agent, code: error.code, err: error },
        'batch refused',
      );
      if (!isFinal(error)) return [];
      return refusedUnopened(received.agent, received.message, error.message) ?? [];
    });
  }

  #count(turn: Turn, { counts, results }: Decisions): void {
    this.stats.turns += 1;
    this.stats.results += results.length;
    this.stats.lateVotes += counts.late;
    this.stats.foreignVotes += counts.foreign;
    this.stats.skewedVotes += counts.skewed;
    this.stats.duplicateVotes += counts.duplicate;
    this.stats.missedRounds += counts.missedRounds;
    this.stats.skippedRounds += counts.skippedRounds;
  }

  /** Reads changed monitors; a failure keeps them marked and is tried again. */
  async #takeUpChanges(): Promise<void> {
    const { watchList, commit, clock, log } = this.#parts;
    for (const id of [...this.#changed]) {
      try {
        const stored = await selectMonitor(commit.database, id);
        if (stored === null) watchList.forget(id);
        else watchList.watch(stored, clock());
        this.#changed.delete(id);
      } catch (error) {
        log.error({ err: error, monitor: id }, 'a changed monitor cannot be read yet');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        return;
      }
    }
  }
}

function newRoundId(atMs: number): string {
  return makeUuid7(atMs, crypto.getRandomValues(new Uint8Array(10)));
}
