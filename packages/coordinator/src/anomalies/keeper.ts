/**
 * Reads the past of monitors that were not followed yet, and what is usual at each hour; writes what
 * began and ended, and an alert of it for the router (`alerts/`) where a monitor asks for that. A few
 * monitors at a time: fifty thousand that were taken over are learnt within two minutes, and their hours
 * as fast, from ten minutes before the hour on.
 */
import type { Logger } from 'pino';
import {
  UNKNOWN_LATENCY,
  restoredShape,
  withHourly,
  type Facets,
  type LatencyState,
  type ShapeState,
} from '@trustmonitor/alerting';
import { anomalyPolicyOf, isPush, type AnomalyKind, type Monitor } from '@trustmonitor/protocol';
import type { Clock } from '../clock.ts';
import type { Decisions } from '../decide.ts';
import type { KeyRings } from '../keyrings.ts';
import type { LinkSettings } from '../links.ts';
import type { Registration } from '../store/coordinators.ts';
import type { Epochs } from '../store/lease.ts';
import { holdShards } from '../store/lease.ts';
import {
  selectAnomalies,
  selectOrphanedAnomalies,
  type StoredAnomaly,
} from '../store/anomalies.ts';
import { selectCheckedSince } from '../store/baselines.ts';
import type { Database, Queryable } from '../store/database.ts';
import { selectForms, upsertForms, type StoredForms } from '../store/forms.ts';
import { Repeater } from '../repeater.ts';
import type { Watched, WatchList } from '../watch-list.ts';
import { loadHours, loadLatencies, type Learner } from './load.ts';
import { AnomalyTracker, isLookedFor, type AnomalyChange } from './tracker.ts';
import { writeChanges } from './write.ts';

