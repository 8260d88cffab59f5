/**
 * One cycle's decisions, worked out and not yet carried out: events go through the engine, and
 * everything it says is collected here. Nothing outside changes until `commit.ts` has written
 * it all in one transaction; if that fails the same decisions are written again.
 */
import { isFresh, isSlow, type OpenedBatch, type OpenedLeaf } from '@trustmonitor/evidence';
import {
  isOneOff,
  parseTimestamp,
  uuid7Time,
  type Member,
  type Result,
  type Uuid7,
} from '@trustmonitor/protocol';
import { step, type Effect, type EngineEvent, type MonitorState } from '@trustmonitor/quorum';
import type { Loggable } from './log/append.ts';
import { missedTicks, nextTick } from './schedule.ts';
import type { BatchRow, ResultRow } from './store/results.ts';
import { membersOf, type Watched, type WatchList } from './watch-list.ts';

export type Ask = Extract<Effect, { type: 'ask' }>;
export type ClosedRoundEffect = Extract<Effect, { type: 'round.closed' }>;
export type VoteEffect = Extract<Effect, { type: 'vote.counted' }>;
export type VerdictEffect = Extract<Effect, { type: 'verdict.changed' }>;
export type IncidentEffect = Extract<Effect, { type: 'incident' }>;
export type MonitoringEffect = Extract<
  Effect,
  { type: 'monitoring.unknown' } | { type: 'monitoring.restored' }
>;

/** An effect together with the monitor that it is about, as it was when it was decided. */
export interface About<E> {
  readonly watched: Watched;
  readonly effect: E;
}

export interface DecisionCounts {
  late: number;
  duplicate: number;
  foreign: number;
  /** By an agent whose clock is too far off: a verifier would not count it either. */
  skewed: number;
  missedRounds: number;
  skippedRounds: number;
}

/** What a cycle decided of one monitor: adopted when it is committed. */
export interface Decided {
  readonly state: MonitorState;
  readonly nextTickAt: number;
  readonly heard: ReadonlySet<string>;
}

/** Which results of a batch are meant: all, or those of one monitor; as votes or only to be kept. */
export interface BatchPart {
  readonly monitor: string | null;
  readonly counts: boolean;
}

/** What keeps votes from being asked for, or from being counted. */
export interface Guard {
  /** Regions in quarantine: no round asks them that can do without. */
  readonly regions: ReadonlySet<string>;
  /** Regions that no round asks, whoever is left. */
  readonly drained: ReadonlySet<string>;
  /** Whether a round is one that nothing is decided in. */
  isProbation(round: Uuid7): boolean;
}

const WHOLE_BATCH: BatchPart = { monitor: null, counts: true };

export class Decisions {
  readonly states = new Map<string, Decided>();
  readonly votes: About<VoteEffect>[] = [];
  readonly verdicts: About<VerdictEffect>[] = [];
  readonly rounds: About<ClosedRoundEffect>[] = [];
  readonly incidents: About<IncidentEffect>[] = [];
  readonly monitoring: About<MonitoringEffect>[] = [];
  readonly asks: About<Ask>[] = [];
  /** Ticks for which a round was opened: when each should have been. */
  readonly ticks: number[] = [];
  readonly results: ResultRow[] = [];
  readonly batches: BatchRow[] = [];
  /** The same batches, as the log takes them. */
  readonly batchHeads: Loggable[] = [];
  /** Votes that an agent sent again, or that belong to no open round of their monitor. */
  readonly repeats: { readonly agent: string; readonly atMs: number }[] = [];
  readonly counts: DecisionCounts = {
    late: 0,
    duplicate: 0,
    foreign: 0,
    skewed: 0,
    missedRounds: 0,
    skippedRounds: 0,
  };
  readonly #watchList: WatchList;
  readonly #enrolled: readonly Member[];
  readonly #newRoundId: (atMs: number) => Uuid7;
  readonly #guard: Guard;
  /** Since when incidents wait for one more round (see `brake/`); null while they do not. */
  readonly heldSinceMs: number | null;

  constructor(
    watchList: WatchList,
    enrolled: readonly Member[],
    newRoundId: (atMs: number) => Uuid7,
    guard: Guard,
    heldSinceMs: number | null = null,
  ) {
    this.#watchList = watchList;
    this.#enrolled = enrolled;
    this.#newRoundId = newRoundId;
    this.#guard = guard;
    this.heldSinceMs = heldSinceMs;
  }

  /** Whether there is anything that must be durable before it is acted on. */
  get mustBeWritten(): boolean {
    return this.results.length + this.batches.length + this.rounds.length > 0;
  }

  /** Shards of the monitors that were decided about. */
  shards(): Set<number> {
    const shards = new Set<number>();
    for (const id of this.states.keys()) {
      const shard = this.#watchList.get(id)?.shard;
      if (shard !== undefined) shards.add(shard);
    }
    return shards;
  }

  /** A verified batch: each result is kept, and those that are votes in an open round count. */
  takeBatch(opened: OpenedBatch, arrivedAtMs: number, part = WHOLE_BATCH): void {
    this.batches.push({
      digest: opened.digest,
      agent: opened.batch.agent,
      seq: opened.batch.seq,
      envelope: JSON.stringify(opened.envelope),
      leafHashes: opened.leaves.map((leaf) => leaf.hash),
    });
    this.batchHeads.push({
      kind: 'batch',
      digest: opened.digest,
      envelope: opened.envelope,
      publicKeys: [opened.key.publicKey],
    });
    for (const leaf of opened.leaves) {
      if (part.monitor !== null && leaf.result.monitor !== part.monitor) continue;
      this.results.push({
        result: leaf.result,
        leaf: leaf.text,
        batch: opened.digest,
        index: leaf.index,
        counted: this.#countVote(leaf, opened, arrivedAtMs, part),
      });
    }
  }

