/**
 * Which regions a coordinator does not ask: the real symptoms, plan and probation, in the order of
 * `quarantine/keeper.ts`, with the waiting taken out.
 */
import type { Member, Uuid7 } from '@trustmonitor/protocol';
import type { About, Ask, Decisions } from '../../../packages/coordinator/src/decide.ts';
import { settled } from '../../../packages/coordinator/src/quarantine/plan.ts';
import {
  ASK_EVERY_MS,
  Probation,
  type ProbationAnswer,
} from '../../../packages/coordinator/src/quarantine/probation.ts';
import {
  CanaryWatch,
  candidatesOf,
} from '../../../packages/coordinator/src/quarantine/symptoms.ts';
import type { Candidate } from '../../../packages/coordinator/src/quarantine/plan.ts';
import { observationsOf, type Observation } from '../../../packages/coordinator/src/trust/judge.ts';
import type { WatchList } from '../../../packages/coordinator/src/watch-list.ts';
import type { Heard, RegionJudgement, RegionRows } from './region-table.ts';

const LOST_AFTER_MS = 30_000;

/** What it is to do about one look at the tables. */
export interface Looked {
  /** To be written; null where nothing is. */
  readonly judgement: RegionJudgement | null;
  readonly asks: readonly About<Ask>[];
}

export class RegionKeeper {
  readonly #members: readonly Member[];
  readonly #watchList: WatchList;
  readonly #newRoundId: (atMs: number) => Uuid7;
  readonly #canaries = new CanaryWatch();
  readonly #probation = new Probation();
  #regions: ReadonlySet<string> = new Set();
  #suspected: ReadonlySet<string> = new Set();
  #answers: ProbationAnswer[] = [];
  #askAtMs = 0;
  #connectedSinceMs: number | null = null;
  #heard = new Map<string, Heard>();
  #seen: Observation[] = [];

  constructor(
    members: readonly Member[],
    watchList: WatchList,
    newRoundId: (atMs: number) => Uuid7,
  ) {
    this.#members = members;
    this.#watchList = watchList;
    this.#newRoundId = newRoundId;
  }

  get regions(): ReadonlySet<string> {
    return this.#regions;
  }

  isProbation(round: Uuid7): boolean {
    return this.#probation.has(round);
  }

  /** An agent was heard of. */
  hear(heard: Heard): void {
    this.#heard.set(heard.agent, heard);
  }

  /** For what is committed. */
  observe(decisions: Decisions, nowMs: number): void {
    this.#seen.push(...observationsOf(decisions));
    this.#canaries.note(decisions.results, nowMs);
    this.#take(this.#probation.take(decisions.results, this.#watchList, nowMs), nowMs);
  }

  /** What is to be noted with the next look. */
  takeNews(): { readonly heard: readonly Heard[]; readonly seen: readonly Observation[] } {
    const news = { heard: [...this.#heard.values()], seen: this.#seen };
    this.#heard = new Map();
    this.#seen = [];
    return news;
  }

  /** `mayJudge`: connected, and its leases hold. */
  look(rows: RegionRows, mayJudge: boolean, nowMs: number): Looked {
    this.adopt(rows);
    this.#connectedSinceMs = mayJudge ? (this.#connectedSinceMs ?? nowMs) : null;
    if (!mayJudge) {
      this.#probation.forget();
      return { judgement: null, asks: [] };
    }
    this.#take(this.#probation.take([], this.#watchList, nowMs), nowMs);
    return { judgement: this.#judge(rows, nowMs), asks: this.#ask(nowMs) };
  }

  adopt({ records }: RegionRows): void {
    const out = [...records.values()].filter(({ sinceMs }) => sinceMs !== null);
    this.#regions = new Set(out.map(({ region }) => region));
    if (out.length === 0) this.#probation.forget();
  }

  #judge(rows: RegionRows, nowMs: number): RegionJudgement | null {
    const looked = settled(this.#candidates(rows, nowMs), this.#regions, this.#suspected);
    this.#suspected = looked.suspected;
    const answers = this.#answers.filter(({ region }) => this.#regions.has(region));
    this.#answers = [];
    const isNew = looked.candidates.some(({ region }) => !this.#regions.has(region));
    return isNew || answers.length > 0 ? [looked.candidates, answers] : null;
  }

  #candidates({ heard, flagged }: RegionRows, nowMs: number): Candidate[] {
    const before = nowMs - LOST_AFTER_MS;
    const isHeardLong = nowMs - (this.#connectedSinceMs ?? nowMs) >= LOST_AFTER_MS;
    const alive = heard.filter(({ atMs }) => atMs >= before);
    const known = new Set(heard.map(({ region }) => region));
    const lost = [...known].filter((region) => alive.every((one) => one.region !== region));
    return candidatesOf(
      { offline: this.#canaries.offline(nowMs), lost: isHeardLong ? lost : [], alive, flagged },
      this.#members,
    );
  }

  #take(answers: readonly ProbationAnswer[], atMs: number): void {
    this.#answers.push(...answers);
    for (const { agent, monitor, stance } of answers) {
      if (agent !== null) this.#seen.push({ type: 'vote', agent, monitor, atMs, stance });
    }
  }

  #ask(nowMs: number): readonly About<Ask>[] {
    if (nowMs < this.#askAtMs || this.#regions.size === 0) return [];
    this.#askAtMs = nowMs + ASK_EVERY_MS;
    const { regions } = this;
    return this.#probation.ask(regions, this.#watchList, this.#members, nowMs, this.#newRoundId);
  }
}
