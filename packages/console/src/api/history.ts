/** A monitor's bars: its history, and the votes that came since it was read. */
import type { History, MonitorResource } from '@trustmonitor/protocol';
import { useMemo, useState } from 'react';
import {
  barsOf,
  gridOf,
  type Bars,
  type Grid,
  type LiveVote,
  type RangeName,
} from '../model/bars.ts';
import { useNow } from '../parts/time.tsx';
import { useLive } from './live.ts';
import { useResource, type Resource } from './resource.ts';

/** Rollups come by the minute. */
const READ_EVERY_MS = 30_000;
const MOST_LIVE_VOTES = 400;

export interface ShownBars {
  readonly grid: Grid;
  readonly bars: Bars;
  readonly resource: Resource<History>;
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
  const nowMs = useNow();
  const stepped = gridOf(range, nowMs);
  const { fromMs, toMs, step } = stepped;
  const query = `from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`;
  // The key keeps its name while the grid moves on, so that the bars do not vanish meanwhile.
  const path = `/v1/monitors/${encodeURIComponent(id)}/history?step=${step}&${query}`;
  const resource = useResource<History>(isWanted ? path : null, { everyMs: READ_EVERY_MS });
  const [last, setLast] = useState<History | null>(null);
  const history = resource.data ?? last;
  if (resource.data !== null && resource.data !== last) setLast(resource.data);

  const [live, setLive] = useState<readonly LiveVote[]>([]);
  useLive((told) => {
    if (told.type !== 'vote.cast' || told.monitor !== id) return;
    const vote = { atMs: Date.parse(told.at), region: told.region, vote: told.vote };
    setLive((before) => [...before.slice(-MOST_LIVE_VOTES), vote]);
  });
  return useMemo(() => {
    const grid = { ...gridOf(range, toMs - 1), fromMs, toMs };
    const own = history?.monitor === id && history.step === step ? history : null;
    const now = { verdict, lastRoundMs: lastRoundAt === null ? null : Date.parse(lastRoundAt) };
    return { grid, bars: barsOf(own, grid, live, now, asked), resource };
  }, [history, live, range, fromMs, toMs, id, step, verdict, lastRoundAt, resource, asked]);
}
