/** Rollups -> what is usual for a monitor, now and at this hour of the day. */
import {
  estimateOfHour,
  restoredLatency,
  type HourlyEstimate,
  type LatencyState,
  type OpenAnomaly,
  type StoredLatency,
} from '@trustmonitor/alerting';
import { anomalyPolicyOf, type Monitor } from '@trustmonitor/protocol';
import { countOf, quantile } from '../rollup/histogram.ts';
import { grouped } from '../rollup/summary.ts';
import type { StoredAnomaly } from '../store/anomalies.ts';
import { selectHourLatencies, selectMinuteLatencies, type LatencyRow } from '../store/baselines.ts';
import type { Queryable } from '../store/database.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Days that an hour of the day is made of. */
const DAYS = 14;
/** As far back as the window of a baseline may reach. */
const SHORTEST_PAST_MS = 30 * MINUTE_MS;
const LONGEST_PAST_MS = 360 * MINUTE_MS;
/** A region that answers so often has a full window in the shortest past. */
const ANSWERS = 15;

/** What is to be learnt of one monitor. `sinceMs`: when it got the check that it has. */
export interface Learner {
  readonly definition: Monitor;
  readonly sinceMs: number;
  readonly open: StoredAnomaly | null;
}

/** By monitor. Those without a past are in it too. */
export async function loadLatencies(
  db: Queryable,
  learners: readonly Learner[],
  regions: number,
  nowMs: number,
): Promise<Map<string, LatencyState>> {
  const rows = await selectMinuteLatencies(
    db,
    new Map(
      learners.map(({ definition, sinceMs }) => [
        definition.id,
        Math.max(sinceMs, nowMs - pastOf(definition, regions)),
      ]),
    ),
  );
  const byMonitor = grouped(rows, ({ monitor }) => monitor);
  return new Map(
    learners.map(({ definition, open }) => {
      const stored = (byMonitor.get(definition.id) ?? []).flatMap(latencyOf);
      const rules = anomalyPolicyOf(definition);
      return [definition.id, restoredLatency(stored, rules, open && openOf(open))];
    }),
  );
}

/** The same hours of earlier days, by monitor and region. */
export async function loadHours(
  db: Queryable,
  since: ReadonlyMap<string, number>,
  hours: readonly number[],
): Promise<Map<string, Map<string, HourlyEstimate[]>>> {
  const times = hours.flatMap((hour) =>
    Array.from({ length: DAYS }, (_, i) => new Date(hour * HOUR_MS - (i + 1) * DAY_MS)),
  );
  const rows = await selectHourLatencies(db, since, times);
  return new Map(
    [...grouped(rows, ({ monitor }) => monitor)].map(([monitor, ofMonitor]) => [
      monitor,
      new Map(
        [...grouped(ofMonitor, ({ region }) => region)].map(([region, ofRegion]) => [
          region,
          hours.flatMap((hour) => hourOf(ofRegion, hour)),
        ]),
      ),
    ]),
  );
}

function hourOf(rows: readonly LatencyRow[], hour: number): HourlyEstimate[] {
  const days = rows
    .filter(({ at }) => (at.getTime() / HOUR_MS) % 24 === hour % 24)
    .map((row) => {
      const at = (q: number): number => quantile(row, q) ?? 0;
      const samples = countOf(row);
      const [medianUs, p84Us, p95Us] = [at(0.5), at(0.84), at(0.95)];
      return { medianUs, p84Us, p95Us, meanUs: row.totalUs / samples, samples };
    });
  const estimate = estimateOfHour(days);
  return estimate === null ? [] : [{ hour, estimate }];
}

/** Where regions answer seldom, a window's worth of answers; at least half an hour. */
function pastOf({ mode, intervalMs }: Monitor, regions: number): number {
  const gapMs = intervalMs * (mode === 'rotate' ? Math.max(1, regions) : 1);
  return Math.min(LONGEST_PAST_MS, Math.max(SHORTEST_PAST_MS, ANSWERS * gapMs));
}

/** The golden ratio's multiples spread evenly, so that minutes show their whole distribution. */
const SPREADING = 0.618_033_988_75;

/** One value of the minute, as a baseline has one; each minute is asked for another quantile. */
function latencyOf(row: LatencyRow): StoredLatency[] {
  const atMs = row.at.getTime();
  const share = ((atMs / MINUTE_MS) * SPREADING) % 1;
  const latencyUs = quantile(row, Math.max(share, Number.EPSILON));
  return latencyUs === null ? [] : [{ atMs, region: row.region, latencyUs }];
}

function openOf({ beganAtMs, regions }: StoredAnomaly): OpenAnomaly {
  const known = Object.entries(regions).flatMap(([region, estimate]) =>
    estimate === null ? [] : [[region, estimate] as const],
  );
  return { beganAtMs, usual: new Map(known) };
}
