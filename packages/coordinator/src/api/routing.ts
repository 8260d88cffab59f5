/** The tree that says who is told of which alert. */
import {
  Routing,
  RoutingInput,
  TrustMonitorError,
  channelsOf,
  completeRouting,
  type FieldError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { digestOfState } from '../state-digest.ts';
import { lock } from '../store/advisory-locks.ts';
import { selectRouting, upsertRouting } from '../store/alerts.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import { selectChannels } from '../store/channels.ts';
import type { Queryable } from '../store/database.ts';
import type { ApiContext } from './context.ts';
import { PreconditionHeaders, requireUnchanged } from './preconditions.ts';

const tags = ['routing'];

export function routingRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/routing',
    {
      config: { scope: 'channels:read' },
      schema: {
        summary: 'Who is told of which alert; empty: every channel of all',
        tags,
        response: { 200: Routing },
      },
    },
    async (_request, reply) => sendRouting(reply, (await selectRouting(database)) ?? {}),
  );

  app.put(
    '/v1/routing',
    {
      config: { scope: 'channels:write' },
      schema: {
        summary: 'Say anew who is told of which alert',
        tags,
        headers: PreconditionHeaders,
        body: RoutingInput,
        response: { 200: Routing },
      },
    },
    async ({ body, actor, headers }, reply) => {
      const routing = completeRouting(body);
      await database.transaction(async (tx) => {
        await lock(tx, 'telling');
        requireUnchanged(headers, etagOf((await selectRouting(tx)) ?? {}), 'the routing');
        requireNamedChannels(body, await selectChannels(tx), '');
        await writeRouting(tx, routing, actor);
      });
      return sendRouting(reply, routing);
    },
  );
}

/** Writes the tree, unless it is there already. */
export async function writeRouting(tx: Queryable, routing: Routing, actor: Actor): Promise<void> {
  const stored = await selectRouting(tx);
  const [before, after] = [digestOfState(stored ?? {}), digestOfState(routing)];
  if (stored !== null && before === after) return;
  await upsertRouting(tx, routing);
  const entry = { actor, action: 'routing.updated', subject: 'routing' };
  await insertAudit(tx, { ...entry, before: stored === null ? null : before, after });
}

/** An alert to nobody is worse than none. `at`: pointer of the tree. */
export function requireNamedChannels(
  input: RoutingInput,
  channels: readonly { readonly id: string }[],
  at: string,
): void {
  const fields = channelsOf(input, at)
    .filter(({ channel }) => !channels.some(({ id }) => id === channel))
    .map(({ channel, pointer }): FieldError => {
      return { pointer, detail: `there is no channel ${channel}` };
    });
  const [first] = fields;
  if (first === undefined) return;
  throw new TrustMonitorError('input.invalid', first.detail, {
    ...{ fields, where: first.pointer },
    hint: 'Create it first: PUT /v1/channels/ID, or `notifications` of the same file.',
  });
}

function sendRouting(reply: FastifyReply, routing: Routing): Routing {
  reply.header('etag', etagOf(routing));
  return routing;
}

const etagOf = (routing: Routing): string => `"${digestOfState(routing).slice(0, 32)}"`;
