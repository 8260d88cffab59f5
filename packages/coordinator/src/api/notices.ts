/** What fails in the monitoring itself, and what did. */
import { NoticeResource, PageOf, PageQuery, Strict } from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { selectNoticePage, type StoredNotice } from '../store/notices.ts';
import type { ApiContext } from './context.ts';
import { UUID7_CURSOR, limitOf, pageOf, readCursor } from './page.ts';

const Query = Strict({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(['open', 'ended'])),
});

export function noticeRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  instance.withTypeProvider<TypeBoxTypeProvider>().get(
    '/v1/notices',
    {
      config: { scope: 'agents:read' },
      schema: {
        summary: 'Parts of the monitoring itself that fail, or did; newest first',
        tags: ['health'],
        querystring: Query,
        response: { 200: PageOf(NoticeResource) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const before = readCursor(query.cursor, UUID7_CURSOR);
      const rows = await selectNoticePage(
        database,
        { state: query.state ?? null, before },
        limit + 1,
      );
      return pageOf(rows, limit, ({ id }) => id, show);
    },
  );
}

function show({
  id,
  topic,
  subject,
  detail,
  told,
  beganAt,
  endedAt,
}: StoredNotice): NoticeResource {
  return {
    id,
    topic,
    subject: subject === '' ? null : subject,
    detail,
    state: endedAt === null ? 'open' : 'ended',
    told,
    beganAt: beganAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}
