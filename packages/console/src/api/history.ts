/** A monitor's bars: its history, and the votes that came since it was read. */
import type { History, MonitorResource, Uptime, UptimeWindow } from '@trustmonitor/protocol';
import { useMemo, useState } from 'react';
import {
  RANGES,
  barsOf,
  gridOf,
  type Bars,
  type Grid,
  type LiveVote,
  type RangeName,
} from '../model/bars.ts';
import { useNow } from '../parts/time.tsx';
import { useLive } from './live.ts';
import { useLastSeen, useResource } from './resource.ts';

/** Rollups come by the minute. */
const READ_EVERY_MS = 30_000;
const MOST_LIVE_VOTES = 400;

export interface ShownBars {
  readonly grid: Grid;
  readonly bars: Bars;
  /** What they are made of; null before it has been read. */
  readonly history: History | null;
}

const NONE: readonly string[] = [];

type Shown = Pick<MonitorResource, 'id' | 'verdict' | 'lastRoundAt'>;

interface BarsOptions {
  /** False while nobody can see it. */
  readonly isWanted?: boolean;
  /** Regions that are asked; the same array each time. */
  readonly asked?: readonly string[];
}

export function useBars(
  monitor: Shown,
  range: RangeName,
  { isWanted = true, asked = NONE }: BarsOptions = {},
): ShownBars {
  const { id, verdict, lastRoundAt } = monitor;
  const grid = useGrid(range);
  const { fromMs, toMs, step } = grid;
  const query = `from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`;
  const path = `/v1/monitors/${encodeURIComponent(id)}/history?step=${step}&${query}`;
  const resource = useResource<History>(isWanted ? path : null, { everyMs: READ_EVERY_MS });
  // While the grid moves on the bars do not vanish.
  const last = useLastSeen(resource);
  const history = last?.monitor === id && last.step === step ? last : null;

  const [live, setLive] = useState<readonly LiveVote[]>([]);
  useLive((told) => {
    if (told.type !== 'vote.cast' || told.monitor !== id) return;
    const vote = { atMs: Date.parse(told.at), region: told.region, vote: told.vote };
    setLive((before) => [...before.slice(-MOST_LIVE_VOTES), vote]);
  });
  const bars = useMemo(() => {
    const now = { verdict, lastRoundMs: lastRoundAt === null ? null : Date.parse(lastRoundAt) };
    return barsOf(history, grid, live, now, asked);
  }, [history, grid, live, verdict, lastRoundAt, asked]);
  return { grid, bars, history };
}

/** The same until its last cell is over. */
function useGrid(range: RangeName): Grid {
  const nowMs = useNow(RANGES[range].stepMs);
  return useMemo(() => gridOf(range, nowMs), [range, nowMs]);
}

/** Figures of a whole window, of all its answers together. Null before they have been read. */
export function useUptime(id: string, window: UptimeWindow): Uptime | null {
  const path = `/v1/monitors/${encodeURIComponent(id)}/uptime?window=${window}`;
  return useResource<Uptime>(path, { everyMs: 60_000 }).data;
}
