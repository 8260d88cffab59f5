/** Regions and agents: enrolled by the key ring, alive by their heartbeats. */
import {
  AgentResource,
  PageOf,
  RegionResource,
  formatTimestamp,
  isPush,
  type RingKey,
} from '@trustmonitor/protocol';
import type { FastifyInstance } from 'fastify';
import type { ApiContext } from './context.ts';

const READ = { scope: 'agents:read' as const };

export function networkRoutes(app: FastifyInstance, context: ApiContext): void {
  app.get(
    '/v1/agents',
    {
      config: READ,
      schema: { summary: 'Agents', tags: ['network'], response: { 200: PageOf(AgentResource) } },
    },
    () => ({ data: agentsOf(context), nextCursor: null }),
  );
  app.get(
    '/v1/regions',
    {
      config: READ,
      schema: { summary: 'Regions', tags: ['network'], response: { 200: PageOf(RegionResource) } },
    },
    () => ({ data: regionsOf(context), nextCursor: null }),
  );
}

export function agentsOf({ keyRings, roster }: ApiContext): AgentResource[] {
  // The coordinator's own vote key is no agent's: nothing would ever be heard of one.
  const keys = keyRings.ring.keysOf('agent-vote').filter((key) => !isPush(key));
  return keys.flatMap((key) => showAgent(key, roster));
}

function showAgent(key: RingKey, roster: ApiContext['roster']): AgentResource[] {
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
    },
  ];
}

export function regionsOf(context: ApiContext): RegionResource[] {
  const agents = agentsOf(context);
  const regions = context.keyRings.members.filter((member) => !isPush(member));
  return regions.map(({ region, group }) => {
    const here = agents.filter((agent) => agent.region === region);
    const alive = here.filter(({ state }) => state === 'alive').length;
    return { region, group, agents: here.length, alive };
  });
}
