/**
 * Bars of time: a fixed grid of cells, the same for every region and the quorum, so that what stands
 * above each other happened at the same time. A cell that nothing is known of stays empty: it is never
 * filled from its neighbours.
 */
import type { History, QuorumHistory, RegionHistory, Verdict, Vote } from '@trustmonitor/protocol';
import { duration, plural } from './words.ts';

export type RangeName = '1h' | '24h' | '30d' | '90d';

interface Range {
  readonly step: History['step'];
  readonly stepMs: number;
  readonly cells: number;
}

export const RANGES: Readonly<Record<RangeName, Range>> = {
  '1h': { step: '1m', stepMs: 60_000, cells: 60 },
  '24h': { step: '1h', stepMs: 3_600_000, cells: 24 },
  '30d': { step: '1d', stepMs: 86_400_000, cells: 30 },
  '90d': { step: '1d', stepMs: 86_400_000, cells: 90 },
};

export interface Grid extends Range {
  /** Start of the first cell, aligned to the step; ms since 1970. */
  readonly fromMs: number;
  /** End of the last cell, in which `nowMs` is. */
  readonly toMs: number;
}

export function gridOf(range: RangeName, nowMs: number): Grid {
  const { stepMs, cells } = RANGES[range];
  const toMs = (Math.floor(nowMs / stepMs) + 1) * stepMs;
  return { ...RANGES[range], fromMs: toMs - cells * stepMs, toMs };
}

export interface Cell {
  readonly atMs: number;
  /** Null: nothing is known. */
  readonly state: Verdict | null;
  /** What it rests on, in words. */
  readonly words: string;
}

export interface Bars {
  readonly quorum: readonly Cell[];
  readonly regions: readonly { readonly region: string; readonly cells: readonly Cell[] }[];
  /** How much of the grid has a verdict, ms. */
  readonly measuredMs: number;
}

/** A vote that came since the history was read. */
export interface LiveVote {
  readonly atMs: number;
  readonly region: string;
  readonly vote: Vote;
}

/** What is decided now, and when that was. */
export interface Now {
  readonly verdict: Verdict | null;
  readonly lastRoundMs: number | null;
}

/** `asked`: regions that have a place even where nothing is known of them. */
export function barsOf(
  history: History | null,
  grid: Grid,
  live: readonly LiveVote[] = [],
  now: Now = { verdict: null, lastRoundMs: null },
  asked: readonly string[] = [],
): Bars {
  const buckets = new Map((history?.buckets ?? []).map((one) => [Date.parse(one.at), one]));
  const starts = Array.from({ length: grid.cells }, (_, i) => grid.fromMs + i * grid.stepMs);
  const voted = [...(history?.regions ?? []), ...live.map(({ region }) => region)];
  const regions = [...new Set([...asked, ...voted])];
  return {
    quorum: starts.map((atMs) => {
      const known = buckets.get(atMs)?.quorum ?? null;
      return known === null ? quorumNow(atMs, grid, now) : quorumCell(atMs, known);
    }),
    regions: regions.toSorted().map((region) => ({
      region,
      cells: starts.map((atMs) => {
        const known = buckets.get(atMs)?.regions[region] ?? null;
        if (known !== null) return regionCell(atMs, known);
        return votesCell(atMs, votesIn(live, region, atMs, grid.stepMs));
      }),
    })),
    measuredMs: sum(starts.map((at) => buckets.get(at)?.quorum?.measuredMs ?? 0)),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** The worst that was decided in it; a moment of `down` is not averaged away. */
const WORST_FIRST = ['down', 'partial', 'degraded', 'up', 'unknown'] as const;

function quorumCell(atMs: number, { rounds, timeMs }: QuorumHistory): Cell {
  const state = WORST_FIRST.find((verdict) => timeMs[verdict] > 0 || rounds[verdict] > 0) ?? null;
  const parts = WORST_FIRST.filter((verdict) => timeMs[verdict] > 0).map(
    (verdict) => `${verdict} ${duration(timeMs[verdict])}`,
  );
  return { atMs, state, words: state === null ? 'no data' : parts.join(', ') || state };
}

/** The cell that runs now is not rolled up yet; its verdict is known if a round fell into it. */
function quorumNow(atMs: number, { stepMs }: Grid, { verdict, lastRoundMs }: Now): Cell {
  const isIn = lastRoundMs !== null && lastRoundMs >= atMs && lastRoundMs < atMs + stepMs;
  return isIn && verdict !== null
    ? { atMs, state: verdict, words: `${verdict} now` }
    : { atMs, state: null, words: 'no data' };
}

function regionCell(atMs: number, { up, down, abstain, slow }: RegionHistory): Cell {
  return { atMs, state: stateOf(up, down, abstain, slow), words: wordsOf(up, down, abstain, slow) };
}

function votesCell(atMs: number, votes: readonly Vote[]): Cell {
  const count = (vote: Vote) => votes.filter((one) => one === vote).length;
  const [up, down, abstain] = [count('up'), count('down'), count('abstain')];
  return { atMs, state: stateOf(up, down, abstain, 0), words: wordsOf(up, down, abstain, 0) };
}

function stateOf(up: number, down: number, abstain: number, slow: number): Verdict | null {
  if (down > 0) return up > 0 ? 'partial' : 'down';
  if (up > 0) return slow > 0 ? 'degraded' : 'up';
  return abstain > 0 ? 'unknown' : null;
}

function wordsOf(up: number, down: number, abstain: number, slow: number): string {
  const parts = [
    down > 0 ? `${down} down` : '',
    up > 0 ? `${up} up` : '',
    slow > 0 ? `${slow} slow` : '',
    abstain > 0 ? plural(abstain, 'abstention') : '',
  ].filter(Boolean);
  return parts.length === 0 ? 'no data' : parts.join(', ');
}

function votesIn(live: readonly LiveVote[], region: string, atMs: number, stepMs: number): Vote[] {
  return live
    .filter((one) => one.region === region && one.atMs >= atMs && one.atMs < atMs + stepMs)
    .map(({ vote }) => vote);
}

/** How a bar reads to somebody who does not see it. */
export function spoken(cells: readonly Cell[]): string {
  const counts = new Map<string, number>();
  for (const { state } of cells) {
    const name = state ?? 'no data';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${name} in ${count}`).join(', ');
}

/** One moment of all bars. */
export interface Reading {
  /** Of the cell in each bar. */
  readonly index: number;
  readonly atMs: number;
  readonly lines: readonly (Pick<Cell, 'state' | 'words'> & { readonly name: string })[];
}

/** `atMs`: the start of the cell that is read; the newest where that is null, or not shown any more. */
export function readingOf({ quorum, regions }: Bars, atMs: number | null): Reading {
  const found = quorum.findIndex((cell) => cell.atMs === atMs);
  const index = found < 0 ? quorum.length - 1 : found;
  const lines = [{ region: 'quorum', cells: quorum }, ...regions].map(({ region, cells }) => {
    const { state = null, words = 'no data' } = cells[index] ?? {};
    return { name: region, state, words };
  });
  return { index, atMs: quorum[index]?.atMs ?? 0, lines };
}
