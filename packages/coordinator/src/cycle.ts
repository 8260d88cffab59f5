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
import { sendReceipt, type Bus } from '@trustmonitor/bus';
import { PUSH, isTrustMonitorError, makeUuid7, type Receipt } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { Backlog } from './backlog.ts';
import type { Clock } from './clock.ts';
import { emptyStats, type CycleStats } from './cycle-stats.ts';
import { commitWrites, type CommitContext } from './commit.ts';
import { Decisions, type About, type Ask, type BatchPart } from './decide.ts';
import { dispatch } from './dispatch.ts';
import { RingSuperseded, type KeyRings, type KeyRingSnapshot } from './keyrings.ts';
import { isFinal, takeIn, type Accepted, type Intake, type ReceivedBatch } from './intake.ts';
import type { PushVoter } from './push/voter.ts';
import { committed, refused, refusedUnopened } from './receipts.ts';
import { selfAlertOf, type LastAlert } from './self-alert.ts';
import { selectMonitors } from './store/monitors.ts';
import { takeUp, type WatchList } from './watch-list.ts';
import { Wakeup } from './wakeup.ts';

const MAX_BATCHES_PER_TURN = 100;
const MAX_DUE_PER_TURN = 2_000;
const MAX_CHANGES_PER_TURN = 500;
const RETRY_MS = 500;
/** The timer is never set for longer, so that a missed wake-up costs a second at most. */
const LONGEST_WAIT_MS = 1_000;

export interface CycleParts {
  readonly watchList: WatchList;
  /** Which keys may vote, and where their regions are. */
  readonly keyRings: Pick<KeyRings, 'current' | 'refresh'>;
  readonly bus: Bus;
  /** Votes on heartbeat monitors; null where there can be none. */
  readonly push: Pick<PushVoter, 'ask' | 'receive'> | null;
  readonly clock: Clock;
  readonly commit: Omit<CommitContext, 'ring'>;
  readonly log: Logger;
  /** Called after each commit that wrote messages or changed what is seen. */
  readonly onCommitted: () => void;
  /** Called once when this coordinator may not decide any more. */
  readonly onLeaseLost: (error: Error) => void;
}

interface Turn {
  readonly intakes: readonly Intake[];
  readonly due: readonly string[];
  readonly atMs: number;
}

