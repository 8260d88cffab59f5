/** What shows that a region cannot judge: by its own answers, and by what the database holds. */
import type { Member } from '@trustmonitor/protocol';
import type { ResultRow } from '../store/results.ts';
import type { StoredTrust } from '../store/trust.ts';
import { agreementOf, type TrustScore } from '../trust/score.ts';
import type { Candidate } from './plan.ts';

/** Answers in a row, of all agents of a region together, that say that its network is gone. */
const OFFLINE_ANSWERS = 2;
/** What was said longer ago says nothing of now. */
const FRESH_MS = 120_000;
/** Below this share of agreement an agent is wrong about the world, and not about one monitor. */
const WRONG_BELOW = 0.5;
const MIN_DISAGREED = 5;
const MIN_FORGED = 2.5;

interface Heard {
  readonly region: string;
  /** Rounds in a row in which it said that its canaries fail. */
  readonly offline: number;
  readonly round: string;
  readonly atMs: number;
}

/** Remembers of each agent for how many answers in a row its canaries have failed. */
export class CanaryWatch {
  readonly #agents = new Map<string, Heard>();

  note(results: readonly Pick<ResultRow, 'result'>[], nowMs: number): void {
    for (const { result } of results) {
      if (!result.final) continue;
      const { agent, region, round, failure } = result;
      const before = this.#agents.get(agent);
      const isOffline = result.outcome === 'abstain' && failure?.class === 'agent_offline';
      if (before?.round === round) continue;
      const offline = isOffline ? (before?.offline ?? 0) + 1 : 0;
      this.#agents.set(agent, { region, offline, round, atMs: nowMs });
    }
  }

  /** Regions of which every agent that was heard lately says so. */
  offline(nowMs: number): string[] {
    const counts = new Map<string, number>();
    for (const [agent, { region, offline, atMs }] of this.#agents) {
      if (nowMs - atMs > FRESH_MS) this.#agents.delete(agent);
      else if (offline === 0) counts.set(region, -Infinity);
      else counts.set(region, (counts.get(region) ?? 0) + offline);
    }
    return [...counts].filter(([, n]) => n >= OFFLINE_ANSWERS).map(([region]) => region);
  }
}

export interface Signs {
  /** Regions whose canaries fail. */
  readonly offline: readonly string[];
  /** Regions of which no agent is heard. */
  readonly lost: readonly string[];
  /** Agents that are heard. */
  readonly alive: readonly { readonly agent: string; readonly region: string }[];
  /** Agents that are flagged. */
  readonly flagged: ReadonlyMap<string, StoredTrust>;
}

/** Each region once, of those that vote. */
export function candidatesOf(signs: Signs, members: readonly Member[]): Candidate[] {
  const { offline, lost, alive, flagged } = signs;
  return members.flatMap(({ region }): Candidate[] => {
    if (lost.includes(region)) return [{ region, reason: 'lost' }];
    if (offline.includes(region)) return [{ region, reason: 'canaries' }];
    const here = alive.filter((agent) => agent.region === region);
    const isWrong = ({ agent }: { agent: string }): boolean => {
      const score = flagged.get(agent)?.score;
      return score !== undefined && isWrongAtLarge(score);
    };
    return here.length > 0 && here.every(isWrong) ? [{ region, reason: 'flagged' }] : [];
  });
}

/** A target that is down for one region only flags its agents too, and is no reason. */
function isWrongAtLarge(score: TrustScore): boolean {
  if (score.forged >= MIN_FORGED) return true;
  return score.disagreed >= MIN_DISAGREED && (agreementOf(score) ?? 1) < WRONG_BELOW;
}
