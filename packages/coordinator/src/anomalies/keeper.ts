/**
 * Reads the past of monitors that were not followed yet, and what is usual at each hour; writes what
 * began and ended, and an alert of it for the router (`alerts/`) where a monitor asks for that. A few monitors at a time: fifty
 * thousand that were taken over are learnt within two minutes, and their hours as fast, from ten
 * minutes before the hour on.
 */
import type { Logger } from 'pino';
import { UNKNOWN_LATENCY, withHourly, type LatencyState } from '@trustmonitor/alerting';
import {
  anomalyPolicyOf,
  formatTimestamp,
  isPush,
  type LiveEvent,
  type Monitor,
} from '@trustmonitor/protocol';
import { anomalyFacts, anomalyKey } from '../alerts/facts.ts';
import type { Clock } from '../clock.ts';
import type { Decisions } from '../decide.ts';
import type { KeyRings } from '../keyrings.ts';
import type { LinkSettings } from '../links.ts';
import type { Registration } from '../store/coordinators.ts';
import type { Epochs } from '../store/lease.ts';
import { holdShards } from '../store/lease.ts';
import { insertAlertEvents, isAlertOpen, type NewAlertEvent } from '../store/alerts.ts';
import {
  deleteAnomaly,
  insertAnomaly,
  selectAnomalies,
  selectOrphanedAnomalies,
  type StoredAnomaly,
} from '../store/anomalies.ts';
import { selectCheckedSince } from '../store/baselines.ts';
import type { Database, Queryable } from '../store/database.ts';
import { insertEvents } from '../store/events.ts';
import { Repeater } from '../repeater.ts';
import type { Watched, WatchList } from '../watch-list.ts';
import { loadHours, loadLatencies, type Learner } from './load.ts';
import { anomalyMessageOf, type AnomalyMessage } from './message.ts';
import { AnomalyTracker, isFollowed, type AnomalyChange } from './tracker.ts';

const LOOK_EVERY_MS = 1_000;
const LEARN_AT_ONCE = 500;
/** What ended by no answer is no news within seconds. */
const SWEEP_EVERY_MS = 5_000;
const HOUR_MS = 3_600_000;
/** The next hour is read so long before it begins: what runs at the full hour is known by then. */
const AHEAD_MS = 600_000;

export interface AnomalyKeeperParts {
  readonly watchList: Pick<WatchList, 'get'>;
  readonly database: Database;
  readonly keyRings: Pick<KeyRings, 'members'>;
  /** The shards that are decided about here: of others nothing is written. */
  readonly tenancy: { readonly held: Epochs };
  readonly me: Pick<Registration, 'id'>;
  readonly clock: Clock;
  readonly links: Pick<LinkSettings, 'apiUrl'>;
  readonly log: Logger;
}