export class Cycle {
  readonly stats: CycleStats = emptyStats();
  readonly #parts: CycleParts;
  readonly #backlog = new Backlog();
  readonly #changed = new Set<string>();
  readonly #hastened = new Set<string>();
  readonly #wakeup = new Wakeup();
  #lastAlert: LastAlert;
  /** The key rings that the turn under way decides by; a newer version counts from the next one. */
  #keys: KeyRingSnapshot;
  #commits = 0;
  #stopping = false;
  #databaseAway = false;
  #leaseLost = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: CycleParts) {
    this.#parts = parts;
    this.#keys = parts.keyRings.current;
    this.#lastAlert = { unknown: parts.watchList.unknown.size, atMs: parts.clock() };
  }

  /** True while decisions cannot be written. */
  get databaseAway(): boolean {
    return this.#databaseAway;
  }

  /** True once another coordinator decides. */
  get leaseLost(): boolean {
    return this.#leaseLost;
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
  offer(batch: ReceivedBatch): boolean {
    if (this.#stopping || !this.#backlog.add(batch)) {
      this.stats.turnedAwayBatches += 1;
      return false;
    }
    this.#wakeup.wake();
    return true;
  }

  /** Something is known of a monitor that its next round should not wait for. */
  hasten(id: string): void {
    this.#hastened.add(id);
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
        this.#takeUpHastened();
        await this.#turn(this.#gather());
      } catch (error) {
        if (!isTrustMonitorError(error, 'lease.lost')) throw error;
        this.#stopping = true;
        this.#leaseLost = true;
        this.#parts.onLeaseLost(error);
      }
    }
  }

  #waitMs(): number {
    if (this.#backlog.size + this.#changed.size + this.#hastened.size > 0) return 0;
    const dueAt = this.#parts.watchList.nextDueAt;
    return dueAt === null
      ? LONGEST_WAIT_MS
      : Math.min(dueAt - this.#parts.clock(), LONGEST_WAIT_MS);
  }

  /**
   * What the next turn is about. While batches are left for a later turn, this one takes place
   * when the first of them arrived: a vote that came in time is never overtaken by its deadline.
   */
  #gather(): Turn {
    const { clock, watchList, keyRings } = this.#parts;
    this.#keys = keyRings.current;
    const { ring } = this.#keys;
    const received = this.#backlog.take(MAX_BATCHES_PER_TURN);
    const atMs = this.#backlog.oldestAtMs ?? clock();
    return {
      intakes: received.map((batch) => takeIn(batch, ring)),
      due: watchList.takeDue(atMs, MAX_DUE_PER_TURN),
      atMs,
    };
  }

  async #turn(turn: Turn): Promise<void> {
    if (turn.intakes.length + turn.due.length === 0) return;
    try {
      const decisions = this.#decide(turn);
      await this.#commit(decisions);
      this.#carryOut(decisions, turn.due);
    } catch (error) {
      if (isPassing(error)) throw error;
      if (error instanceof RingSuperseded) await this.#turn(await this.#takeInAnew(turn));
      else await this.#isolate(turn, error);
      return;
    }
    for (const receipt of this.#receipts(turn.intakes)) this.#send(receipt);
  }

  /** The same input, judged by the key ring that has come into force meanwhile. */
  async #takeInAnew(turn: Turn): Promise<Turn> {
    await this.#refreshKeys();
    const intakes = turn.intakes.map(({ received }) => takeIn(received, this.#keys.ring));
    return { ...turn, intakes };
  }

  async #refreshKeys(): Promise<void> {
    const { keyRings, commit } = this.#parts;
    for (;;) {
      try {
        await keyRings.refresh(commit.database);
        this.#keys = keyRings.current;
        return;
      } catch (error) {
        if (this.#stopping || !isTrustMonitorError(error, 'postgres.unavailable')) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Votes first: what arrived before a deadline counts although the turn comes after it. */
  #decide(turn: Turn): Decisions {
    const decisions = this.#newDecisions();
    for (const intake of turn.intakes) {
      if (intake.accepted) decisions.takeBatch(intake.opened, intake.arrivedAtMs);
    }
    for (const id of turn.due) decisions.takeDue(id, turn.atMs);
    return decisions;
  }

  #newDecisions(): Decisions {
    return new Decisions(this.#parts.watchList, this.#keys.members, newRoundId);
  }

  /** Tries until the database has it; only `lease.lost` and what can never be written end it. */
  async #commit(decisions: Decisions): Promise<void> {
    if (!decisions.mustBeWritten) return;
    const { commit, watchList, clock } = this.#parts;
    const selfAlert = selfAlertOf(decisions, watchList.unknown, this.#lastAlert);
    const writes = { turn: ++this.#commits, decisions, selfAlert };
    for (;;) {
      try {
        await commitWrites(writes, { ...commit, ring: referenceTo(this.#keys.ring) });
        break;
      } catch (error) {
        if (!isTrustMonitorError(error, 'postgres.unavailable')) throw error;
        this.#noteDatabase(false, error);
        this.stats.commitRetries += 1;
        if (this.#stopping) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.#noteDatabase(true);
    if (selfAlert !== null) {
      this.#lastAlert = { unknown: selfAlert.unknown, atMs: clock() };
      const { news, unknown, silentRegions } = selfAlert;
      this.#parts.log.warn({ unknown, silentRegions }, `monitoring ${news}`);
    }
  }

  #noteDatabase(reachable: boolean, error?: unknown): void {
    if (this.#databaseAway === !reachable) return;
    this.#databaseAway = !reachable;
    if (reachable) this.#parts.log.info('database is back');
    else this.#parts.log.error({ err: error }, 'database is away; decisions wait');
  }

  /**
   * What a turn would write can never be written. Its inputs are tried one by one, so that the
   * one that is at fault does not hold up the others for ever.
   */
  async #isolate(turn: Turn, error: unknown): Promise<void> {
    const { log, watchList, clock } = this.#parts;
    const isSingle = turn.intakes.length + turn.due.length === 1;
    for (const intake of turn.intakes) {
      if (isSingle && intake.accepted) await this.#storeApart(intake, error);
      else await this.#turn({ ...turn, intakes: [intake], due: [] });
    }
    for (const id of turn.due) {
      if (isSingle) {
        this.stats.setAside += 1;
        log.error(
          { err: error, monitor: id },
          'a decision cannot be written; its round is given up',
        );
        watchList.giveUpRound(id, clock());
      } else await this.#turn({ ...turn, intakes: [], due: [id] });
    }
  }

  /**
   * Stores a batch monitor by monitor; where even that is refused, without letting its results
   * vote. Evidence is refused only when the database takes it in no form.
   */
  async #storeApart({ opened, arrivedAtMs }: Accepted, error: unknown): Promise<void> {
    const { log } = this.#parts;
    log.error({ err: error, agent: opened.batch.agent }, 'a batch is stored in parts');
    let isStored = true;
    for (const monitor of new Set(opened.leaves.map(({ result }) => result.monitor))) {
      const store = (counts: boolean): Promise<boolean> =>
        this.#storePart({ opened, arrivedAtMs }, { monitor, counts });
      isStored = ((await store(true)) || (await store(false))) && isStored;
    }
    this.#send(isStored ? committed(opened) : refused(opened, 'internal: cannot be stored'));
  }

  async #storePart(
    { opened, arrivedAtMs }: Pick<Accepted, 'opened' | 'arrivedAtMs'>,
    part: BatchPart,
  ): Promise<boolean> {
    try {
      const decisions = this.#newDecisions();
      decisions.takeBatch(opened, arrivedAtMs, part);
      await this.#commit(decisions);
      this.#carryOut(decisions, []);
      return true;
    } catch (error) {
      if (isPassing(error)) throw error;
      if (error instanceof RingSuperseded) {
        // Verified by a ring that is not the newest: kept, and not counted.
        await this.#refreshKeys();
        return this.#storePart({ opened, arrivedAtMs }, { ...part, counts: false });
      }
      this.stats.setAside += 1;
      this.#parts.log.error({ err: error, ...part }, 'results cannot be stored like this');
      return false;
    }
  }

  /** Makes what was committed so: in memory first, then on the bus. */
  #carryOut(decisions: Decisions, due: readonly string[]): void {
    const { watchList, push, bus, commit, log, onCommitted } = this.#parts;
    for (const [id, decided] of decisions.states) watchList.adopt(id, decided);
    watchList.reschedule(due.filter((id) => !decisions.states.has(id)));
    this.#count(decisions);
    dispatch(
      decisions.asks.filter((ask) => !isHeartbeat(ask)),
      bus,
      commit.network,
      log,
    );
    push?.ask(decisions.asks.filter(isHeartbeat));
    if (decisions.mustBeWritten) onCommitted();
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
      return refusedUnopened(received.agent, received.message, error) ?? [];
    });
  }

  /** Between turns only: a turn under way would overwrite it with what it began with. */
  #takeUpHastened(): void {
    for (const id of this.#hastened) this.#parts.watchList.hasten(id, this.#parts.clock());
    this.#hastened.clear();
  }

  /** A receipt that is lost is no harm: the agent sends the batch again. */
  #send(receipt: Receipt): void {
    const { push, bus } = this.#parts;
    try {
      if (push !== null && receipt.agent === PUSH.agent) push.receive(receipt);
      else sendReceipt(bus, receipt);
    } catch (error) {
      this.#parts.log.warn({ err: error, agent: receipt.agent }, 'a receipt cannot be sent');
    }
  }

  #count({ counts, results }: Decisions): void {
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
    const ids = [...this.#changed].slice(0, MAX_CHANGES_PER_TURN);
    if (ids.length === 0) return;
    try {
      const stored = await selectMonitors(commit.database, ids);
      const there = new Set(stored.map(({ definition }) => definition.id));
      for (const id of ids) if (!there.has(id)) watchList.forget(id);
      for (const monitor of stored) takeUp(watchList, monitor, clock(), log);
      for (const id of ids) this.#changed.delete(id);
    } catch (error) {
      log.error({ err: error }, 'changed monitors cannot be read yet');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function isHeartbeat({ watched }: About<Ask>): boolean {
  return watched.definition.check.type === 'heartbeat';
}

/** What ends the loop or is tried again, as against what can never be written. */
function isPassing(error: unknown): boolean {
  return (
    isTrustMonitorError(error, 'lease.lost') || isTrustMonitorError(error, 'postgres.unavailable')
  );
}

function referenceTo({ version, digest }: KeyRingSnapshot['ring']): CommitContext['ring'] {
  return { version, digest };
}

function newRoundId(atMs: number): string {
  return makeUuid7(atMs, crypto.getRandomValues(new Uint8Array(10)));
}
