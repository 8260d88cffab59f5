/** Regions and agents: enrolled by the key ring, alive by their heartbeats. */
import {
  AgentResource,
  PageOf,
  RegionResource,
  Slug,
  Strict,
  TrustMonitorError,
  formatTimestamp,
  isPush,
  type RingKey,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { AGREEING, probationMs, type RegionRecord } from '../quarantine/plan.ts';
import { placeNamed } from '../regions/places.ts';
import { selectRegionLocations, type Coordinates } from '../store/region-locations.ts';
import { selectDrains, type Drain, type Drains } from '../store/drains.ts';
import { selectQuarantine } from '../store/quarantine.ts';
import { selectTrust, type StoredTrust } from '../store/trust.ts';
import {
  abstentionOf,
  agreementOf,
  doubtfulMonitors,
  unknownScore,
  type TrustScore,
} from '../trust/score.ts';
import type { Queryable } from '../store/database.ts';
import type { ApiContext } from './context.ts';
import { drainRoutes, showDrain } from './drains.ts';
import { regionLocationRoutes } from './region-location.ts';

const tags = ['network'];
const READ = { scope: 'agents:read' as const };

export function networkRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database } = context;
  regionLocationRoutes(instance, context);
  drainRoutes(instance, context);
  app.get(
    '/v1/agents',
    {
      config: READ,
      schema: { summary: 'Agents', tags, response: { 200: PageOf(AgentResource) } },
    },
    async () => ({
      data: agentsOf(context, await selectStanding(database)),
      nextCursor: null,
    }),
  );
  app.get(
    '/v1/agents/:agent',
    {
      config: READ,
      schema: {
        summary: 'An agent',
        tags,
        params: Strict({ agent: Slug }),
        response: { 200: AgentResource },
      },
    },
    async ({ params: { agent } }) => {
      const agents = agentsOf(context, await selectStanding(database));
      return found('agent', agent, (name) => agents.find((one) => one.agent === name));
    },
  );
  app.get(
    '/v1/regions',
    {
      config: READ,
      schema: { summary: 'Regions', tags, response: { 200: PageOf(RegionResource) } },
    },
    async () => ({
      data: regionsOf(context, await selectStanding(database)),
      nextCursor: null,
    }),
  );
  app.get(
    '/v1/regions/:region',
    {
      config: READ,
      schema: {
        summary: 'A region',
        tags,
        params: Strict({ region: Slug }),
        response: { 200: RegionResource },
      },
    },
    async ({ params: { region } }) => {
      const regions = regionsOf(context, await selectStanding(database));
      return found('region', region, (name) => regions.find((one) => one.region === name));
    },
  );
}

function found<T>(kind: string, name: string, find: (name: string) => T | undefined): T {
  const one = find(name);
  if (one === undefined) throw new TrustMonitorError('not_found', `there is no ${kind} ${name}`);
  return one;
}

/** What is known of agents' votes, by their names, and of regions and agents that are not asked. */
export interface Standing {
  readonly trust: ReadonlyMap<string, StoredTrust>;
  readonly quarantine: ReadonlyMap<string, RegionRecord>;
  readonly drains: Drains;
  /** Where operators have said that regions are. */
  readonly locations: ReadonlyMap<string, Coordinates>;
}

async function selectStanding(db: Queryable): Promise<Standing> {
  return {
    trust: await selectTrust(db),
    quarantine: await selectQuarantine(db),
    drains: await selectDrains(db),
    locations: await selectRegionLocations(db),
  };
}

export function agentsOf({ keyRings, roster }: ApiContext, standing: Standing): AgentResource[] {
  // The coordinator's own vote key is no agent's: nothing would ever be heard of one.
  const keys = keyRings.ring.standingKeysOf('agent-vote').filter((key) => !isPush(key));
  // An agent may have more than one key.
  const newest = new Map(keys.map((key) => [key.agent, key]));
  return [...newest.values()].flatMap((key) => showAgent(key, roster, standing));
}

function showAgent(
  key: RingKey,
  roster: ApiContext['roster'],
  { trust, quarantine, drains }: Standing,
): AgentResource[] {
  const { agent, region, group } = key;
  if (agent === null || region === null || group === null) return [];
  const status = roster.status(agent);
  return [
    {
      agent,
      region,
      group,
      state: status === undefined ? 'never_seen' : roster.isAlive(agent) ? 'alive' : 'lost',
      version: status?.version ?? null,
      lastSeenAt: status === undefined ? null : formatTimestamp(status.lastSeenAtMs),
      skewMs: status?.skewMs ?? null,
      spooledBatches: status?.spooledBatches ?? null,
      ...showTrust(trust.get(agent)?.score ?? unknownScore(0)),
      quarantined: (quarantine.get(region)?.sinceMs ?? null) !== null,
      drain: showAgentDrain(drains.agent.get(agent), roster.isIdle(agent)),
      regionDrained: drains.region.has(region),
    },
  ];
}

function showAgentDrain(drain: Drain | undefined, confirmed: boolean): AgentResource['drain'] {
  return drain === undefined ? null : { ...showDrain(drain), confirmed };
}

type TrustFields =
  'agreement' | 'abstention' | 'refused' | 'forged' | 'replayed' | 'flagged' | 'flaggedAt';

function showTrust(score: TrustScore): Pick<AgentResource, TrustFields | 'doubtfulMonitors'> {
  const { totals, flaggedAtMs } = score;
  const flagged = flaggedAtMs !== null;
  return {
    agreement: agreementOf(score),
    abstention: abstentionOf(score),
    ...totals,
    flagged,
    flaggedAt: flagged ? formatTimestamp(flaggedAtMs) : null,
    doubtfulMonitors: flagged ? doubtfulMonitors(score) : [],
  };
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function regionsOf(context: ApiContext, standing: Standing): RegionResource[] {
  const agents = agentsOf(context, standing);
  const regions = context.keyRings.members.filter((member) => !isPush(member));
  return regions.map(({ region, group }) => {
    const here = agents.filter((agent) => agent.region === region);
    const alive = here.filter(({ state }) => state === 'alive').length;
    const flagged = here.filter((agent) => agent.flagged).length;
    const agreement = mean(here.flatMap((agent) => agent.agreement ?? []));
    const quarantine = showQuarantine(standing.quarantine.get(region));
    const location = showLocation(region, standing);
    const drained = standing.drains.region.get(region);
    const drain = drained === undefined ? null : showDrain(drained);
    return {
      ...{ region, group, agents: here.length, alive, flagged, agreement },
      ...{ quarantine, drain, location },
    };
  });
}

function showLocation(region: string, { locations }: Standing): RegionResource['location'] {
  const told = locations.get(region);
  if (told !== undefined) return { ...told, source: 'set' };
  const named = placeNamed(region);
  return named === null ? null : { ...named, source: 'name' };
}

function showQuarantine(record: RegionRecord | undefined): RegionResource['quarantine'] {
  if (record === undefined || record.sinceMs === null) return null;
  const { reason, sinceMs, agreeing, offence } = record;
  return {
    reason,
    since: formatTimestamp(sinceMs),
    agreeing,
    needed: AGREEING,
    probationMs: probationMs(record),
    offence,
  };
}