  /** A monitor whose time has come: a deadline first, then, if no round is open, a new round. */
  takeDue(id: string, nowMs: number): void {
    const watched = this.#watchList.get(id);
    if (watched === undefined) return;
    this.#apply(watched, { type: 'time', at: nowMs });
    const { state, nextTickAt } = this.#current(watched);
    const isWanted = state.wantsRoundAt !== null && state.wantsRoundAt <= nowMs;
    const isTick = nextTickAt <= nowMs;
    if (!isWanted && !isTick) return;
    if (isTick) this.#advanceTick(watched, nowMs);
    this.#openRound(watched, nowMs);
  }

  #openRound(watched: Watched, nowMs: number): void {
    const members = membersOf(watched.definition, this.#enrolled);
    // The engine's time may be ahead of a clock that was set back; the id must tell the same.
    const at = Math.max(nowMs, this.#current(watched).state.clock);
    const out = { quarantined: [...this.#guard.regions], drained: [...this.#guard.drained] };
    const round = this.#newRoundId(at);
    this.#apply(watched, { type: 'round.due', at, round, members, ...out });
  }

  #advanceTick(watched: Watched, nowMs: number): void {
    const { id, intervalMs } = watched.definition;
    const current = this.#current(watched);
    this.ticks.push(current.nextTickAt);
    this.counts.missedRounds += missedTicks(intervalMs, current.nextTickAt, nowMs);
    this.states.set(id, { ...current, nextTickAt: nextTick(id, intervalMs, nowMs) });
  }

  #countVote(
    { result }: OpenedLeaf,
    { batch }: OpenedBatch,
    arrivedAtMs: number,
    { counts }: BatchPart,
  ): boolean {
    // Nobody decides by what was asked for once.
    if (isOneOff(result) || this.#guard.isProbation(result.round)) return false;
    const watched = this.#watchList.get(result.monitor);
    // Every attempt of an open round is noted, whether it votes or not.
    const isNew = watched === undefined || this.#hear(watched, result);
    if (!counts || !result.final) return false;
    if (!isNew) {
      this.counts.duplicate += 1;
      this.repeats.push({ agent: result.agent, atMs: arrivedAtMs });
      return false;
    }
    if (watched === undefined || result.check !== watched.checkDigest) {
      this.counts.foreign += 1;
      this.repeats.push({ agent: result.agent, atMs: arrivedAtMs });
      return false;
    }
    const openedAt = uuid7Time(result.round);
    const clocks = [result.startedAt, batch.sealedAt].map(parseTimestamp);
    if (!clocks.every((at) => isFresh(at, openedAt, arrivedAtMs))) {
      this.counts.skewed += 1;
      return false;
    }
    const effects = this.#apply(watched, {
      type: 'vote',
      at: arrivedAtMs,
      round: result.round,
      agent: result.agent,
      region: result.region,
      vote: result.outcome,
      slow: result.outcome === 'up' && isSlow(result, watched.definition.check),
    });
    return effects.some((effect) => effect.type === 'vote.counted');
  }

  /**
   * Notes an attempt of the open round. False for one that was heard before: the store keeps the
   * first, and a second with other contents (an agent that contradicts itself) must not decide
   * what no stored result bears out.
   */
  #hear(watched: Watched, { round, agent, attempt }: Result): boolean {
    const current = this.#current(watched);
    if (current.state.round?.id !== round) return true;
    const name = `${agent}/${attempt}`;
    if (current.heard.has(name)) return false;
    const heard = new Set(current.heard).add(name);
    this.states.set(watched.definition.id, { ...current, heard });
    return true;
  }

  #current(watched: Watched): Decided {
    return this.states.get(watched.definition.id) ?? watched;
  }

  #apply(watched: Watched, event: EngineEvent): readonly Effect[] {
    const { state: before, nextTickAt, heard } = this.#current(watched);
    // Canaries of agents say nothing of jobs that report in.
    const heldSince = watched.definition.check.type === 'heartbeat' ? null : this.heldSinceMs;
    const { state, effects } = step(before, event, heldSince);
    const isSameRound = state.round?.id === before.round?.id;
    this.states.set(watched.definition.id, {
      state,
      nextTickAt,
      heard: isSameRound ? heard : new Set(),
    });
    for (const effect of effects) this.#collect(watched, effect);
    return effects;
  }

  #collect(watched: Watched, effect: Effect): void {
    switch (effect.type) {
      case 'ask':
        this.asks.push({ watched, effect });
        return;
      case 'round.closed':
        this.rounds.push({ watched, effect });
        return;
      case 'incident':
        this.incidents.push({ watched, effect });
        return;
      case 'monitoring.unknown':
      case 'monitoring.restored':
        this.monitoring.push({ watched, effect });
        return;
      case 'round.skipped':
        this.counts.skippedRounds += 1;
        return;
      case 'vote.refused':
        if (effect.reason === 'late') this.counts.late += 1;
        else if (effect.reason === 'duplicate') this.counts.duplicate += 1;
        else this.counts.foreign += 1;
        return;
      case 'vote.counted':
        this.votes.push({ watched, effect });
        return;
      case 'verdict.changed':
        this.verdicts.push({ watched, effect });
        return;
    }
  }
}