export class AnomalyKeeper {
  readonly #parts: AnomalyKeeperParts;
  readonly #tracker: AnomalyTracker;
  readonly #repeater = new Repeater(async () => {
    await this.look();
    return LOOK_EVERY_MS;
  });
  #sweptAtMs = -Infinity;

  constructor(parts: AnomalyKeeperParts, tracker = new AnomalyTracker(parts.watchList)) {
    this.#parts = parts;
    this.#tracker = tracker;
  }

  start(): void {
    this.#repeater.start(LOOK_EVERY_MS);
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** Called by the loop for what is committed: it only learns. */
  observe(decisions: Pick<Decisions, 'results' | 'rounds'>): void {
    this.#tracker.observe(decisions);
  }

  /** For metrics: null while it is not known here. */
  latencyOf(id: string): LatencyState | null {
    return this.#tracker.latencyOf(id);
  }

  /** As it is known here; of a monitor that is decided about elsewhere, by what is stored. */
  async usualOf(definition: Monitor): Promise<LatencyState> {
    const { database, clock } = this.#parts;
    const tracker = this.#tracker;
    const known = tracker.latencyOf(definition.id);
    if (known !== null) return known;
    if (!isFollowed(definition)) return UNKNOWN_LATENCY;
    const nowMs = clock();
    const since = await selectCheckedSince(database, [definition.id]);
    const learner = { definition, sinceMs: since.get(definition.id) ?? nowMs, open: null };
    const learnt = await loadLatencies(database, [learner], this.#regions, nowMs);
    const hours = await loadHours(database, since, [Math.floor(nowMs / HOUR_MS)]);
    const state = learnt.get(definition.id) ?? UNKNOWN_LATENCY;
    return withHourly(state, hours.get(definition.id) ?? new Map());
  }

  /** One pass; what fails is tried again in the next. */
  async look(): Promise<void> {
    this.#tracker.sweep();
    await this.#attempt(() => this.#endOrphaned());
    await this.#attempt(() => this.#learn());
    await this.#attempt(() => this.#learnHours());
    await this.#attempt(() => this.#write());
  }

  get #regions(): number {
    return this.#parts.keyRings.members.filter((member) => !isPush(member)).length;
  }

  /** By what is stored: a monitor may have been deleted, or changed, while nobody followed it. */
  async #endOrphaned(): Promise<void> {
    const { database, clock, tenancy } = this.#parts;
    const nowMs = clock();
    if (nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    for (const { kind, watched, isChanged } of await selectOrphanedAnomalies(database)) {
      if (!tenancy.held.has(watched.shard)) continue;
      this.#tracker.end(watched, kind, nowMs, isChanged ? 'changed' : 'unwatched');
    }
    this.#sweptAtMs = nowMs;
  }

  async #learn(): Promise<void> {
    const { database, clock } = this.#parts;
    const tracker = this.#tracker;
    const unlearnt = tracker.unlearnt(LEARN_AT_ONCE);
    if (unlearnt.length === 0) return;
    const learners = await this.#learnersOf(unlearnt);
    const learnt = await loadLatencies(database, learners, this.#regions, clock());
    for (const watched of unlearnt) {
      const latency = learnt.get(watched.definition.id);
      if (latency !== undefined) tracker.learn(watched, latency);
    }
  }

  /** An anomaly of a check that was changed since does not go on. */
  async #learnersOf(unlearnt: readonly Watched[]): Promise<Learner[]> {
    const { database, clock } = this.#parts;
    const ids = unlearnt.map(({ definition }) => definition.id);
    const since = await selectCheckedSince(database, ids);
    const stored = await selectAnomalies(database, ids);
    const nowMs = clock();
    return unlearnt.map((watched) => {
      const { definition, checkDigest } = watched;
      const goesOn = (one: StoredAnomaly): boolean =>
        one.monitor === definition.id && one.kind === 'latency' && one.checkDigest === checkDigest;
      const open = stored.find(goesOn) ?? null;
      return { definition, sinceMs: since.get(definition.id) ?? nowMs, open };
    });
  }

  async #learnHours(): Promise<void> {
    const { database, clock } = this.#parts;
    const tracker = this.#tracker;
    const nowMs = clock();
    const first = Math.floor(nowMs / HOUR_MS);
    const last = Math.floor((nowMs + AHEAD_MS) / HOUR_MS);
    const ids = tracker.without(last, LEARN_AT_ONCE).map(({ definition }) => definition.id);
    if (ids.length === 0) return;
    const since = await selectCheckedSince(database, ids);
    const hours = await loadHours(database, since, [...new Set([first, last])]);
    for (const id of ids) tracker.learnHours(id, last, hours.get(id) ?? new Map());
  }

  async #write(): Promise<void> {
    const { database, log } = this.#parts;
    const tracker = this.#tracker;
    const changes = tracker.takeChanges();
    if (changes.length === 0) return;
    try {
      await database.transaction((tx) => this.#writeChanges(tx, changes));
    } catch (error) {
      tracker.giveBack(changes);
      throw error;
    }
    for (const { end, kind, watched, reason } of changes) {
      const what = end === null ? 'an anomaly began' : 'an anomaly ended';
      log.info({ monitor: watched.definition.id, kind, reason }, what);
    }
  }

  async #writeChanges(tx: Queryable, changes: readonly AnomalyChange[]): Promise<void> {
    const { me, tenancy, links } = this.#parts;
    const shards = new Set(changes.map(({ watched }) => watched.shard));
    const epochs = new Map([...tenancy.held].filter(([shard]) => shards.has(shard)));
    const still = await holdShards(tx, me.id, epochs);
    const events: LiveEvent[] = [];
    const alerts: NewAlertEvent[] = [];
    for (const change of changes) {
      if (!still.has(change.watched.shard)) continue;
      const sinceMs = await writeChange(tx, change);
      if (sinceMs === null) continue;
      const message = messageOf(change, sinceMs, links.apiUrl);
      events.push(eventOf(change, message));
      alerts.push(...(await alertOf(tx, change, message)));
    }
    await insertAlertEvents(tx, alerts);
    await insertEvents(tx, events);
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'anomalies are not up to date now; it is tried again');
    }
  }
}

/** Since when there is the anomaly; null where nothing changed by it. */
async function writeChange(tx: Queryable, change: AnomalyChange): Promise<number | null> {
  const { kind, watched, atMs: beganAtMs, reason: summary, z, regions } = change;
  const { definition, checkDigest } = watched;
  if (change.end !== null) {
    return (await deleteAnomaly(tx, definition.id, kind))?.getTime() ?? null;
  }
  const row = { monitor: definition.id, kind, checkDigest, beganAtMs, summary, z, regions };
  return (await insertAnomaly(tx, row)) ? beganAtMs : null;
}

function messageOf(change: AnomalyChange, sinceMs: number, apiUrl: string): AnomalyMessage {
  const { end, kind, watched, atMs, reason } = change;
  const { definition } = watched;
  const regions = Object.keys(change.regions).toSorted();
  return anomalyMessageOf({ end, kind, definition, atMs, sinceMs, reason, regions }, apiUrl);
}

function eventOf(
  { kind, watched, atMs, reason }: AnomalyChange,
  { type }: AnomalyMessage,
): LiveEvent {
  const at = formatTimestamp(atMs);
  return { type, at, monitor: watched.definition.id, kind, summary: reason };
}

/** None where people do not hear of it: the end is for whoever heard of the beginning. */
async function alertOf(
  tx: Queryable,
  { end, kind, watched: { definition } }: AnomalyChange,
  message: AnomalyMessage,
): Promise<NewAlertEvent[]> {
  const isBeginning = end === null;
  const isTold = isBeginning
    ? anomalyPolicyOf(definition).mode === 'alert'
    : await isAlertOpen(tx, anomalyKey(kind, definition.id));
  if (!isTold) return [];
  const step = isBeginning ? 'opened' : 'resolved';
  return [{ step, facts: anomalyFacts(definition, kind), message }];
}
