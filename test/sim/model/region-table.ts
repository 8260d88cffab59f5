/**
 * The tables `region_quarantine`, `agent_trust` and `agent_status`, and the transactions in which
 * coordinators read and write them.
 */
import {
  changedRecords,
  type RegionRecord,
} from '../../../packages/coordinator/src/quarantine/plan.ts';
import type { Observation } from '../../../packages/coordinator/src/trust/judge.ts';
import { rescore, unknownScore } from '../../../packages/coordinator/src/trust/score.ts';
import type { StoredTrust } from '../../../packages/coordinator/src/store/trust.ts';
import type { Member } from '@trustmonitor/protocol';

/** An agent was heard, by the clock of who heard it. */
export interface Heard {
  readonly agent: string;
  readonly region: string;
  readonly atMs: number;
}

/** What a look at the tables shows. */
export interface RegionRows {
  readonly records: ReadonlyMap<string, RegionRecord>;
  readonly heard: readonly Heard[];
  readonly flagged: ReadonlyMap<string, StoredTrust>;
}

export type RegionJudgement = readonly [
  candidates: Parameters<typeof changedRecords>[0],
  answers: Parameters<typeof changedRecords>[1],
];

export class RegionTable {
  readonly #members: readonly Member[];
  readonly #onMoved: (record: RegionRecord) => void;
  #records: ReadonlyMap<string, RegionRecord> = new Map();
  readonly #heard = new Map<string, Heard>();
  readonly #trust = new Map<string, StoredTrust>();

  /** `onMoved` is told of each region that enters or leaves. */
  constructor(members: readonly Member[], onMoved: (record: RegionRecord) => void) {
    this.#members = members;
    this.#onMoved = onMoved;
  }

  /** Regions in quarantine, for the checker. */
  get out(): ReadonlySet<string> {
    const isOut = ({ sinceMs }: RegionRecord): boolean => sinceMs !== null;
    return new Set([...this.#records.values()].filter(isOut).map(({ region }) => region));
  }

  /** Notes what a coordinator heard and saw since it looked last, and shows everything. */
  look(heard: readonly Heard[], seen: readonly Observation[], nowMs: number): RegionRows {
    for (const one of heard) this.#heard.set(one.agent, one);
    for (const one of seen) this.#rescore(one, nowMs);
    const flagged = [...this.#trust].filter(([, { score }]) => score.flaggedAtMs !== null);
    return {
      records: this.#records,
      heard: [...this.#heard.values()],
      flagged: new Map(flagged),
    };
  }

  judge([candidates, answers]: RegionJudgement, nowMs: number): RegionRows {
    const before = this.#records;
    const changed = changedRecords(candidates, answers, before, this.#members, nowMs);
    this.#records = new Map([...before, ...changed]);
    for (const record of changed.values()) {
      const { region, sinceMs, reason } = record;
      if (((before.get(region)?.sinceMs ?? null) === null) === (sinceMs === null)) continue;
      if (sinceMs === null && reason === 'flagged') this.#believeAgain(region, nowMs);
      this.#onMoved(record);
    }
    return this.look([], [], nowMs);
  }

  #rescore(seen: Observation, nowMs: number): void {
    const { agent } = seen;
    const before = this.#trust.get(agent)?.score ?? unknownScore(nowMs);
    this.#trust.set(agent, { agent, score: rescore(before, [seen], nowMs), toldAtMs: null });
  }

  #believeAgain(region: string, nowMs: number): void {
    for (const { agent, region: of } of this.#heard.values()) {
      if (of === region)
        this.#trust.set(agent, { agent, score: unknownScore(nowMs), toldAtMs: null });
    }
  }
}
