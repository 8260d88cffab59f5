/** The monitors this coordinator decides about, with the engine's state of each, in memory. */
import {
  isPush,
  matchRegions,
  type Member,
  type Monitor,
  type Secrets,
} from '@trustmonitor/protocol';
import {
  initialState,
  nextWake,
  step,
  suspend,
  type EngineConfig,
  type MonitorState,
} from '@trustmonitor/quorum';
import type { Logger } from 'pino';
import { nextTick, resumeSchedule, type Resumption } from './schedule.ts';
import type { SecretBox } from './secret-box.ts';
import type { StoredMonitor } from './store/monitors.ts';
import { TimerHeap } from './timer-heap.ts';

/** How long a finished job may take to come back: linger, network, verification. */
const SETTLE_MS = 1_000;

/** At most so many monitors a second are asked beside their ticks, however many are taken over. */
const URGENT_PER_SECOND = 500;

/** Regions a hundred milliseconds further away still get a word in the record. */
const LINGER_MS = 400;

export interface Watched {
  readonly definition: Monitor;
  readonly revision: number;
  readonly checkDigest: string;
  readonly shard: number;
  /** Values of the secrets that the definition refers to; they go to agents, and nowhere else. */
  readonly secrets: Secrets;
  /** When the schedule wants the next round. */
  readonly nextTickAt: number;
  readonly state: MonitorState;
  /** Attempts that were received in the open round: agent and number. */
  readonly heard: ReadonlySet<string>;
}

/** What the list itself needs to know of a decision; see `Decided`. */
type Adopted = Pick<Watched, 'state' | 'nextTickAt' | 'heard'>;

export function engineConfigOf(monitor: Monitor): EngineConfig {
  return {
    policy: monitor.policy,
    mode: monitor.mode,
    jobMs: monitor.check.timeoutMs,
    settleMs: SETTLE_MS,
    lingerMs: LINGER_MS,
  };
}

export class WatchList {
  readonly #secretBox: SecretBox;
  readonly #watched = new Map<string, Watched>();
  readonly #shards = new Map<number, Set<string>>();
  readonly #due = new TimerHeap();
  /** When the next of those may be asked that do not wait for a tick. */
  #urgentAt = 0;

  constructor(secretBox: SecretBox) {
    this.#secretBox = secretBox;
  }

  get size(): number {
    return this.#watched.size;
  }

  get(id: string): Watched | undefined {
    return this.#watched.get(id);
  }

  /** All that are watched, in no order. */
  all(): Iterable<Watched> {
    return this.#watched.values();
  }

  /** When something is next to be done, or null when nothing is. */
  get nextDueAt(): number | null {
    return this.#due.earliest;
  }

  /** Monitors for which a tick, a wish of the engine or a deadline has come; earliest first. */
  takeDue(nowMs: number, limit: number): string[] {
    return this.#due.takeDue(nowMs, limit);
  }

