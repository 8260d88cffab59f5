/** What spent an objective's budget of availability: its incidents, and what was never confirmed. */
import { spendingOf, type BadSlice, type Grid } from '@trustmonitor/alerting';
import { formatTimestamp, type SloDetail } from '@trustmonitor/protocol';
import { firstKeptMs, type Retention } from '../retention.ts';
import type { Queryable } from '../store/database.ts';
import { selectBadSlices } from '../store/slo-sums.ts';
import { selectBudgetIncidents } from '../store/slos.ts';
import { excludedTimes } from '../uptime/excluded-times.ts';
import { badVerdictsOf, settledMs } from './measurement.ts';
import type { Objective } from './objectives.ts';

/** Far more than a budget lasts for. */
const MAX_INCIDENTS = 1_000;
const MAX_SHOWN = 200;

export interface SpendingOptions {
  readonly nowMs: number;
  /** Where the window was read from, in milliseconds. */
  readonly fromMs: number;
  /** The whole budget. */
  readonly totalMs: number;
  readonly retention: Pick<Retention, 'minuteDays' | 'hourDays'>;
}

/** By the minute for as long as minutes are kept, then by the hour, then by the day. */
export async function budgetSpending(
  db: Queryable,
  { members, level }: Objective,
  { nowMs, fromMs, totalMs, retention }: SpendingOptions,
): Promise<SloDetail['spending']> {
  const monitors = members.map(({ id }) => id);
  const toMs = settledMs(nowMs);
  const grid: Grid = {
    toMs,
    minutesFromMs: Math.max(fromMs, firstKeptMs(nowMs, retention.minuteDays)),
    hoursFromMs: Math.max(fromMs, firstKeptMs(nowMs, retention.hourDays)),
    startsMs: [fromMs],
  };
  const excluded = await excludedTimes(db, monitors, { fromMs, toMs });
  const slices = await selectBadSlices(db, monitors, badVerdictsOf(level), { grid, excluded });
  const window = [new Date(fromMs), new Date(toMs)] as const;
  const incidents = await selectBudgetIncidents(db, monitors, window, MAX_INCIDENTS);
  const { byIncident, besideMs } = spendingOf(
    slices.map(({ at, ...slice }): BadSlice => {
      const sliceFromMs = at.getTime();
      return { ...slice, fromMs: sliceFromMs, toMs: sliceFromMs + slice.widthMs };
    }),
    incidents.map(({ incident: id, monitor, from, resolvedAt }) => ({
      ...{ id, monitor, fromMs: from.getTime(), toMs: resolvedAt?.getTime() ?? Infinity },
    })),
  );
  const shown = incidents.flatMap(({ from, resolvedAt, ...incident }) => {
    const spentMs = byIncident.get(incident.incident) ?? 0;
    if (spentMs === 0) return [];
    return {
      ...incident,
      from: formatTimestamp(from.getTime()),
      resolvedAt: resolvedAt === null ? null : formatTimestamp(resolvedAt.getTime()),
      spentMs,
      spentRatio: totalMs === 0 ? 0 : spentMs / totalMs,
    };
  });
  return { incidents: shown.slice(0, MAX_SHOWN), besideMs };
}
