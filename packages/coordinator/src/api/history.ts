/** What was: a monitor's past in buckets, and its uptime over windows. */
import {
  History,
  HistoryQuery,
  MonitorSchedule,
  Slug,
  Strict,
  TrustMonitorError,
  Uptime,
  UptimeWindow,
  formatTimestamp,
  parseTimestamp,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { isOverdue, punctualityOf } from '../punctuality.ts';
import { historyOf, uptimeOf } from '../rollup/history.ts';
import { nextTick } from '../schedule.ts';
import { selectMonitor, type StoredMonitor } from '../store/monitors.ts';
import { selectOpenings } from '../store/rounds.ts';
import type { Queryable } from '../store/database.ts';
import type { ApiContext } from './context.ts';

const READ = { scope: 'monitors:read' as const };
const tags = ['history'];
const HOUR_MS = 3_600_000;
const params = Strict({ id: Slug });

export function historyRoutes(instance: FastifyInstance, { database, clock }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/monitors/:id/history',
    {
      config: READ,
      schema: {
        summary: 'Verdicts, results and latencies in aligned buckets, the last day by default',
        tags,
        params,
        querystring: HistoryQuery,
        response: { 200: History },
      },
    },
    async ({ params, query }) => {
      const times = { fromMs: timeOf(query.from, '/from'), toMs: timeOf(query.to, '/to') };
      return historyOf(database, await monitorOf(params.id), { ...query, ...times }, clock());
    },
  );

  app.get(
    '/v1/monitors/:id/uptime',
    {
      config: READ,
      schema: {
        summary: 'Uptime over a window, with how much of it was measured',
        tags,
        params,
        querystring: Strict({ window: UptimeWindow }),
        response: { 200: Uptime },
      },
    },
    async ({ params, query }) =>
      uptimeOf(database, await monitorOf(params.id), query.window, clock()),
  );

  app.get(
    '/v1/monitors/:id/schedule',
    {
      config: READ,
      schema: {
        summary: 'Whether a monitor is asked when it should be: lateness and missed rounds',
        tags,
        params,
        response: { 200: MonitorSchedule },
      },
    },
    async ({ params }) => scheduleOf(database, await monitorOf(params.id), clock()),
  );

  async function monitorOf(id: string): Promise<StoredMonitor> {
    const monitor = await selectMonitor(database, id);
    if (monitor === null) throw new TrustMonitorError('not_found', `there is no monitor ${id}`);
    return monitor;
  }
}

function timeOf(text: string | undefined, where: string): number | null {
  const at = text === undefined ? null : parseTimestamp(text);
  if (Number.isNaN(at))
    throw new TrustMonitorError('input.invalid', `${text} is no time`, { where });
  return at;
}

async function scheduleOf(
  db: Queryable,
  { definition, revision, lastRoundAt, updatedAt }: StoredMonitor,
  nowMs: number,
): Promise<MonitorSchedule> {
  const { id, intervalMs, enabled } = definition;
  const over = { fromMs: Math.max(nowMs - HOUR_MS, updatedAt.getTime()), toMs: nowMs };
  const openings = await selectOpenings(db, { monitor: id, revision }, over);
  const quietSince = Math.max(lastRoundAt?.getTime() ?? 0, updatedAt.getTime());
  const found = punctualityOf(definition, openings, over);
  return {
    monitor: id,
    intervalMs,
    lastRoundAt: lastRoundAt?.toISOString() ?? null,
    nextTickAt: enabled ? formatTimestamp(nextTick(id, intervalMs, nowMs)) : null,
    overdue: isOverdue(definition, quietSince, nowMs),
    since: formatTimestamp(over.fromMs),
    ...found,
    missed: enabled ? found.missed : 0,
  };
}
