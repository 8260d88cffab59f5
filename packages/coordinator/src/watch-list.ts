/** The monitors this coordinator decides about, with the engine's state of each, in memory. */
import {
  matchRegions,
  shardOf,
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
import { nextTick } from './schedule.ts';
import type { SecretBox } from './secret-box.ts';
import type { StoredMonitor } from './store/monitors.ts';
import { TimerHeap } from './timer-heap.ts';

/** How long a finished job may take to come back: linger, network, verification. */
const SETTLE_MS = 1_000;

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
}

export function engineConfigOf(monitor: Monitor): EngineConfig {
  return {
    policy: monitor.policy,
    mode: monitor.mode,
    jobMs: monitor.check.timeoutMs,
    settleMs: SETTLE_MS,
  };
}

export class WatchList {
  readonly #secretBox: SecretBox;
  readonly #watched = new Map<string, Watched>();
  readonly #due = new TimerHeap();

  constructor(secretBox: SecretBox) {
    this.#secretBox = secretBox;
  }

  get size(): number {
    return this.#watched.size;
  }

  get(id: string): Watched | undefined {
    return this.#watched.get(id);
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
   * Takes up a monitor as it is stored. A new revision goes to the engine as an event, so that
   * an open incident stays; a monitor met for the first time is due at once, others at their
   * next tick, so that a restart does not probe everything together.
   */
  watch(stored: StoredMonitor, nowMs: number): void {
    const { definition, revision, checkDigest } = stored;
    if (!definition.enabled) {
      this.forget(definition.id);
      return;
    }
    const config = engineConfigOf(definition);
    const known = this.#watched.get(definition.id)?.state ?? this.#resume(stored, config);
    const isNews = known.revision !== revision || stored.state === null;
    const state =
      known.revision === revision
        ? known
        : step(known, { type: 'revised', at: nowMs, revision, config }).state;
    this.#set(definition.id, {
      definition,
      revision,
      checkDigest,
      shard: shardOf(definition.id),
      secrets: this.#secretBox.openAll(definition.id, stored.sealedSecrets),
      nextTickAt: isNews ? nowMs : nextTick(definition.id, definition.intervalMs, nowMs),
      state,
    });
  }

  forget(id: string): void {
    this.#watched.delete(id);
    this.#due.delete(id);
  }

  /** Adopts what a cycle decided; called only after it is committed. */
  adopt(id: string, state: MonitorState, nextTickAt: number): void {
    const watched = this.#watched.get(id);
    if (watched !== undefined) this.#set(id, { ...watched, state, nextTickAt });
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
  }

  #resume(stored: StoredMonitor, config: EngineConfig): MonitorState {
    return stored.state === null ? initialState(stored.revision, config) : suspend(stored.state);
  }
}

/** The earliest of: the next tick, a round the engine asks for, and a deadline it waits for. */
function dueAt({ nextTickAt, state }: Watched): number {
  const wake = nextWake(state);
  if (state.round !== null) return wake ?? nextTickAt;
  return Math.min(nextTickAt, state.wantsRoundAt ?? Infinity, wake ?? Infinity);
}

/** The membership of a monitor's rounds: all enrolled regions that it names. */
export function membersOf(monitor: Monitor, enrolled: readonly Member[]): Member[] {
  return matchRegions(monitor.regions, enrolled);
}