  /**
   * Takes up a monitor as it is stored, and returns how many of its rounds are left out by that.
   * A new revision goes to the engine as an event, so that an open incident stays. It is due as
   * soon as may be, like a monitor met for the first time; for one that is taken up as it was
   * left, see `resumeSchedule`. A revision that is watched, or an older one, changes nothing.
   *
   * Throws `key.invalid` when a secret cannot be read; such a monitor is not watched, because
   * probes without it would find a failure that is none.
   */
  watch(stored: StoredMonitor, nowMs: number): number {
    const { definition, revision, checkDigest, shard } = stored;
    const before = this.#watched.get(definition.id);
    if (before !== undefined && before.revision >= revision) return 0;
    this.forget(definition.id);
    if (!definition.enabled) return 0;
    const secrets = this.#secretBox.openAll(definition.id, stored.sealedSecrets);
    const config = engineConfigOf(definition);
    const known = before?.state ?? resume(stored, config);
    const place = placeOf(stored, known, nowMs);
    const state =
      known.revision === revision
        ? known
        : step(known, { type: 'revised', at: nowMs, revision, config }).state;
    this.#set(definition.id, {
      definition,
      revision,
      checkDigest,
      shard,
      secrets,
      nextTickAt: place.nextTickAt,
      state,
      heard: new Set(),
    });
    if (place.isUrgent) this.#hurry(definition.id, definition.intervalMs, nowMs);
    return place.missed;
  }

  /** Makes it due now, or after others for which the same was asked; at its next tick at the latest. */
  #hurry(id: string, intervalMs: number, nowMs: number): void {
    this.#urgentAt = Math.max(this.#urgentAt, nowMs);
    this.#due.set(id, Math.min(this.#urgentAt, nextTick(id, intervalMs, nowMs)));
    this.#urgentAt += 1_000 / URGENT_PER_SECOND;
  }

  forget(id: string): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    this.#watched.delete(id);
    this.#shards.get(watched.shard)?.delete(id);
    this.#due.delete(id);
  }

  /** Forgets all monitors of a shard. */
  forgetShard(shard: number): void {
    for (const id of [...(this.#shards.get(shard) ?? [])]) this.forget(id);
  }

  /** Adopts what a cycle decided; called only after it is committed. */
  adopt(id: string, adopted: Adopted): void {
    const watched = this.#watched.get(id);
    if (watched !== undefined) this.#set(id, { ...watched, ...adopted });
  }

  /** Drops the open round of a monitor, whose votes could not be written: the next tick opens another. */
  giveUpRound(id: string, nowMs: number): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    const { intervalMs } = watched.definition;
    const state = { ...suspend(watched.state), wantsRoundAt: null };
    this.adopt(id, { state, nextTickAt: nextTick(id, intervalMs, nowMs), heard: new Set() });
  }

  /** Makes the next round due now, or as soon as the one that is open has closed. */
  hasten(id: string, nowMs: number): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    this.#set(id, { ...watched, nextTickAt: Math.min(watched.nextTickAt, nowMs) });
  }

  /** Puts monitors back on the timer that a cycle took from it. */
  reschedule(ids: Iterable<string>): void {
    for (const id of ids) {
      const watched = this.#watched.get(id);
      if (watched !== undefined) this.#due.set(id, dueAt(watched));
    }
  }

  #set(id: string, watched: Watched): void {
    this.#watched.set(id, watched);
    this.#due.set(id, dueAt(watched));
    const ofShard = this.#shards.get(watched.shard);
    if (ofShard === undefined) this.#shards.set(watched.shard, new Set([id]));
    else ofShard.add(id);
  }
}

function resume(stored: StoredMonitor, config: EngineConfig): MonitorState {
  return stored.state === null ? initialState(stored.revision, config) : suspend(stored.state);
}

/** When the next round is due of a monitor that `known` is known of. */
function placeOf(
  { definition, revision, lastRoundAt }: StoredMonitor,
  known: MonitorState,
  nowMs: number,
): Resumption {
  if (known.revision !== revision || lastRoundAt === null) {
    return { nextTickAt: nowMs, isUrgent: true, missed: 0 };
  }
  const last = { lastRoundAtMs: lastRoundAt.getTime(), isSteady: isSteady(known) };
  return resumeSchedule(definition, last, nowMs);
}

/** Nothing stands but `up`, and nothing points away from it. */
function isSteady({ verdict, incident, streak, unknown, wantsRoundAt }: MonitorState): boolean {
  return (
    verdict === 'up' &&
    [incident, streak, unknown, wantsRoundAt].every((pending) => pending === null)
  );
}

/**
 * Takes up a monitor, or says in the log why it cannot be watched. One whose secrets cannot be
 * read does not stop the others, and is watched again as soon as they are written anew. Returns
 * how many of its rounds are left out.
 */
export function takeUp(list: WatchList, stored: StoredMonitor, nowMs: number, log: Logger): number {
  try {
    return list.watch(stored, nowMs);
  } catch (error) {
    log.error({ err: error, monitor: stored.definition.id }, 'a monitor cannot be watched');
    return 0;
  }
}

/** The earliest of: the next tick, a round the engine asks for, and a deadline it waits for. */
function dueAt({ nextTickAt, state }: Watched): number {
  const wake = nextWake(state);
  if (state.round !== null) return wake ?? nextTickAt;
  return Math.min(nextTickAt, state.wantsRoundAt ?? Infinity, wake ?? Infinity);
}

/**
 * The membership of a monitor's rounds: all enrolled regions that it names. On a heartbeat only
 * the coordinator votes, and on nothing else.
 */
export function membersOf(
  { check, regions }: Pick<Monitor, 'check' | 'regions'>,
  enrolled: readonly Member[],
): Member[] {
  const isHeartbeat = check.type === 'heartbeat';
  return matchRegions(
    regions,
    enrolled.filter((member) => isPush(member) === isHeartbeat),
  );
}
