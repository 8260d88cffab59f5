/** The whole network in one answer. */
import { StatusResource, formatTimestamp } from '@trustmonitor/protocol';
import type { FastifyInstance } from 'fastify';
import { countFlapping } from '../store/alerts.ts';
import { countInMaintenance } from '../maintenance/running.ts';
import { countOpenIncidents } from '../store/incidents.ts';
import { selectDrains } from '../store/drains.ts';
import { selectQuarantine } from '../store/quarantine.ts';
import { countByVerdict } from '../store/monitors.ts';
import type { ApiContext } from './context.ts';
import { healthOf } from './health.ts';
import { agentsOf, regionsOf } from './network.ts';

export function statusRoutes(app: FastifyInstance, context: ApiContext): void {
  app.get(
    '/v1/status',
    {
      config: { scope: 'monitors:read' },
      schema: {
        summary: 'The whole network at a glance',
        tags: ['health'],
        response: { 200: StatusResource },
      },
    },
    () => statusOf(context),
  );
}

async function statusOf(context: ApiContext): Promise<StatusResource> {
  const { database, keyRings, clock } = context;
  const quarantine = await selectQuarantine(database);
  const drains = await selectDrains(database);
  const standing = { trust: new Map(), quarantine, drains, locations: new Map() };
  const agents = agentsOf(context, standing);
  const regions = regionsOf(context, standing);
  const { ring } = keyRings;
  return {
    network: ring.network,
    at: formatTimestamp(clock()),
    health: await healthOf(context),
    monitors: {
      ...summed(await countByVerdict(database)),
      flapping: await countFlapping(database),
      inMaintenance: await countInMaintenance(database, clock()),
    },
    openIncidents: await countOpenIncidents(database),
    regions: {
      total: regions.length,
      alive: regions.filter(({ alive }) => alive > 0).length,
      quarantined: regions.filter((region) => region.quarantine !== null).length,
      drained: regions.filter(({ drain }) => drain !== null).length,
    },
    agents: {
      total: agents.length,
      alive: agents.filter(({ state }) => state === 'alive').length,
      lost: agents.filter(({ state }) => state === 'lost').length,
    },
    keyring: { version: ring.version, expiresAt: ring.ring.expires },
  };
}

function summed(
  rows: Awaited<ReturnType<typeof countByVerdict>>,
): Omit<StatusResource['monitors'], 'flapping' | 'inMaintenance'> {
  const sum = (test: (row: (typeof rows)[number]) => boolean): number =>
    rows.filter(test).reduce((total, { count }) => total + count, 0);
  const judged = (verdict: string | null): number =>
    sum((row) => row.enabled && row.verdict === verdict);
  return {
    total: sum(() => true),
    paused: sum(({ enabled }) => !enabled),
    up: judged('up'),
    degraded: judged('degraded'),
    partial: judged('partial'),
    down: judged('down'),
    unknown: judged('unknown'),
    pending: judged(null),
    anomalous: rows
      .filter(({ enabled, verdict }) => enabled && verdict === 'up')
      .reduce((total, { anomalous }) => total + anomalous, 0),
  };
}