const LOOK_EVERY_MS = 1_000;
const LEARN_AT_ONCE = 500;
/** All monitors are looked through for it, and what ended by no answer is no news within seconds. */
const SWEEP_EVERY_MS = 5_000;
const HOUR_MS = 3_600_000;
/** What changes at each request is new each hour; the rest is written once. */
const SAVE_EVERY_MS = HOUR_MS;
/** With each sweep: fifty thousand are saved within two minutes. */
const SAVE_AT_ONCE = 2_500;
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

  /** For metrics too: null also of what has no form. */
  shapeOf(id: string): ShapeState | null {
    return this.#tracker.shapeOf(id);
  }

  /** As it is known here; of a monitor that is decided about elsewhere, by what is stored. */
  async usualOf(definition: Monitor): Promise<LatencyState> {
    const { database, clock } = this.#parts;
    if (!isLookedFor(definition, 'latency')) return UNKNOWN_LATENCY;
    const known = this.#tracker.latencyOf(definition.id);
    if (known !== null) return known;
    const nowMs = clock();
    const since = await selectCheckedSince(database, [definition.id]);
    const learner = { definition, sinceMs: since.get(definition.id) ?? nowMs, open: null };
    const learnt = await loadLatencies(database, [learner], this.#regions, nowMs);
    const hours = await loadHours(database, since, [Math.floor(nowMs / HOUR_MS)]);
    const state = learnt.get(definition.id) ?? UNKNOWN_LATENCY;
    return withHourly(state, hours.get(definition.id) ?? new Map());
  }

  /** The same of the form: what is stored is up to an hour old. */
  async usualFormOf(stored: Pick<Watched, 'definition' | 'checkDigest'>): Promise<Facets> {
    const { id } = stored.definition;
    const known = this.#tracker.shapeOf(id);
    if (known !== null) return known.facets;
    return formsOf((await selectForms(this.#parts.database, [id])).get(id), stored);
  }

  /** One pass; what fails is tried again in the next. */
  async look(): Promise<void> {
    const nowMs = this.#parts.clock();
    const isSweeping = nowMs - this.#sweptAtMs >= SWEEP_EVERY_MS;
    if (isSweeping) {
      this.#tracker.sweep();
      await this.#attempt(() => this.#endOrphaned());
    }
    await this.#attempt(() => this.#learn());
    await this.#attempt(() => this.#learnHours());
    await this.#attempt(() => this.#write());
    if (isSweeping) await this.#attempt(() => this.#saveForms());
  }

  get #regions(): number {
    return this.#parts.keyRings.members.filter((member) => !isPush(member)).length;
  }

  /** By what is stored: a monitor may have been deleted, or changed, while nobody followed it. */
  async #endOrphaned(): Promise<void> {
    const { database, clock, tenancy } = this.#parts;
    const nowMs = clock();
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
    const nowMs = clock();
    const ids = unlearnt.map(({ definition }) => definition.id);
    const since = await selectCheckedSince(database, ids);
    const open = await selectAnomalies(database, ids);
    const learners = unlearnt.map((watched): Learner => {
      const { id } = watched.definition;
      const sinceMs = since.get(id) ?? nowMs;
      return { ...watched, sinceMs, open: openOf(open, watched, 'latency') };
    });
    const latencies = await loadLatencies(database, learners, this.#regions, nowMs);
    const forms = await selectForms(database, ids);
    for (const watched of unlearnt) {
      const { id } = watched.definition;
      const latency = latencies.get(id) ?? UNKNOWN_LATENCY;
      const shape = shapeOf(forms.get(id), openOf(open, watched, 'shape'), watched, latency);
      tracker.learn(watched, { latency, shape }, nowMs);
    }
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

  async #saveForms(): Promise<void> {
    const { database, clock } = this.#parts;
    const nowMs = clock();
    const unsaved = this.#tracker.unsaved(nowMs - SAVE_EVERY_MS, SAVE_AT_ONCE);
    if (unsaved.length === 0) return;
    await database.transaction(async (tx) => {
      const still = await this.#stillHeld(tx, unsaved);
      const held = unsaved.filter(({ watched }) => still.has(watched.shard));
      await upsertForms(
        tx,
        held.map(({ watched, facets }) => storedFormsOf(watched, facets)),
      );
    });
    this.#tracker.saved(unsaved, nowMs);
  }

  /** Shards that nobody else can decide about until the transaction ends. */
  #stillHeld(
    tx: Queryable,
    about: readonly { readonly watched: Pick<Watched, 'shard'> }[],
  ): Promise<Set<number>> {
    const { me, tenancy } = this.#parts;
    const shards = new Set(about.map(({ watched }) => watched.shard));
    return holdShards(tx, me.id, new Map([...tenancy.held].filter(([shard]) => shards.has(shard))));
  }

  /** A form that was accepted is stored with the end that says so: whoever takes over knows it as usual. */
  async #writeChanges(tx: Queryable, changes: readonly AnomalyChange[]): Promise<void> {
    const still = await this.#stillHeld(tx, changes);
    const held = changes.filter(({ watched }) => still.has(watched.shard));
    const accepted = held.filter(({ end }) => end === 'accepted');
    await upsertForms(
      tx,
      accepted.flatMap(({ watched }) => {
        const facets = this.#tracker.formsOf(watched);
        return facets === null ? [] : [storedFormsOf(watched, facets)];
      }),
    );
    await writeChanges(tx, held, this.#parts.links);
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'anomalies are not up to date now; it is tried again');
    }
  }
}

/** What goes on of it. An anomaly of a check that was changed since does not. */
function openOf(
  stored: readonly StoredAnomaly[],
  { definition, checkDigest }: Watched,
  kind: AnomalyKind,
): StoredAnomaly | null {
  const goesOn = (one: StoredAnomaly): boolean =>
    one.monitor === definition.id && one.kind === kind && one.checkDigest === checkDigest;
  return stored.find(goesOn) ?? null;
}

function shapeOf(
  stored: StoredForms | undefined,
  open: StoredAnomaly | null,
  watched: Watched,
  { regions: heard }: LatencyState,
): ShapeState {
  const goesOn = open && {
    beganAtMs: open.beganAtMs,
    regions: new Set([...heard.keys(), ...Object.keys(open.regions)]),
  };
  return restoredShape(formsOf(stored, watched), goesOn, anomalyPolicyOf(watched.definition));
}

const storedFormsOf = (
  { definition, checkDigest }: Pick<Watched, 'definition' | 'checkDigest'>,
  facets: Facets,
): StoredForms => ({ monitor: definition.id, checkDigest, facets });

/** What another check answered says nothing of this one. */
function formsOf(
  stored: StoredForms | undefined,
  { checkDigest }: Pick<Watched, 'checkDigest'>,
): Facets {
  return stored?.checkDigest === checkDigest ? stored.facets : {};
}
