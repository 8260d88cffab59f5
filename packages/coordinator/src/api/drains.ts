/** Regions and agents that operators take out for planned work: see `drains/drain.ts`. */
import {
  DrainInput,
  DrainResource,
  Slug,
  Strict,
  TrustMonitorError,
  formatTimestamp,
  isPush,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { drain, undrain, type Drainable } from '../drains/drain.ts';
import type { Actor } from '../store/audit.ts';
import type { Drain } from '../store/drains.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT } from './page.ts';

const WRITE = { scope: 'agents:write' as const };
const RegionPath = Strict({ region: Slug });
const AgentPath = Strict({ agent: Slug });
const DRAINED = { 200: DrainResource };
const UNDRAINED = { 204: NO_CONTENT };

export function drainRoutes(instance: FastifyInstance, context: ApiContext): void {
  regionRoutes(instance, context);
  agentRoutes(instance, context);
}

function regionRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ['network'];
  const url = '/v1/regions/:region/drain';
  app.put(
    url,
    {
      config: WRITE,
      schema: {
        summary: 'Take a region out of the rounds for planned work',
        description:
          'It stays a member of every round and abstains, so that k stays. Refused where a monitor ' +
          'could not be judged without it, unless it is forced.',
        ...{ tags, params: RegionPath, body: DrainInput, response: DRAINED },
      },
    },
    ({ params, body, actor }) => drainNow(regionOf(params, context), body, actor, context),
  );
  app.delete(
    url,
    {
      config: WRITE,
      schema: {
        summary: 'Put a region into the rounds again, at once',
        ...{ tags, params: RegionPath, response: UNDRAINED },
      },
    },
    async ({ params, actor }, reply) => {
      await undrainNow(regionOf(params, context), actor, context);
      return reply.status(204).send(null);
    },
  );
}

function agentRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ['agents'];
  const url = '/v1/agents/:agent/drain';
  app.put(
    url,
    {
      config: WRITE,
      schema: {
        summary: 'Tell an agent to take no jobs, for planned work',
        description:
          'It hears of it with its next heartbeat, and says so with the one after: `confirmed`. ' +
          'Refused where no other agent of its region is alive, unless it is forced.',
        ...{ tags, params: AgentPath, body: DrainInput, response: DRAINED },
      },
    },
    ({ params, body, actor }) => drainNow(agentOf(params, context), body, actor, context),
  );
  app.delete(
    url,
    {
      config: WRITE,
      schema: {
        summary: 'Tell an agent to take jobs again',
        ...{ tags, params: AgentPath, response: UNDRAINED },
      },
    },
    async ({ params, actor }, reply) => {
      await undrainNow(agentOf(params, context), actor, context);
      return reply.status(204).send(null);
    },
  );
}

async function drainNow(
  what: Drainable,
  input: DrainInput,
  actor: Actor,
  context: ApiContext,
): Promise<DrainResource> {
  const drained = await drain(what, input, actor, context, context.clock());
  // The other coordinators see it within seconds; this one need not wait.
  await context.drains.look();
  return showDrain(drained);
}

async function undrainNow(what: Drainable, actor: Actor, context: ApiContext): Promise<void> {
  await undrain(what, actor, context, context.clock());
  await context.drains.look();
}

function regionOf({ region }: { region: string }, { keyRings }: ApiContext): Drainable {
  if (keyRings.members.some((member) => member.region === region && !isPush(member))) {
    return { kind: 'region', name: region, region };
  }
  throw new TrustMonitorError('not_found', `there is no region ${region}`);
}

function agentOf({ agent }: { agent: string }, { keyRings }: ApiContext): Drainable {
  const keys = keyRings.ring.standingKeysOf('agent-vote').filter((key) => !isPush(key));
  const region = keys.find((key) => key.agent === agent)?.region ?? null;
  if (region !== null) return { kind: 'agent', name: agent, region };
  throw new TrustMonitorError('not_found', `there is no agent ${agent}`);
}

export function showDrain({ sinceMs, by, reason }: Drain): DrainResource {
  return { since: formatTimestamp(sinceMs), by, reason };
}
