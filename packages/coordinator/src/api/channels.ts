/** Notification channels. */
import { Channel, PageOf, Slug, Strict, TrustMonitorError } from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { insertAudit } from '../store/audit.ts';
import {
  deleteChannel,
  selectChannels,
  selectMonitorsTelling,
  upsertChannel,
} from '../store/channels.ts';
import type { Queryable } from '../store/database.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT } from './page.ts';

const tags = ['channels'];
const Path = Strict({ id: Slug });

export function channelRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/channels',
    { schema: { summary: 'Notification channels', tags, response: { 200: PageOf(Channel) } } },
    async () => ({ data: await selectChannels(database), nextCursor: null }),
  );

  app.put(
    '/v1/channels/:id',
    {
      schema: {
        summary: 'Create or replace a channel',
        tags,
        params: Path,
        body: Channel,
        response: { 200: Channel },
      },
    },
    async ({ params, body, actor }) => {
      if (body.id !== params.id) {
        throw new TrustMonitorError(
          'input.invalid',
          `/id is ${body.id}, the path says ${params.id}`,
          {
            where: '/id',
          },
        );
      }
      await database.transaction(async (tx) => {
        await upsertChannel(tx, body);
        await insertAudit(tx, { actor, action: 'channel.written', subject: body.id });
      });
      return body;
    },
  );

  app.delete(
    '/v1/channels/:id',
    {
      schema: {
        summary: 'Delete a channel',
        tags,
        params: Path,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params, actor }, reply) => {
      await database.transaction(async (tx) => {
        await requireUntold(tx, params.id);
        if (!(await deleteChannel(tx, params.id))) {
          throw new TrustMonitorError('not_found', `there is no channel ${params.id}`);
        }
        await insertAudit(tx, { actor, action: 'channel.deleted', subject: params.id });
      });
      return reply.status(204).send(null);
    },
  );
}

/** A monitor that names a channel which is gone would tell nobody, without a word. */
async function requireUntold(tx: Queryable, id: string): Promise<void> {
  const monitors = await selectMonitorsTelling(tx, id, 5);
  if (monitors.length === 0) return;
  throw new TrustMonitorError('channel.busy', `${monitors.join(', ')} would tell nobody any more`, {
    hint: 'Take the channel out of their alerts first.',
  });
}
