/**
 * What is usual for each watched monitor, in memory, and what is not. Of one monitor:
 *
 *     unknown  -- a vote that it is up counted -------------------> unlearnt
 *     unlearnt -- its past was read (`keeper.ts`) ----------------> followed
 *     followed -- a round closed ---------------------------------> followed, perhaps with a change
 *     any      -- its check was changed --------------------------> unlearnt, and nothing goes on
 *     any      -- it is not watched, or its anomalies are `off` --> unknown   (what is stored of it
 *                                                  ends by that: `keeper.ts`)
 *
 * Told of commits after they were made, and only of votes that counted: it decides nothing.
 */
import {
  latencyWords,
  middleOf,
  observeRound,
  outliersOf,
  withHourly,
  type Estimate,
  type HourlyEstimate,
  type LatencySample,
  type LatencyState,
} from '@trustmonitor/alerting';
import {
  anomalyPolicyOf,
  uuid7Time,
  type AnomalyKind,
  type Monitor,
  type Uuid7,
} from '@trustmonitor/protocol';
import type { Decisions } from '../decide.ts';
import type { Watched, WatchList } from '../watch-list.ts';
import { endReason, type AnomalyEnd } from './message.ts';

/** An anomaly that began or ended, to be written and told. */
export interface AnomalyChange {
  /** Why it is over; null for one that began. */
  readonly end: AnomalyEnd | null;
  readonly kind: AnomalyKind;
  readonly watched: Pick<Watched, 'definition' | 'checkDigest' | 'shard'>;
  readonly atMs: number;
  readonly reason: string;
  readonly z: number | null;
  /** What was usual where it is seen. */
  readonly regions: Readonly<Record<string, Estimate | null>>;
}

interface Followed {
  readonly checkDigest: string;
  /** Null until its past was read. */
  latency: LatencyState | null;
  /** Votes of the round that is open, or was last. */
  round: { readonly id: Uuid7; readonly samples: LatencySample[] } | null;
  /** The last hour that is known of; whole hours since 1970. */
  hour: number;
}

export class AnomalyTracker {
  readonly #watchList: Pick<WatchList, 'get'>;
  readonly #followed = new Map<string, Followed>();
  readonly #changes = new Map<string, AnomalyChange>();

  constructor(watchList: Pick<WatchList, 'get'>) {
    this.#watchList = watchList;
  }

  /** Called by the loop for what is committed. */
  observe({ results, rounds }: Pick<Decisions, 'results' | 'rounds'>): void {
    for (const { result, counted } of results) {
      if (!counted || result.outcome !== 'up' || result.phases.totalUs <= 0) continue;
      const followed = this.#follow(this.#watchList.get(result.monitor));
      if (followed === null || followed.checkDigest !== result.check) continue;
      const { round, region, phases } = result;
      if (followed.round?.id !== round) followed.round = { id: round, samples: [] };
      followed.round.samples.push({ region, latencyUs: phases.totalUs });
    }
    for (const { watched, effect } of rounds) this.#close(watched, effect.round.id);
  }

  /** Null while its past is not read, and where it is not followed. */
  latencyOf(id: string): LatencyState | null {
    return this.#followed.get(id)?.latency ?? null;
  }

  /** Of those that are followed, whose past was not read. */
  unlearnt(limit: number): Watched[] {
    return this.#some(limit, ({ latency }) => latency === null);
  }

  /** Of those that are followed, who do not know of this hour. */
  without(hour: number, limit: number): Watched[] {
    return this.#some(limit, (followed) => followed.latency !== null && followed.hour < hour);
  }

  /** Takes up what the past says, unless the check was changed meanwhile. */
  learn({ definition, checkDigest }: Watched, latency: LatencyState): void {
    const followed = this.#followed.get(definition.id);
    if (followed?.checkDigest === checkDigest) followed.latency = latency;
  }

  /** `hour`: the last that `estimates`, by region, know of. */
  learnHours(id: string, hour: number, estimates: ReadonlyMap<string, HourlyEstimate[]>): void {
    const followed = this.#followed.get(id);
    if (followed === undefined || followed.latency === null) return;
    followed.latency = withHourly(followed.latency, estimates);
    followed.hour = hour;
  }

  /** Forgets what is not watched any more, or was given to another coordinator. */
  sweep(): void {
    for (const id of this.#followed.keys()) {
      const watched = this.#watchList.get(id);
      if (watched === undefined || !isFollowed(watched.definition)) this.#followed.delete(id);
    }
  }

  end(watched: AnomalyChange['watched'], kind: AnomalyKind, atMs: number, end: AnomalyEnd): void {
    const reason = endReason(kind, end);
    this.#note({ end, kind, watched, atMs, reason, z: null, regions: {} });
  }

  /** What is to be written; the newest of each monitor and kind. */
  takeChanges(): AnomalyChange[] {
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    return changes;
  }

  /** What could not be written, unless something newer is known. */
  giveBack(changes: readonly AnomalyChange[]): void {
    for (const change of changes) {
      if (!this.#changes.has(keyOf(change))) this.#note(change);
    }
  }

  #some(limit: number, test: (followed: Followed) => boolean): Watched[] {
    const found: Watched[] = [];
    for (const [id, followed] of this.#followed) {
      if (found.length >= limit) break;
      const watched = test(followed) ? this.#watchList.get(id) : undefined;
      if (watched?.checkDigest === followed.checkDigest) found.push(watched);
    }
    return found;
  }

  #follow(watched: Watched | undefined): Followed | null {
    if (watched === undefined || !isFollowed(watched.definition)) return null;
    const { definition, checkDigest } = watched;
    const known = this.#followed.get(definition.id);
    if (known?.checkDigest === checkDigest) return known;
    const followed: Followed = { checkDigest, latency: null, round: null, hour: 0 };
    this.#followed.set(definition.id, followed);
    return followed;
  }

  #close(watched: Watched, id: Uuid7): void {
    const { definition, checkDigest } = watched;
    const followed = this.#followed.get(definition.id);
    if (followed === undefined || followed.latency === null) return;
    if (followed.round?.id !== id || followed.checkDigest !== checkDigest) return;
    const { samples } = followed.round;
    followed.round = null;
    const atMs = uuid7Time(id);
    const step = observeRound(followed.latency, atMs, samples, anomalyPolicyOf(definition));
    followed.latency = step.state;
    if (step.change === 'began') this.#begin(watched, atMs, step.state);
    if (step.change === 'ended') this.end(watched, 'latency', atMs, 'usual');
  }

  #begin(watched: Watched, atMs: number, state: LatencyState): void {
    const seen = outliersOf(state);
    this.#note({
      ...{ end: null, kind: 'latency', watched, atMs, reason: latencyWords(seen) },
      z: middleOf(seen)?.z ?? null,
      regions: Object.fromEntries(seen.map(({ region, reading }) => [region, reading.usual])),
    });
  }

  #note(change: AnomalyChange): void {
    this.#changes.set(keyOf(change), change);
  }
}

const keyOf = ({ kind, watched }: AnomalyChange): string => `${kind}/${watched.definition.id}`;

/** A job that reports in has no latency. */
export function isFollowed(definition: Monitor): boolean {
  return definition.check.type !== 'heartbeat' && anomalyPolicyOf(definition).mode !== 'off';
}
