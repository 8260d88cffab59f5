/**
 * Asks regions in quarantine about monitors of which the others are sure. Such a job is like any
 * other, under a round of its own that no monitor has open: its result is stored and never counted.
 */
import { isPush, type Member, type Uuid7 } from '@trustmonitor/protocol';
import type { About, Ask } from '../decide.ts';
import { membersOf, type Watched, type WatchList } from '../watch-list.ts';
import type { ResultRow } from '../store/results.ts';

/** Each region is asked about so many monitors, this often. */
const MONITORS_AT_ONCE = 3;
export const ASK_EVERY_MS = 10_000;
/** No monitor is asked about more often than this, or than its interval if that is shorter. */
const MONITOR_EVERY_MS = 60_000;
const SETTLE_MS = 2_000;

type Sure = 'up' | 'down' | null;

interface Question {
  readonly region: string;
  readonly monitor: string;
  readonly expected: Sure;
  readonly untilMs: number;
}

/** What became of one question. `agent` is null when nobody answered. */
export interface ProbationAnswer {
  readonly region: string;
  readonly monitor: string;
  readonly agent: string | null;
  readonly stance: 'agrees' | 'disagrees' | 'abstains';
}

export class Probation {
  readonly #open = new Map<Uuid7, Question>();
  readonly #askedAt = new Map<string, number>();

  /** Jobs for these regions, if it is time for any. */
  ask(
    regions: ReadonlySet<string>,
    watchList: Pick<WatchList, 'all'>,
    members: readonly Member[],
    nowMs: number,
    newRoundId: (atMs: number) => Uuid7,
  ): About<Ask>[] {
    if (regions.size === 0) return [];
    const sure = [...watchList.all()].filter((watched) => surelyOf(watched) !== null);
    return [...regions].flatMap((region) =>
      this.#choose(sure, region, members, nowMs).map((watched) => {
        const round = newRoundId(nowMs);
        const { id, check } = watched.definition;
        this.#askedAt.set(`${region}/${id}`, nowMs);
        const untilMs = nowMs + check.timeoutMs + SETTLE_MS;
        this.#open.set(round, { region, monitor: id, expected: surelyOf(watched), untilMs });
        return { watched, effect: askOf(round, region, check.timeoutMs, nowMs) };
      }),
    );
  }

  /** A few, those first that were not asked about for the longest time. */
  #choose(
    sure: readonly Watched[],
    region: string,
    members: readonly Member[],
    nowMs: number,
  ): Watched[] {
    const lastAt = ({ definition }: Watched): number =>
      this.#askedAt.get(`${region}/${definition.id}`) ?? 0;
    const chosen: Watched[] = [];
    for (const watched of sure.toSorted((a, b) => lastAt(a) - lastAt(b))) {
      if (chosen.length === MONITORS_AT_ONCE) break;
      if (nowMs - lastAt(watched) < pauseOf(watched)) continue;
      if (isMember(watched, region, members)) chosen.push(watched);
    }
    return chosen;
  }

  /** Whether a round is one of these. */
  has(round: Uuid7): boolean {
    return this.#open.has(round);
  }

  /** What these results answer, and what was not answered by now. */
  take(
    results: readonly Pick<ResultRow, 'result'>[],
    watchList: Pick<WatchList, 'get'>,
    nowMs: number,
  ): ProbationAnswer[] {
    const answers: ProbationAnswer[] = [];
    for (const { result } of results) {
      const question = this.#open.get(result.round);
      if (question === undefined || !result.final || result.region !== question.region) continue;
      this.#open.delete(result.round);
      const { region, monitor, expected } = question;
      const watched = watchList.get(monitor);
      // What changed meanwhile, or was about another monitor or check, says nothing of the region.
      if (watched === undefined || surelyOf(watched) !== expected) continue;
      const isAnswer = result.monitor === monitor && result.check === watched.checkDigest;
      const { outcome, agent } = result;
      const stance = outcome === expected ? 'agrees' : 'disagrees';
      answers.push({
        ...{ region, monitor, agent },
        stance: isAnswer && outcome !== 'abstain' ? stance : 'abstains',
      });
    }
    for (const [round, { region, monitor, untilMs }] of this.#open) {
      if (nowMs <= untilMs) continue;
      this.#open.delete(round);
      answers.push({ region, monitor, agent: null, stance: 'abstains' });
    }
    return answers;
  }

  /** Nothing is expected any more: what was asked may never have been sent. */
  forget(): void {
    this.#open.clear();
    this.#askedAt.clear();
  }
}

/** What all who vote agree on, while nothing points away from it. */
function surelyOf({ definition, state }: Watched): Sure {
  if (definition.check.type === 'heartbeat') return null;
  const { verdict, streak, unknown, grey } = state;
  if (streak !== null || unknown !== null || grey.score !== 0) return null;
  return verdict === 'up' || verdict === 'down' ? verdict : null;
}

function pauseOf({ definition: { intervalMs } }: Watched): number {
  return Math.max(ASK_EVERY_MS, Math.min(intervalMs, MONITOR_EVERY_MS));
}

function isMember({ definition }: Watched, region: string, members: readonly Member[]): boolean {
  return membersOf(definition, members).some((one) => one.region === region && !isPush(one));
}

function askOf(round: Uuid7, region: string, expiresInMs: number, at: number): Ask {
  return { type: 'ask', round, phase: 'verify', regions: [region], at, expiresInMs };
}
