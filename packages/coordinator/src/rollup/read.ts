/**
 * The rows that a stretch of time is read from: of the level that was asked for, and, where a
 * bucket of it is due, of the level below. The hour that runs is always due, so it is read from
 * minutes, and a day that runs from hours and minutes.
 */
import type { Database } from '../store/database.ts';
import {
  selectDue,
  selectRegionRows,
  selectVerdictRows,
  type Level,
  type RegionRow,
  type Stretches,
  type VerdictRow,
} from '../store/history.ts';

export const WIDTH_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

export interface Stretch {
  readonly monitor: string;
  readonly level: Level;
  /** Aligned to the level. */
  readonly fromMs: number;
  /** Aligned to the minute: what comes after is not known yet. */
  readonly toMs: number;
}

export interface HistoryRows {
  readonly regions: readonly RegionRow[];
  readonly verdicts: readonly VerdictRow[];
}

export async function readRows(database: Database, stretch: Stretch): Promise<HistoryRows> {
  const sources = await sourcesOf(database, stretch);
  const [regions, verdicts] = await Promise.all([
    Promise.all(sources.map((source) => selectRegionRows(database, source))),
    Promise.all(sources.map((source) => selectVerdictRows(database, source))),
  ]);
  return { regions: regions.flat(), verdicts: verdicts.flat() };
}

async function sourcesOf(
  database: Database,
  { monitor, level, fromMs, toMs }: Stretch,
): Promise<Stretches[]> {
  const whole = [{ fromMs, toMs }];
  if (level === 'minute') return [{ level, monitor, stretches: whole, except: [] }];
  const due = await selectDue(database, monitor, fromMs, toMs);
  const hours = due.flatMap((bucket) => (bucket.level === 'hour' ? [bucket.at] : []));
  const days = due.flatMap((bucket) => (bucket.level === 'day' ? [bucket.at] : []));
  const spanOf = (width: number) => (at: Date) => ({
    fromMs: at.getTime(),
    toMs: Math.min(at.getTime() + width, toMs),
  });
  const inDueDay = (at: Date) =>
    days.some((day) => at >= day && at.getTime() < day.getTime() + WIDTH_MS.day);
  const fromMinutes = level === 'hour' ? hours : hours.filter(inDueDay);
  return [
    ...(level === 'day' ? [{ level, monitor, stretches: whole, except: days }] : []),
    {
      level: 'hour',
      monitor,
      stretches: level === 'hour' ? whole : days.map(spanOf(WIDTH_MS.day)),
      except: hours,
    },
    { level: 'minute', monitor, stretches: fromMinutes.map(spanOf(WIDTH_MS.hour)), except: [] },
  ];
}
