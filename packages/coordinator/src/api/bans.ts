/** Who the API does not serve for a while, and how to forgive them. */
import {
  BanResource,
  PageOf,
  PageQuery,
  Strict,
  TrustMonitorError,
  Uuid7,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { insertAudit } from '../store/audit.ts';
import { liftBan, selectBan, selectBanPage, type StoredBan } from '../store/bans.ts';
import type { ApiContext } from './context.ts';
import type { Guard } from './defence/guard.ts';
import { NO_CONTENT, UUID7_CURSOR, limitOf, pageOf, readCursor } from './page.ts';

const tags = ['bans'];
const Path = Strict({ id: Uuid7 });

export function banRoutes(
  instance: FastifyInstance,
  { database, clock }: ApiContext,
  guard: Guard,
): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/bans',
    {
      config: { scope: 'bans:read' },
      schema: {
        summary: 'Bans of addresses and tokens, newest first; also those that are over',
        tags,
        querystring: PageQuery,
        response: { 200: PageOf(BanResource) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const before = readCursor(query.cursor, UUID7_CURSOR);
      const rows = await selectBanPage(database, before, limit + 1);
      return pageOf(
        rows,
        limit,
        ({ id }) => id,
        (ban) => showBan(ban, clock()),
      );
    },
  );

  app.get(
    '/v1/bans/:id',
    {
      config: { scope: 'bans:read' },
      schema: { summary: 'A ban', tags, params: Path, response: { 200: BanResource } },
    },
    async ({ params: { id } }) => {
      const ban = await selectBan(database, id);
      if (ban === null) throw noBan(id);
      return showBan(ban, clock());
    },
  );

  app.delete(
    '/v1/bans/:id',
    {
      config: { scope: 'bans:write' },
      schema: {
        summary: 'Lift a ban; other replicas follow within seconds',
        tags,
        params: Path,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params: { id }, actor }, reply) => {
      await database.transaction(async (tx) => {
        const ban = await liftBan(tx, id, actor.name);
        if (ban === null) throw noBan(id);
        const detail = { subject: ban.subject };
        await insertAudit(tx, { actor, action: 'ban.lifted', subject: id, detail });
      });
      await guard.refresh();
      return reply.status(204).send(null);
    },
  );
}

function noBan(id: Uuid7): TrustMonitorError {
  return new TrustMonitorError('not_found', `there is no ban ${id}`);
}

function showBan(ban: StoredBan, nowMs: number): BanResource {
  const { id, subject, reason, offence, startedAt, until, liftedAt, liftedBy } = ban;
  return {
    id,
    subject,
    reason,
    offence,
    state: liftedAt !== null ? 'lifted' : until.getTime() <= nowMs ? 'over' : 'active',
    startedAt: startedAt.toISOString(),
    until: until.toISOString(),
    liftedAt: liftedAt?.toISOString() ?? null,
    liftedBy,
  };
}
