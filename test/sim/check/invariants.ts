/** Watches a run from outside, with books of its own, and throws at the first breach. */
import { isFresh } from '@trustmonitor/evidence';
import { parseTimestamp, type Receipt } from '@trustmonitor/protocol';
import { replay, type CountedVote } from '@trustmonitor/quorum';
import type { About, Decisions, IncidentEffect } from '../../../packages/coordinator/src/decide.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { Holder } from '../model/lease-table.ts';
import type { Notary, SealedBatch } from '../model/notary.ts';
import type { OutboxRow } from '../model/outbox.ts';
import type { Committed, Inserted, Store } from '../model/store.ts';
import { Breach } from './breach.ts';
import { FleetCheck } from './fleet.ts';
import { RegionCheck } from './regions.ts';
import { TruthCheck } from './truth.ts';

export class Invariants {
  readonly #sim: Simulation;
  readonly #store: Store;
  readonly #truth: TruthCheck;
  readonly #fleet: FleetCheck;
  readonly #regions = new RegionCheck();
  /** Highest epoch that was ever given for a shard, and to whom. */
  readonly #holders: ReadonlyMap<number, Holder>;
  readonly #rows = new Map<string, number>();
  readonly #kindOf = new Map<string, 'down' | 'partial'>();
  readonly #changedMonitors = new Set<string>();
  readonly #told = new Map<string, number>();
  readonly #breaches: Breach[] = [];

  constructor(sim: Simulation, store: Store, notary: Notary, holders: ReadonlyMap<number, Holder>) {
    this.#sim = sim;
    this.#store = store;
    this.#truth = new TruthCheck(notary);
    this.#fleet = new FleetCheck(notary, holders);
    this.#holders = holders;
  }

  /** After every event: throws what went wrong in it. */
  check(): void {
    for (const monitor of this.#changedMonitors) {
      const open = this.#store.openIncidentsOf(monitor);
      if (open > 1) this.#report(new Breach('I2', `${monitor} has ${open} open incidents`));
    }
    this.#changedMonitors.clear();
    const [first] = this.#breaches;
    if (first !== undefined) throw first;
  }

  decided(owner: string, { asks }: Decisions): void {
    for (const { effect } of asks) {
      this.#truth.roundDecided(effect.round, this.#sim.now);
      this.#regions.roundDecided(effect.round, owner);
    }
  }

  /** A coordinator has read which regions are in quarantine. */
  regionsKnown(owner: string, out: ReadonlySet<string>): void {
    this.#regions.known(owner, out);
  }

  committed({ writes, inserted, incidents }: Committed): void {
    this.#guard(() => this.#checkEpochs(writes.owner, writes.epochs));
    for (const row of inserted) this.#guard(() => this.#checkRow(row));
    for (const step of incidents) this.#guard(() => this.#checkStep(step));
    const { now } = this.#sim;
    for (const step of incidents) {
      this.#guard(() => this.#fleet.stepDecided(step, writes.owner, now, this.#store));
    }
    this.#fleet.committed(writes.owner, now, this.#store);
  }

  receipted(receipt: Receipt, sealed: SealedBatch | undefined): void {
    if (receipt.status !== 'committed' || sealed === undefined) return;
    for (const { result } of sealed.results) {
      const key = keyOf(result.round, result.agent, result.attempt);
      if (this.#rows.get(key) === 1) continue;
      const times = this.#rows.get(key) ?? 0;
      this.#report(new Breach('I1', `${key} was receipted and is stored ${times} times`));
    }
  }

  /** A message reached its channel: for the first time, or once more under the same id. */
  delivered(row: OutboxRow): void {
    const lane = `${row.channel}/${row.incident}`;
    const latest = this.#told.get(lane) ?? 0;
    const next = this.#store.outbox.rows.find(
      ({ id, channel, incident }) =>
        id > latest && channel === row.channel && incident === row.incident,
    );
    if (row.id > latest && next !== row) {
      this.#report(new Breach('I5', `${row.step} of ${row.incident} is told out of turn`));
    }
    this.#told.set(lane, Math.max(latest, row.id));
  }

  #checkEpochs(owner: string, epochs: ReadonlyMap<number, number>): void {
    for (const [shard, epoch] of epochs) {
      const latest = this.#holders.get(shard);
      if (latest?.epoch === epoch && latest.owner === owner) continue;
      throw new Breach(
        'I6',
        `${owner} wrote in shard ${shard} under epoch ${epoch}; it is ${latest?.owner ?? 'nobody'}'s under ${latest?.epoch ?? 0}`,
      );
    }
  }

  #checkRow({ row, replaces }: Inserted): void {
    const { round, agent, attempt } = row.result;
    const key = keyOf(round, agent, attempt);
    const times = (this.#rows.get(key) ?? 0) + (replaces ? 0 : 1);
    this.#rows.set(key, times);
    if (times > 1) throw new Breach('I1', `${key} is stored ${times} times`);
    if (!row.counted) return;
    this.#truth.voteCounted(row, this.#sim.now);
    this.#regions.voteCounted(row);
  }

  #checkStep(step: About<IncidentEffect>): void {
    const { watched, effect } = step;
    const { id, kind } = effect.incident;
    this.#changedMonitors.add(watched.definition.id);
    this.#checkEvidence(step);
    this.#truth.stepDecided(step, (round) => this.#store.resultsOf(round));
    this.#kindOf.set(id, kind);
    const rows = this.#store.outbox.rows.filter(
      ({ incident, step: told }) => incident === id && told === effect.step,
    );
    if (rows.length === 0) throw new Breach('I5', `nobody is told of ${effect.step} of ${id}`);
  }

  /** What the offline verifier asks: do stored, fresh votes bear the step out? */
  #checkEvidence({ watched, effect }: About<IncidentEffect>): void {
    const { incident, step, rounds, verdict } = effect;
    const { policy } = watched.definition;
    const members = rounds.at(-1)?.members ?? [];
    const standing = step === 'open' ? null : (this.#kindOf.get(incident.id) ?? null);
    const listed = rounds.map(({ id, openedAt, closedAt, votes }) => ({
      round: id,
      openedAt,
      closedAt,
      votes: votes.map((vote) => this.#storedVote(id, openedAt, closedAt, vote)),
    }));
    const claim = { policy, members, rounds: listed, step, verdict, standing };
    const { follows, reason } = replay(claim);
    if (!follows) throw new Breach('I3', `${step} of ${incident.id}: ${reason ?? ''}`);
  }

  #storedVote(round: string, openedAt: number, closedAt: number, vote: CountedVote): CountedVote {
    const row = this.#store
      .resultsOf(round)
      .find(({ result, counted }) => counted && result.agent === vote.agent);
    if (row === undefined || row.result.outcome !== vote.vote) {
      throw new Breach('I3', `no stored result bears out the vote of ${vote.agent} in ${round}`);
    }
    if (!isFresh(parseTimestamp(row.result.startedAt), openedAt, closedAt)) {
      throw new Breach('I3', `the vote of ${vote.agent} in ${round} is not of its time`);
    }
    return { ...vote, region: row.result.region };
  }

  #guard(look: () => void): void {
    try {
      look();
    } catch (error) {
      if (!(error instanceof Breach)) throw error;
      this.#report(error);
    }
  }

  #report(breach: Breach): void {
    this.#breaches.push(breach);
  }
}

function keyOf(round: string, agent: string, attempt: number): string {
  return `${round}/${agent}/${attempt}`;
}
