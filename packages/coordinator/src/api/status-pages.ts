/** Public status pages: what they are made of. What they show is served by `public-pages.ts`. */
import {
  PageOf,
  PageQuery,
  Slug,
  StatusPage,
  StatusPageFiles,
  Strict,
  TrustMonitorError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { digestOfState } from '../state-digest.ts';
import { filesToExport } from '../status-page/export.ts';
import { requirePresentable } from '../status-page/presentable.ts';
import { lockById } from '../store/advisory-locks.ts';
import { insertAudit } from '../store/audit.ts';
import type { Queryable } from '../store/database.ts';
import {
  deleteStatusPage,
  selectStatusPage,
  selectStatusPages,
  upsertStatusPage,
} from '../store/status-pages.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT, SLUG_CURSOR, limitOf, pageOf, readCursor } from './page.ts';
import { PreconditionHeaders, requireUnchanged } from './preconditions.ts';

const tags = ['status pages'];
const READ = { scope: 'pages:read' as const };
const WRITE = { scope: 'pages:write' as const };
const Path = Strict({ id: Slug });

export function statusPageRoutes(app: FastifyInstance, context: ApiContext): void {
  readRoutes(app, context);
  writeRoutes(app, context);
}

function readRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database } = context;

  app.get(
    '/v1/status-pages',
    {
      config: READ,
      schema: {
        summary: 'Public status pages, by id',
        tags,
        querystring: PageQuery,
        response: { 200: PageOf(StatusPage) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const after = readCursor(query.cursor, SLUG_CURSOR) ?? '';
      const rows = await selectStatusPages(database, after, limit + 1);
      return pageOf(
        rows,
        limit,
        ({ id }) => id,
        (page) => page,
      );
    },
  );

  app.get(
    '/v1/status-pages/:id',
    {
      config: READ,
      schema: {
        summary: 'What a status page is made of',
        tags,
        params: Path,
        response: { 200: StatusPage },
      },
    },
    async ({ params }, reply) => {
      const page = await requireStatusPage(database, params.id);
      reply.header('etag', etagOf(page));
      return page;
    },
  );

  app.get(
    '/v1/status-pages/:id/files',
    {
      config: READ,
      schema: {
        summary: 'A status page as files, to be served from another host',
        tags,
        params: Path,
        querystring: Strict({ base: StatusPageFiles.properties.base }),
        response: { 200: StatusPageFiles },
      },
    },
    async ({ params, query }) =>
      filesToExport(await requireStatusPage(database, params.id), query.base, context),
  );
}

function writeRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.put(
    '/v1/status-pages/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Create or replace a status page',
        tags,
        params: Path,
        headers: PreconditionHeaders,
        body: StatusPage,
        response: { 200: StatusPage },
      },
    },
    async ({ params: { id }, body, actor, headers }, reply) => {
      if (body.id !== id) {
        throw new TrustMonitorError('input.invalid', `/id is ${body.id}, the path says ${id}`, {
          where: '/id',
        });
      }
      requirePresentable(body);
      await database.transaction(async (tx) => {
        await lockById(tx, 'statusPage', id);
        const stored = await selectStatusPage(tx, id);
        requireUnchanged(headers, stored && etagOf(stored), id);
        const [before, after] = [stored === null ? null : digestOf(stored), digestOf(body)];
        if (before === after) return;
        await upsertStatusPage(tx, body);
        await insertAudit(tx, { actor, action: 'status_page.written', subject: id, before, after });
      });
      reply.header('etag', etagOf(body));
      return body;
    },
  );

  app.delete(
    '/v1/status-pages/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Take a status page away',
        tags,
        params: Path,
        headers: PreconditionHeaders,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params: { id }, actor, headers }, reply) => {
      await database.transaction(async (tx) => {
        await lockById(tx, 'statusPage', id);
        const stored = await requireStatusPage(tx, id);
        requireUnchanged(headers, etagOf(stored), id);
        await deleteStatusPage(tx, id);
        const before = digestOf(stored);
        await insertAudit(tx, { actor, action: 'status_page.deleted', subject: id, before });
      });
      return reply.status(204).send(null);
    },
  );
}

/** Throws `not_found`. */
export async function requireStatusPage(db: Queryable, id: string): Promise<StatusPage> {
  const page = await selectStatusPage(db, id);
  if (page === null) throw new TrustMonitorError('not_found', `there is no status page ${id}`);
  return page;
}

const digestOf = (page: StatusPage): string => digestOfState(page);
const etagOf = (page: StatusPage): string => `"${digestOf(page).slice(0, 32)}"`;
