/**
 * PostgreSQL as the product uses it: transactions that happen as a whole, one after the other,
 * and the constraints of the schema. It is one event at a time, and never loses what it has.
 */
import type { ClosedRound, MonitorState, OpenIncident } from '@trustmonitor/quorum';
import type { About, Decisions, IncidentEffect } from '../../../packages/coordinator/src/decide.ts';
import type { ResultRow } from '../../../packages/coordinator/src/store/results.ts';
import { Party } from '../kernel/simulation.ts';
import type { Rules } from '../rules.ts';
import type { LeaseTable } from './lease-table.ts';
import { Outbox } from './outbox.ts';
import type { RegionTable } from './region-table.ts';

export interface StoredIncident {
  readonly id: string;
  readonly monitor: string;
  readonly kind: OpenIncident['kind'];
  readonly isOpen: boolean;
}

export interface Writes {
  readonly owner: string;
  /** Above that of every earlier commit of this owner, and the same when it is tried again. */
  readonly turn: number;
  readonly decisions: Decisions;
  /** The epochs under which this was decided, by shard. */
  readonly epochs: ReadonlyMap<number, number>;
}

export type Outcome =
  | { readonly type: 'committed' }
  /** Nothing was written: others hold these shards. */
  | { readonly type: 'lost'; readonly shards: readonly number[] }
  /** Nothing was written: a constraint of the schema forbids it. */
  | { readonly type: 'violated'; readonly constraint: string };

export interface Inserted {
  readonly row: ResultRow;
  /** Whether it took the place of one that did not count. */
  readonly replaces: boolean;
}

/** What the checker is told of each transaction, after it. */
export interface Committed {
  readonly writes: Writes;
  /** Rows that are new; what was there already stays as it was. */
  readonly inserted: readonly Inserted[];
  readonly incidents: readonly About<IncidentEffect>[];
}

export class Store extends Party {
  readonly leases: LeaseTable;
  readonly regions: RegionTable;
  readonly outbox = new Outbox();
  readonly #states = new Map<string, MonitorState>();
  readonly #lastRoundAt = new Map<string, number>();
  readonly rounds = new Map<string, ClosedRound>();
  readonly incidents = new Map<string, StoredIncident>();
  readonly #rules: Rules;
  readonly #channels: readonly string[];
  readonly #onCommitted: (committed: Committed) => void;
  readonly #results = new Map<string, ResultRow>();
  readonly #resultsOfRound = new Map<string, ResultRow[]>();
  readonly #openOf = new Map<string, number>();
  readonly #turns = new Map<string, number>();

  constructor(
    rules: Rules,
    channels: readonly string[],
    tables: { readonly leases: LeaseTable; readonly regions: RegionTable },
    onCommitted: (committed: Committed) => void,
  ) {
    super('store');
    this.#rules = rules;
    this.#channels = channels;
    this.leases = tables.leases;
    this.regions = tables.regions;
    this.#onCommitted = onCommitted;
  }

  get states(): ReadonlyMap<string, MonitorState> {
    return this.#states;
  }

  stateOf(monitor: string): MonitorState | null {
    return this.#states.get(monitor) ?? null;
  }

  lastRoundAtOf(monitor: string): Date | null {
    const at = this.#lastRoundAt.get(monitor);
    return at === undefined ? null : new Date(at);
  }

  resultsOf(round: string): readonly ResultRow[] {
    return this.#resultsOfRound.get(round) ?? [];
  }

  openIncidentsOf(monitor: string): number {
    return this.#openOf.get(monitor) ?? 0;
  }

  /** One transaction, as `commitWrites` has it: fencing, repetition, rows, incidents, messages. */
  commit(writes: Writes): Outcome {
    const { owner, turn, decisions, epochs } = writes;
    if (this.#rules.fencing) {
      const lost = [...epochs].filter(([shard, epoch]) => !this.leases.holds(owner, shard, epoch));
      if (lost.length > 0) return { type: 'lost', shards: lost.map(([shard]) => shard) };
    }
    if (this.#rules.knowsTurns && turn <= (this.#turns.get(owner) ?? 0))
      return { type: 'committed' };
    const violated = this.#violation(decisions);
    if (violated !== null) return { type: 'violated', constraint: violated };

    this.#turns.set(owner, turn);
    const inserted = decisions.results.flatMap((row) => this.#insertResult(row));
    for (const { effect } of decisions.rounds) this.rounds.set(effect.round.id, effect.round);
    for (const { watched, effect } of decisions.rounds) {
      const { id } = watched.definition;
      const decided = decisions.states.get(id);
      if (decided !== undefined) this.#states.set(id, decided.state);
      this.#lastRoundAt.set(id, effect.round.closedAt);
    }
    for (const step of decisions.incidents) this.#moveIncident(step);
    this.#onCommitted({ writes, inserted, incidents: decisions.incidents });
    return { type: 'committed' };
  }

  /** What the schema refuses: the whole transaction then did not happen. */
  #violation({ rounds, incidents }: Decisions): string | null {
    if (rounds.some(({ effect }) => this.rounds.has(effect.round.id))) return 'round_pkey';
    const opens = incidents.filter(({ effect }) => effect.step === 'open');
    if (opens.some(({ effect }) => this.incidents.has(effect.incident.id))) return 'incident_pkey';
    const isTaken = ({ watched }: About<IncidentEffect>): boolean => {
      const monitor = watched.definition.id;
      const ends = incidents.some(
        (step) => step.effect.step === 'resolve' && step.watched.definition.id === monitor,
      );
      return this.openIncidentsOf(monitor) > 0 && !ends;
    };
    return this.#rules.oneOpenIncident && opens.some(isTaken) ? 'incident_one_open' : null;
  }

  #insertResult(row: ResultRow): Inserted[] {
    const { round, agent, attempt } = row.result;
    const key = `${round}/${agent}/${attempt}`;
    const rows = this.#resultsOfRound.get(round) ?? [];
    const before = this.#rules.uniqueResults ? this.#results.get(key) : undefined;
    if (before !== undefined) {
      // A vote that counts takes the place of one that does not.
      if (before.counted || !row.counted) return [];
      rows.splice(rows.indexOf(before), 1);
    }
    this.#results.set(key, row);
    rows.push(row);
    this.#resultsOfRound.set(round, rows);
    return [{ row, replaces: before !== undefined }];
  }

  #moveIncident({ watched, effect }: About<IncidentEffect>): void {
    const { id, kind } = effect.incident;
    const monitor = watched.definition.id;
    const wasOpen = this.incidents.get(id)?.isOpen === true;
    const isOpen = effect.step !== 'resolve';
    this.incidents.set(id, { id, monitor, kind, isOpen });
    const change = Number(isOpen) - Number(wasOpen);
    this.#openOf.set(monitor, this.openIncidentsOf(monitor) + change);
    for (const channel of this.#channels) this.outbox.insert(channel, id, effect.step, effect.at);
  }
}
