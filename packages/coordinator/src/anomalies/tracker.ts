/**
 * What is usual for each watched monitor (its latency, the form of its answers), in memory, and what is
 * not. Of one monitor:
 *
 *     unknown  -- a vote that it is up counted -------------------> unlearnt
 *     unlearnt -- its past was read (`keeper.ts`) ----------------> followed
 *     followed -- a round closed ---------------------------------> followed, perhaps with a change
 *     followed -- one kind of its anomalies is `off` -------------> followed for the other: of forms what
 *                                                  is usual stays known, and nothing goes on
 *     followed -- its latency is looked for again ----------------> unlearnt, but for its forms
 *     any      -- its check was changed --------------------------> unlearnt, and nothing goes on
 *     any      -- it is not watched, or its anomalies are `off` --> unknown   (what is stored of it
 *                                                  ends by that: `keeper.ts`)
 *
 * Told of commits after they were made, and only of votes that counted: it decides nothing.
 */
import {
  formOf,
  latencyWords,
  middleOf,
  observeForms,
  observeRound,
  oddFormsOf,
  outliersOf,
  UNKNOWN_SHAPE,
  shapeWords,
  withHourly,
  type Estimate,
  type Facets,
  type FormSample,
  type HourlyEstimate,
  type LatencySample,
  type LatencyState,
  type ShapeState,
} from '@trustmonitor/alerting';
import {
  anomalyModeOf,
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

/** What the past says of one monitor. */
export interface Learnt {
  readonly latency: LatencyState;
  readonly shape: ShapeState;
}

interface Followed {
  readonly checkDigest: string;
  /** By which it is judged; another one since is noticed by `sweep`. */
  definition: Monitor;
  /** Null until its past was read, and while it is not looked for. */
  latency: LatencyState | null;
  /** Null until its past was read. */
  shape: ShapeState | null;
  /** Votes of the round that is open, or was last. */
  round: OpenRound | null;
  /** The last hour that is known of; whole hours since 1970. */
  hour: number;
  /** What of its forms is stored, and since when. */
  stored: { readonly facets: Facets; readonly atMs: number };
}

interface OpenRound {
  readonly id: Uuid7;
  readonly latencies: LatencySample[];
  readonly forms: FormSample[];
}

/** Forms that are not stored as they are known. */
export interface UnsavedForms {
  readonly watched: Watched;
  readonly facets: Facets;
}

export class AnomalyTracker {
  readonly #watchList: Pick<WatchList, 'get'>;
  readonly #followed = new Map<string, Followed>();
  // Kept beside it, as looking through fifty thousand each second would take a tenth of it.
  /** Whose past is to be read: at first, and of its latency when that is looked for again. */
  readonly #unlearnt = new Set<string>();
  /** Who may not know of the hour that was asked for last. */
  readonly #behind = new Set<string>();
  #hour = -Infinity;
  /** Whose forms may not be stored as they are known. */
  readonly #unsaved = new Set<string>();
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
      const { round, region, phases, response } = result;
      if (followed.round?.id !== round) followed.round = { id: round, latencies: [], forms: [] };
      followed.round.latencies.push({ region, latencyUs: phases.totalUs });
      const form = formOf(response);
      if (form !== null) followed.round.forms.push({ region, form });
    }
    for (const { watched, effect } of rounds) this.#close(watched, effect.round.id);
  }

  /** Null while its past is not read, and where it is not looked for. */
  latencyOf(id: string): LatencyState | null {
    return this.#followed.get(id)?.latency ?? null;
  }

  /** Null in the same cases, and of what has no form. */
  shapeOf(id: string): ShapeState | null {
    const shape = this.#followed.get(id)?.shape ?? null;
    return shape === null || shape.regions.size === 0 ? null : shape;
  }

  /** Of those that are followed, whose past was not read. */
  unlearnt(limit: number): Watched[] {
    return this.#some(this.#unlearnt, limit);
  }

  /** Of those that are followed, who do not know of this hour. */
  without(hour: number, limit: number): Watched[] {
    if (hour > this.#hour) for (const id of this.#followed.keys()) this.#behind.add(id);
    this.#hour = Math.max(hour, this.#hour);
    const isBehind = ({ latency, hour: known }: Followed) => latency !== null && known < hour;
    return this.#some(this.#behind, limit, isBehind);
  }

  /** Takes up what the past says of what is not known, unless the check was changed meanwhile. */
  learn({ definition, checkDigest }: Watched, { latency, shape }: Learnt, atMs: number): void {
    const followed = this.#followed.get(definition.id);
    if (followed?.checkDigest !== checkDigest) return;
    this.#unlearnt.delete(definition.id);
    this.#behind.add(definition.id);
    if (isLookedFor(definition, 'latency')) followed.latency ??= latency;
    if (followed.shape !== null) return;
    followed.shape = shape;
    followed.stored = { facets: shape.facets, atMs };
  }

  /** Those that have learnt something of forms since they were stored, at this time or before. */
  unsaved(storedByMs: number, limit: number): UnsavedForms[] {
    const isOldEnough = ({ stored }: Followed): boolean => stored.atMs <= storedByMs;
    return this.#some(this.#unsaved, limit, isOldEnough).map((watched) => {
      const facets = this.#followed.get(watched.definition.id)?.shape?.facets;
      return { watched, facets: facets ?? {} };
    });
  }

  /** What is known of forms; null of another check. */
  formsOf({ definition, checkDigest }: Pick<Watched, 'definition' | 'checkDigest'>): Facets | null {
    const followed = this.#followed.get(definition.id);
    return followed?.checkDigest === checkDigest ? (followed.shape?.facets ?? null) : null;
  }

  /** They are stored like this. */
  saved(forms: readonly UnsavedForms[], atMs: number): void {
    for (const { watched, facets } of forms) {
      const followed = this.#followed.get(watched.definition.id);
      if (followed?.checkDigest !== watched.checkDigest) continue;
      followed.stored = { facets, atMs };
      if (followed.shape?.facets === facets) this.#unsaved.delete(watched.definition.id);
    }
  }

  /** `hour`: the last that `estimates`, by region, know of. */
  learnHours(id: string, hour: number, estimates: ReadonlyMap<string, HourlyEstimate[]>): void {
    const followed = this.#followed.get(id);
    if (followed === undefined || followed.latency === null) return;
    followed.latency = withHourly(followed.latency, estimates);
    followed.hour = hour;
    this.#behind.delete(id);
  }

  /** Forgets what is not watched any more, or was given to another coordinator, or is not looked for. */
  sweep(): void {
    for (const [id, followed] of this.#followed) {
      const definition = this.#watchList.get(id)?.definition;
      if (definition === followed.definition) continue;
      if (definition === undefined || !isFollowed(definition)) this.#forget(id);
      else this.#adapt(followed, definition);
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

  #some(
    ids: Iterable<string>,
    limit: number,
    test: (followed: Followed) => boolean = () => true,
  ): Watched[] {
    const found: Watched[] = [];
    for (const id of ids) {
      if (found.length >= limit) break;
      const followed = this.#followed.get(id);
      if (followed === undefined || !test(followed)) continue;
      const watched = this.#watchList.get(id);
      if (watched?.checkDigest === followed.checkDigest) found.push(watched);
    }
    return found;
  }

  #follow(watched: Watched | undefined): Followed | null {
    if (watched === undefined || !isFollowed(watched.definition)) return null;
    const { definition, checkDigest } = watched;
    const known = this.#followed.get(definition.id);
    if (known?.checkDigest === checkDigest) return known;
    const followed: Followed = {
      ...{ checkDigest, definition, latency: null, shape: null, round: null, hour: 0 },
      stored: { facets: {}, atMs: 0 },
    };
    this.#forget(definition.id);
    this.#followed.set(definition.id, followed);
    this.#unlearnt.add(definition.id);
    return followed;
  }

  #forget(id: string): void {
    for (const known of [this.#followed, this.#unlearnt, this.#behind, this.#unsaved]) {
      known.delete(id);
    }
  }

  /** To the kinds that are looked for now: of another nothing goes on, and its row ends as well (`keeper.ts`). */
  #adapt(followed: Followed, definition: Monitor): void {
    followed.definition = definition;
    const { latency, shape } = followed;
    if (isLookedFor(definition, 'latency')) {
      if (latency === null) this.#unlearnt.add(definition.id);
    } else {
      followed.latency = null;
      followed.hour = 0;
    }
    if (shape === null || isLookedFor(definition, 'shape')) return;
    if (shape.isAnomalous || shape.rounds > 0) {
      followed.shape = { ...UNKNOWN_SHAPE, facets: shape.facets };
    }
  }

  #close(watched: Watched, id: Uuid7): void {
    const { definition, checkDigest } = watched;
    const followed = this.#followed.get(definition.id);
    if (followed?.round?.id !== id || followed.checkDigest !== checkDigest) return;
    if (followed.shape === null) return;
    const { round } = followed;
    followed.round = null;
    const atMs = uuid7Time(id);
    if (isLookedFor(definition, 'latency')) this.#judgeLatency(watched, followed, round, atMs);
    if (isLookedFor(definition, 'shape')) this.#judgeShape(watched, followed, round, atMs);
  }

  #judgeLatency(
    watched: Watched,
    followed: Followed,
    { latencies }: OpenRound,
    atMs: number,
  ): void {
    if (followed.latency === null) return;
    const rules = anomalyPolicyOf(watched.definition);
    const { state, change } = observeRound(followed.latency, atMs, latencies, rules);
    followed.latency = state;
    if (change === 'ended') this.end(watched, 'latency', atMs, 'usual');
    if (change !== 'began') return;
    const seen = outliersOf(state);
    this.#note({
      ...{ end: null, kind: 'latency', watched, atMs, reason: latencyWords(seen) },
      z: middleOf(seen)?.z ?? null,
      regions: Object.fromEntries(seen.map(({ region, reading }) => [region, reading.usual])),
    });
  }

  #judgeShape(watched: Watched, followed: Followed, { forms }: OpenRound, atMs: number): void {
    if (followed.shape === null) return;
    const rules = anomalyPolicyOf(watched.definition);
    const { state, change } = observeForms(followed.shape, atMs, forms, rules);
    followed.shape = state;
    if (state.facets !== followed.stored.facets) this.#unsaved.add(watched.definition.id);
    if (change === 'ended') this.end(watched, 'shape', atMs, 'usual');
    if (change === 'accepted') this.end(watched, 'shape', atMs, 'accepted');
    if (change !== 'began') return;
    const seen = oddFormsOf(state);
    this.#note({
      ...{ end: null, kind: 'shape', watched, atMs, reason: shapeWords(seen, state.facets) },
      ...{ z: null, regions: Object.fromEntries(seen.map(({ region }) => [region, null])) },
    });
  }

  #note(change: AnomalyChange): void {
    this.#changes.set(keyOf(change), change);
  }
}

const keyOf = ({ kind, watched }: AnomalyChange): string => `${kind}/${watched.definition.id}`;

/** Whether any anomaly of it is looked for. A job that reports in has no latency, and no form. */
function isFollowed(definition: Monitor): boolean {
  return isLookedFor(definition, 'latency') || isLookedFor(definition, 'shape');
}

export function isLookedFor(definition: Monitor, kind: AnomalyKind): boolean {
  const { type } = definition.check;
  const hasAny = kind === 'shape' ? type === 'http' : type !== 'heartbeat';
  return hasAny && anomalyModeOf(definition, kind) !== 'off';
}
