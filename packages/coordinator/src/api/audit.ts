/** The audit log: read only; it is written with each change. */
import { AuditResource, PageOf, PageQuery, Strict } from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { selectAuditPage, type StoredAudit } from '../store/audit.ts';
import type { ApiContext } from './context.ts';
import { Instant, UUID7_CURSOR, instantOf, limitOf, pageOf, readCursor } from './page.ts';

const Word = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));
const Query = Strict({
  ...{ ...PageQuery.properties, actor: Word, action: Word, subject: Word },
  from: Type.Optional(Instant('Written at this time or later.')),
  to: Type.Optional(Instant('Written before this time.')),
});

export function auditRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  app.get(
    '/v1/audit',
    {
      config: { scope: 'audit:read' },
      schema: {
        summary: 'The audit log, newest first',
        tags: ['audit'],
        querystring: Query,
        response: { 200: PageOf(AuditResource) },
      },
    },
    async ({ query }) => {
      const { actor = null, action = null, subject = null } = query;
      const limit = limitOf(query);
      const filter = {
        ...{ actor, action, subject, before: readCursor(query.cursor, UUID7_CURSOR) },
        from: instantOf(query.from, '/from'),
        to: instantOf(query.to, '/to'),
      };
      const rows = await selectAuditPage(database, filter, limit + 1);
      return pageOf(rows, limit, ({ id }) => id, showEntry);
    },
  );
}

function showEntry({ id, at, actor, action, subject, detail, before, after }: StoredAudit) {
  const { name, address, requestId } = actor;
  const shown: AuditResource = {
    id,
    at: at.toISOString(),
    actor: name,
    action,
    subject,
    detail: { ...detail },
    address,
    requestId,
    before,
    after,
  };
  return shown;
}
