/** What the gate judges by: everything that is known of a service at one moment. */
import { interpolatedQuantile } from '@trustmonitor/alerting';
import {
  MAX_GATE_MONITORS,
  SERVICE_LABEL,
  TrustMonitorError,
  formatTimestamp,
  type GateFacts,
  type GateInput,
  type GateLatency,
  type GateMonitor,
} from '@trustmonitor/protocol';
import { boundsOf } from '../rollup/histogram.ts';
import { selectHeldFleets } from '../store/brake.ts';
import type { Queryable } from '../store/database.ts';
import { selectGateView, selectLatencyDelta, type GateViewMonitor } from '../store/gate.ts';
import { objectivesOf, type Fleet } from './objectives.ts';

/** A monitor that was not decided for so many of its intervals is not known any more. */
const STALE_INTERVALS = 3;
const STALE_AFTER_MS = 60_000;

const QUANTILE = 0.99;
/** Of fewer samples the 99th percentile is the slowest one, or near it. */
const ENOUGH_SAMPLES = 10;
/** Of these, probes succeed: whatever else is wrong, they have a latency. */
const ANSWERING: readonly unknown[] = ['up', 'degraded', 'partial'];
const WINDOWS_MS: readonly number[] = [30_000, 120_000, 600_000, 3_600_000];

/** A coordinator says that it holds incidents with each of its turns; a dead one does not. */
const HELD_NOTED_MS = 60_000;

export interface FactsParts {
  readonly database: Queryable;
  /** Whether the network keeps a log. */
  readonly isLogged: boolean;
  readonly fleet: Fleet;
}

export type GateQuestion = Required<Pick<GateInput, 'service' | 'stage'>> & {
  readonly version: string | null;
};

/** Throws `input.too_large` for a service of more monitors than a decision can name. */
export async function collectFacts(
  { service, stage, version }: GateQuestion,
  nowMs: number,
  { database, isLogged, fleet }: FactsParts,
): Promise<GateFacts> {
  const { logSize, monitors } = await selectGateView(
    database,
    SERVICE_LABEL,
    service,
    MAX_GATE_MONITORS + 1,
  );
  if (monitors.length > MAX_GATE_MONITORS) {
    throw new TrustMonitorError(
      'input.too_large',
      `${service} has more than ${MAX_GATE_MONITORS} monitors`,
      { where: '/service', hint: 'Divide it into services of their own.' },
    );
  }
  const watched = monitors.filter(({ enabled }) => enabled);
  const held = await selectHeldFleets(database, new Date(nowMs - HELD_NOTED_MS));
  return {
    ...{ service, stage, version },
    at: formatTimestamp(nowMs),
    logSize: isLogged ? logSize : null,
    monitors: watched.map(factOf),
    disabledMonitors: monitors.filter(({ enabled }) => !enabled).map(({ monitor }) => monitor),
    incidents: monitors.flatMap(({ monitor, incident }) => {
      if (incident === null) return [];
      const { id, kind, openedAt } = incident;
      return [{ incident: id, monitor, kind, openedAt: openedAt.toISOString() }];
    }),
    incidentsHeld: held.length > 0,
    latency: await latencyOf(database, watched),
    ...(await objectivesOf(database, monitors, fleet, nowMs)),
  };
}

function factOf({ monitor, verdict, decidedMsAgo, intervalMs }: GateViewMonitor): GateMonitor {
  return {
    monitor,
    verdict,
    decidedMsAgo: decidedMsAgo === null ? null : Math.max(0, Math.round(decidedMsAgo)),
    staleAfterMs: Math.max(STALE_AFTER_MS, STALE_INTERVALS * intervalMs),
  };
}

/**
 * Over the shortest window that has enough samples, and one at least of each monitor that answers: the
 * slowest may be the one that is asked most seldom. The last one is long enough for each monitor to have
 * been asked twice; what it has is all there is. Null where no monitor is probed: a job that
 * reports in has no latency.
 */
async function latencyOf(
  db: Queryable,
  watched: readonly GateViewMonitor[],
): Promise<GateLatency | null> {
  const probed = watched.filter(({ kind }) => kind !== 'heartbeat');
  if (probed.length === 0) return null;
  const ids = probed.map(({ monitor }) => monitor);
  const answering = probed.filter(({ verdict }) => ANSWERING.includes(verdict));
  const slowestMs = 2 * Math.max(...probed.map(({ intervalMs }) => intervalMs));
  const longest = WINDOWS_MS.at(-1) ?? 0;
  const windows = slowestMs > longest ? [...WINDOWS_MS, slowestMs] : WINDOWS_MS;
  let latency: GateLatency | null = null;
  for (const windowMs of windows) {
    const { counts: delta, monitors } = await selectLatencyDelta(db, ids, windowMs);
    const buckets = delta.map(({ bucket, count }) => ({ ...boundsOf(bucket), count }));
    const p99Us = interpolatedQuantile(buckets, QUANTILE);
    const samples = delta.reduce((sum, { count }) => sum + count, 0);
    latency = {
      p99Us: p99Us === null ? null : Math.round(p99Us),
      ...{ samples, windowMs, widened: windowMs !== windows[0] },
    };
    const isWhole = answering.every(({ monitor }) => monitors.has(monitor));
    if (samples >= ENOUGH_SAMPLES && isWhole) break;
  }
  return latency;
}
