/** What a monitor was: every edit is a revision that stays. */
import {
  MonitorRevisionResource,
  PageOf,
  PageQuery,
  Slug,
  Strict,
  TrustMonitorError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { selectRevisionPage } from '../store/revisions.ts';
import type { ApiContext } from './context.ts';
import { limitOf, pageOf, readCursor } from './page.ts';
import { showRevision } from './show-monitor.ts';

const tags = ['monitors'];
const config = { scope: 'monitors:read' as const };
const REVISION_CURSOR = /^[1-9]\d{0,8}$/;

export function revisionRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/monitors/:id/revisions',
    {
      config,
      schema: {
        summary: 'Revisions of a monitor, newest first; also of one that was deleted',
        tags,
        params: Strict({ id: Slug }),
        querystring: PageQuery,
        response: { 200: PageOf(MonitorRevisionResource) },
      },
    },
    async ({ params, query }) => {
      const limit = limitOf(query);
      const before = readCursor(query.cursor, REVISION_CURSOR);
      const from = before === null ? null : Number(before);
      const rows = await selectRevisionPage(database, params.id, from, limit + 1);
      if (rows.length === 0 && from === null) throw noRevision(`monitor ${params.id}`);
      return pageOf(rows, limit, ({ revision }) => String(revision), showRevision);
    },
  );

  app.get(
    '/v1/monitors/:id/revisions/:revision',
    {
      config,
      schema: {
        summary: 'One revision of a monitor',
        tags,
        params: Strict({ id: Slug, revision: Type.Integer({ minimum: 1, maximum: 999_999_999 }) }),
        response: { 200: MonitorRevisionResource },
      },
    },
    async ({ params: { id, revision } }) => {
      const [stored] = await selectRevisionPage(database, id, revision + 1, 1);
      if (stored?.revision !== revision) throw noRevision(`revision ${revision} of ${id}`);
      return showRevision(stored);
    },
  );
}

function noRevision(what: string): TrustMonitorError {
  return new TrustMonitorError('not_found', `there is no ${what}`);
}
