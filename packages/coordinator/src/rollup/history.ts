/** What is known of a monitor's past, in aligned buckets and over windows. */
import {
  TrustMonitorError,
  formatTimestamp,
  type History,
  type HistoryQuery,
  type Uptime,
  type UptimeWindow,
} from '@trustmonitor/protocol';
import type { Database } from '../store/database.ts';
import type { Level } from '../store/history.ts';
import type { StoredMonitor } from '../store/monitors.ts';
import { WIDTH_MS, readRows, type HistoryRows } from './read.ts';
import { grouped, quorumHistory, regionHistory } from './summary.ts';

const LEVELS = { '1m': 'minute', '1h': 'hour', '1d': 'day' } as const satisfies Record<
  History['step'],
  Level
>;

const HOUR_MS = WIDTH_MS.hour;
const DAY_MS = WIDTH_MS.day;
const DEFAULT_SPAN_MS = 24 * HOUR_MS;

/** Two months of hours, a day of minutes. */
const MOST_BUCKETS = 1_500;
/** `auto` takes the finest step that makes no more than a chart can show. */
const ENOUGH_BUCKETS = 400;

/** Rolling up a minute takes about so long after its end. */
const ROLLING_MS = 60_000;
const LONGEST_GRACE_MS = HOUR_MS;

const floorTo = (at: number, width: number): number => Math.floor(at / width) * width;

/**
 * Until when the past is settled: how long a verdict stood is known when the next round closes.
 * Of monitors with long intervals the end is unknown rather than left out.
 */
function settledUntil({ definition }: Pick<StoredMonitor, 'definition'>, nowMs: number) {
  const grace = Math.min(2 * definition.intervalMs, LONGEST_GRACE_MS) + ROLLING_MS;
  return floorTo(nowMs - grace, WIDTH_MS.minute);
}

/** Throws `input.invalid` for a time that is none, is empty, or has too many buckets. */
export async function historyOf(
  database: Database,
  monitor: StoredMonitor,
  query: HistoryQuery & { readonly fromMs: number | null; readonly toMs: number | null },
  nowMs: number,
): Promise<History> {
  const { id } = monitor.definition;
  const askedMs = query.toMs ?? nowMs;
  const startMs = query.fromMs ?? askedMs - DEFAULT_SPAN_MS;
  if (!(startMs < askedMs)) throw refused('/from', 'from must be before to');
  const step = query.step ?? 'auto';
  const chosen = step === 'auto' ? stepFor(askedMs - startMs) : step;
  const level = LEVELS[chosen];
  const width = WIDTH_MS[level];
  const fromMs = floorTo(startMs, width);
  const toMs = Math.max(fromMs, Math.min(askedMs, settledUntil(monitor, nowMs)));
  if ((toMs - fromMs) / width > MOST_BUCKETS) {
    throw refused('/step', `this step makes more than ${MOST_BUCKETS} buckets`);
  }
  const rows = await readRows(database, { monitor: id, level, fromMs, toMs });
  const regions = regionsOf(rows).filter((region) => (query.region ?? region) === region);
  return {
    monitor: id,
    step: chosen,
    from: formatTimestamp(fromMs),
    to: formatTimestamp(toMs),
    regions,
    buckets: bucketsOf(rows, regions, width, { fromMs, toMs, bornMs: monitor.createdAt.getTime() }),
  };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  /** Before the monitor was written there is nothing that could be unknown. */
  readonly bornMs: number;
}

function bucketsOf(
  rows: HistoryRows,
  regions: readonly string[],
  width: number,
  { fromMs, toMs, bornMs }: Span,
): History['buckets'] {
  const bucketOf = ({ at }: { readonly at: Date }) => floorTo(at.getTime(), width);
  const verdicts = grouped(rows.verdicts, bucketOf);
  const results = grouped(rows.regions, bucketOf);
  const buckets: History['buckets'] = [];
  for (let at = fromMs; at < toMs; at += width) {
    const here = { verdicts: verdicts.get(at) ?? [], regions: results.get(at) ?? [] };
    const byRegion = grouped(here.regions, ({ region }) => region);
    buckets.push({
      at: formatTimestamp(at),
      quorum: quorumHistory(here, Math.min(at + width, toMs) - Math.max(at, bornMs)),
      regions: Object.fromEntries(
        regions.map((region) => [region, regionHistory(byRegion.get(region) ?? [])]),
      ),
    });
  }
  return buckets;
}

const WINDOWS: Readonly<Record<UptimeWindow, { spanMs: number; level: Level }>> = {
  '1h': { spanMs: HOUR_MS, level: 'minute' },
  '24h': { spanMs: 24 * HOUR_MS, level: 'hour' },
  '7d': { spanMs: 7 * DAY_MS, level: 'hour' },
  '30d': { spanMs: 30 * DAY_MS, level: 'day' },
  '90d': { spanMs: 90 * DAY_MS, level: 'day' },
};

/** A window begins at a whole minute, hour or day of UTC, so it is that much longer at most. */
export async function uptimeOf(
  database: Database,
  monitor: StoredMonitor,
  window: UptimeWindow,
  nowMs: number,
): Promise<Uptime> {
  const { spanMs, level } = WINDOWS[window];
  const { id } = monitor.definition;
  const toMs = settledUntil(monitor, nowMs);
  const fromMs = floorTo(toMs - spanMs, WIDTH_MS[level]);
  const rows = await readRows(database, { monitor: id, level, fromMs, toMs });
  const byRegion = grouped(rows.regions, ({ region }) => region);
  return {
    monitor: id,
    window,
    from: formatTimestamp(fromMs),
    to: formatTimestamp(toMs),
    quorum: quorumHistory(rows, toMs - Math.max(fromMs, monitor.createdAt.getTime())),
    regions: Object.fromEntries(
      regionsOf(rows).flatMap((region) => {
        const history = regionHistory(byRegion.get(region) ?? []);
        return history === null ? [] : [[region, history]];
      }),
    ),
  };
}

function stepFor(spanMs: number): History['step'] {
  if (spanMs / WIDTH_MS.minute <= ENOUGH_BUCKETS) return '1m';
  return spanMs / WIDTH_MS.hour <= ENOUGH_BUCKETS ? '1h' : '1d';
}

const regionsOf = ({ regions }: HistoryRows): string[] =>
  [...new Set(regions.map(({ region }) => region))].toSorted();

function refused(where: string, message: string): TrustMonitorError {
  return new TrustMonitorError('input.invalid', message, {
    where,
    hint: `Ask for a shorter time or a wider step; at most ${MOST_BUCKETS} buckets are given.`,
  });
}
