/** Notification channels. */
import {
  Channel,
  ChannelInput,
  PageOf,
  PageQuery,
  Slug,
  Strict,
  TrustMonitorError,
  channelsOf,
  covers,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { digestOfChannel, writeChannel } from '../channels.ts';
import { lock, lockById } from '../store/advisory-locks.ts';
import { selectRouting } from '../store/alerts.ts';
import { insertAudit } from '../store/audit.ts';
import {
  deleteChannel,
  selectChannel,
  selectChannelPage,
  selectMonitorsTelling,
  type StoredChannel,
} from '../store/channels.ts';
import type { Queryable } from '../store/database.ts';
import type { StoredToken } from '../store/tokens.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT, SLUG_CURSOR, limitOf, pageOf, readCursor } from './page.ts';
import { PreconditionHeaders, requireUnchanged } from './preconditions.ts';

const tags = ['channels'];
const READ = { scope: 'channels:read' as const };
const WRITE = { scope: 'channels:write' as const };
const Path = Strict({ id: Slug });

export function channelRoutes(app: FastifyInstance, context: ApiContext): void {
  readRoutes(app, context);
  writeRoutes(app, context);
  deleteRoute(app, context);
}

function readRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/channels',
    {
      config: READ,
      schema: {
        summary: 'Notification channels, by id',
        tags,
        querystring: PageQuery,
        response: { 200: PageOf(Channel) },
      },
    },
    async ({ query, token }) => {
      const limit = limitOf(query);
      const after = readCursor(query.cursor, SLUG_CURSOR) ?? '';
      const rows = await selectChannelPage(database, after, limit + 1);
      return pageOf(
        rows,
        limit,
        ({ id }) => id,
        (channel) => shown(channel, token),
      );
    },
  );

  app.get(
    '/v1/channels/:id',
    {
      config: READ,
      schema: { summary: 'A channel', tags, params: Path, response: { 200: Channel } },
    },
    async ({ params, token }, reply) => {
      const channel = await requireChannel(database, params.id);
      return sendChannel(reply, channel, shown(channel.definition, token));
    },
  );
}

function writeRoutes(instance: FastifyInstance, { database, secretBox }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/v1/channels',
    {
      config: WRITE,
      schema: { summary: 'Create a channel', tags, body: ChannelInput, response: { 201: Channel } },
    },
    async ({ body, actor }, reply) => {
      const written = await database.transaction(async (tx) => {
        await lockById(tx, 'channel', body.id);
        if ((await selectChannel(tx, body.id)) !== null) {
          throw new TrustMonitorError('channel.exists', `there is a channel ${body.id} already`, {
            where: '/id',
          });
        }
        return writeChannel(tx, body, null, secretBox, actor);
      });
      reply.status(201).header('location', `/v1/channels/${body.id}`);
      return sendChannel(reply, written);
    },
  );

  app.put(
    '/v1/channels/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Create or replace a channel',
        tags,
        params: Path,
        headers: PreconditionHeaders,
        body: ChannelInput,
        response: { 200: Channel },
      },
    },
    async ({ params: { id }, body, actor, headers }, reply) => {
      if (body.id !== id) {
        throw new TrustMonitorError('input.invalid', `/id is ${body.id}, the path says ${id}`, {
          where: '/id',
        });
      }
      const written = await database.transaction(async (tx) => {
        await lockById(tx, 'channel', id);
        const stored = await selectChannel(tx, id);
        requireUnchanged(headers, stored && etagOf(stored), id);
        return writeChannel(tx, body, stored, secretBox, actor);
      });
      return sendChannel(reply, written);
    },
  );
}

function deleteRoute(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.delete(
    '/v1/channels/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Delete a channel',
        tags,
        params: Path,
        headers: PreconditionHeaders,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params: { id }, actor, headers }, reply) => {
      await database.transaction(async (tx) => {
        // Nobody comes to name it before it is gone.
        await lock(tx, 'telling');
        await lockById(tx, 'channel', id);
        const stored = await requireChannel(tx, id);
        requireUnchanged(headers, etagOf(stored), id);
        await requireUntold(tx, id);
        await deleteChannel(tx, id);
        const before = digestOfChannel(stored);
        await insertAudit(tx, { actor, action: 'channel.deleted', subject: id, before });
      });
      return reply.status(204).send(null);
    },
  );
}

export async function requireChannel(db: Queryable, id: string): Promise<StoredChannel> {
  const stored = await selectChannel(db, id);
  if (stored === null) throw new TrustMonitorError('not_found', `there is no channel ${id}`);
  return stored;
}

const etagOf = (channel: StoredChannel): string => `"${digestOfChannel(channel).slice(0, 32)}"`;

function sendChannel(
  reply: FastifyReply,
  channel: StoredChannel,
  as: Channel = channel.definition,
): Channel {
  reply.header('etag', etagOf(channel));
  return as;
}

/**
 * What stands behind the host of a webhook is its secret: whoever has it can speak in our name. Only
 * a token that may change channels is shown it. Other kinds show references to their secrets.
 */
function shown(channel: Channel, token: StoredToken | null): Channel {
  if (channel.type !== 'webhook') return channel;
  if (token !== null && covers(token.scopes, 'channels:write')) return channel;
  return { ...channel, url: `${new URL(channel.url).origin}/...` };
}

/** A monitor that names a channel which is gone would tell nobody, without a word. */
async function requireUntold(tx: Queryable, id: string): Promise<void> {
  const routing = channelsOf((await selectRouting(tx)) ?? {});
  if (routing.some(({ channel }) => channel === id)) {
    throw new TrustMonitorError('channel.busy', `the routing names ${id}`, {
      hint: 'Take the channel out of it first: PUT /v1/routing.',
    });
  }
  const monitors = await selectMonitorsTelling(tx, id, 5);
  if (monitors.length === 0) return;
  throw new TrustMonitorError('channel.busy', `${monitors.join(', ')} would tell nobody any more`, {
    hint: 'Take the channel out of their alerts first.',
  });
}
