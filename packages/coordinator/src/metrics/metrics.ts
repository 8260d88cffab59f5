/** What `/metrics` shows: this coordinator's work, what the agents saw, and the stored whole. */
import { uuid7Time, type Member } from '@trustmonitor/protocol';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { CycleStats } from '../cycle-stats.ts';
import type { GateStats } from '../gate/stats.ts';
import type { KeyRings } from '../keyrings.ts';
import type { Database } from '../store/database.ts';
import { selectGauges, type StoredGauges } from '../store/gauges.ts';
import { membersOf, type Watched, type WatchList } from '../watch-list.ts';
import { anomalyFamilies, type Followed } from './anomaly-families.ts';
import { agentFamilies, type Roster } from './agent-families.ts';
import { expose, type Family } from './exposition.ts';
import { counter, gauge, loopFamilies } from './loop-families.ts';
import { gateFamilies } from './gate-families.ts';
import { monitorFamilies } from './monitor-families.ts';
import type { NewestResults, Seen } from './newest-results.ts';
import { probeFamilies, type ShownProbe } from './probe-families.ts';
import { sloFamilies } from './slo-families.ts';
import type { SloGauges } from './slo-gauges.ts';
import { storedFamilies } from './stored-families.ts';

export interface MetricsParts {
  readonly stats: CycleStats;
  readonly monitors: Pick<WatchList, 'all'>;
  readonly newest: NewestResults;
  readonly keyRings: Pick<KeyRings, 'ring' | 'members'>;
  readonly roster: Roster;
  /** What is usual for the monitors. */
  readonly anomalies: Followed;
  /** The regions that are not asked. */
  readonly quarantine: { readonly regions: ReadonlySet<string> };
  /** What operators have taken out. */
  readonly drains: { readonly regions: ReadonlySet<string>; readonly agents: ReadonlySet<string> };
  /** Whether incidents are held back. */
  readonly brake: { readonly sinceMs: number | null };
  /** The shards that it decides about. */
  readonly leases: { readonly isFresh: boolean; readonly held: number };
  /** How objectives stand. */
  readonly slos: Pick<SloGauges, 'known' | 'refresh'>;
  readonly gateStats: GateStats;
  readonly courier: { readonly givenUp: number };
  readonly database: Database;
  readonly isLogged: boolean;
  /** How many monitors have series of their own. */
  readonly limit: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Prometheus gives a scrape ten seconds; what the process knows itself must be in it. */
const DATABASE_LIMIT_MS = 2_000;
/** A region that was not heard for so many of its turns has no newest result any more. */
const STALE_TURNS = 3;
const STALE_AFTER_MS = 5 * 60_000;

/** Gauges that end like counters. Each has a twin, by type, without the ending. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

export class Metrics {
  readonly #parts: MetricsParts;
  readonly #process = new Registry();
  #underWay: Promise<string> | null = null;

  constructor(parts: MetricsParts) {
    this.#parts = parts;
    collectDefaultMetrics({ register: this.#process });
    for (const name of MISNAMED) this.#process.removeSingleMetric(name);
  }

  /** The exposition. Scrapes at one time share one answer. */
  text(): Promise<string> {
    this.#underWay ??= this.#expose().finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  async #expose(): Promise<string> {
    const stored = await this.#stored();
    // What takes longer is there for the next scrape.
    await Promise.race([this.#parts.slos.refresh(), nullAfter(DATABASE_LIMIT_MS)]);
    return (await expose(this.#families(stored))) + (await this.#process.metrics());
  }

  *#families(stored: StoredGauges | null): Iterable<Family> {
    const { stats, leases, brake, monitors, newest, slos, limit, isLogged } = this.#parts;
    yield* loopFamilies(stats);
    yield* gateFamilies(this.#parts.gateStats);
    yield counter(
      'trustmonitor_messages_given_up_total',
      'Messages that a channel did not take, and that are not tried any more.',
      this.#parts.courier.givenUp,
    );
    yield gauge('trustmonitor_shards_held', 'Shards that are decided about here.', leases.held);
    yield gauge(
      'trustmonitor_leases_fresh',
      'Whether the leases of these shards are known to hold; nothing is decided while not.',
      Number(leases.isFresh),
    );
    yield gauge(
      'trustmonitor_fleet_held',
      'Whether incidents wait for one more round, because much of the fleet changed at once.',
      Number(brake.sinceMs !== null),
    );
    yield gauge(
      'trustmonitor_database_up',
      'Whether the database answered this scrape; what it knows is absent otherwise.',
      Number(stored !== null),
    );
    if (stored !== null) yield* storedFamilies(stored, isLogged);
    yield* sloFamilies(slos.known);
    yield* agentFamilies(this.#parts);

    const all = [...monitors.all()].toSorted(byId);
    const shown = all.slice(0, limit);
    newest.retain(new Set(shown.map(({ definition }) => definition.id)));
    yield* monitorFamilies(all, shown);
    yield* anomalyFamilies(shown, this.#parts.anomalies);
    yield* probeFamilies(shown.flatMap((watched) => this.#probesOf(watched)));
  }

  /** Of the regions that are asked about this monitor now, and were heard not too long ago. */
  #probesOf({ definition }: Watched): ShownProbe[] {
    const { newest, keyRings, clock } = this.#parts;
    const regions = newest.of(definition.id);
    if (regions === undefined) return [];
    const members = membersOf(definition, keyRings.members);
    const turnMs = definition.intervalMs * members.length;
    const since = clock() - Math.max(STALE_AFTER_MS, STALE_TURNS * turnMs);
    return members.flatMap(({ region }: Member) => {
      const seen: Seen | undefined = regions.get(region);
      if (seen === undefined || uuid7Time(seen.round) < since) return [];
      return [{ monitor: definition.id, region, kind: definition.check.type, seen }];
    });
  }

  async #stored(): Promise<StoredGauges | null> {
    const { database, log } = this.#parts;
    const answer = selectGauges(database).catch((error: unknown) => {
      log.warn({ err: error }, 'metrics lack what the database knows');
      return null;
    });
    return Promise.race([answer, nullAfter(DATABASE_LIMIT_MS)]);
  }
}

function byId(a: Watched, b: Watched): number {
  return a.definition.id < b.definition.id ? -1 : 1;
}

function nullAfter(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms).unref());
}
