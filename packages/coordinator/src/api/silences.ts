/** Silences: what nobody is told of for a time, who wanted that, and why. */
import {
  PageOf,
  PageQuery,
  SilenceInput,
  SilenceResource,
  Strict,
  TrustMonitorError,
  Uuid7,
  parseTimestamp,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { digestOfState } from '../state-digest.ts';
import { insertAudit } from '../store/audit.ts';
import type { Queryable } from '../store/database.ts';
import {
  endSilence,
  insertSilence,
  selectSilence,
  selectSilencePage,
  type StoredSilence,
} from '../store/silences.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT, UUID7_CURSOR, limitOf, pageOf, readCursor } from './page.ts';

const tags = ['silences'];
const READ = { scope: 'incidents:read' as const };
const WRITE = { scope: 'incidents:write' as const };
const Path = Strict({ id: Uuid7 });
const ListQuery = Strict({
  ...PageQuery.properties,
  state: Type.Optional(
    Type.Enum(['open', 'ended'], { description: '`open`: those that are not over.' }),
  ),
});

export function silenceRoutes(app: FastifyInstance, context: ApiContext): void {
  readRoutes(app, context);
  writeRoutes(app, context);
}

function readRoutes(instance: FastifyInstance, { database, clock }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/silences',
    {
      config: READ,
      schema: {
        summary: 'Silences, newest first; also those that are over',
        tags,
        querystring: ListQuery,
        response: { 200: PageOf(SilenceResource) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const filter = {
        state: query.state ?? null,
        before: readCursor(query.cursor, UUID7_CURSOR),
      };
      const rows = await selectSilencePage(database, filter, limit + 1);
      return pageOf(
        rows,
        limit,
        ({ id }) => id,
        (row) => showSilence(row, clock()),
      );
    },
  );

  app.get(
    '/v1/silences/:id',
    {
      config: READ,
      schema: { summary: 'A silence', tags, params: Path, response: { 200: SilenceResource } },
    },
    async ({ params }) => showSilence(await requireSilence(database, params.id), clock()),
  );
}

function writeRoutes(instance: FastifyInstance, { database, clock }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/v1/silences',
    {
      config: WRITE,
      schema: {
        summary: 'Silence the alerts of some monitors for a time',
        tags,
        body: SilenceInput,
        response: { 201: SilenceResource },
      },
    },
    async ({ body, actor }, reply) => {
      const nowMs = clock();
      const { match, reason } = body;
      const time = timeOf(body, nowMs);
      const written = await database.transaction(async (tx) => {
        const stored = await insertSilence(tx, { match, reason, ...time, createdBy: actor.name });
        await insertAudit(tx, {
          ...{ actor, action: 'silence.created', subject: stored.id },
          ...{ detail: { until: body.until, reason }, after: digestOfState(body) },
        });
        return stored;
      });
      reply.status(201).header('location', `/v1/silences/${written.id}`);
      return showSilence(written, nowMs);
    },
  );

  app.delete(
    '/v1/silences/:id',
    {
      config: WRITE,
      schema: {
        summary: 'End a silence; what is still open is told then',
        tags,
        params: Path,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params: { id }, actor }, reply) => {
      await database.transaction(async (tx) => {
        await requireSilence(tx, id);
        if (!(await endSilence(tx, id, actor.name))) return;
        await insertAudit(tx, { actor, action: 'silence.ended', subject: id });
      });
      return reply.status(204).send(null);
    },
  );
}

/** Throws `input.invalid` for a time that is over, or that ends before it begins. */
function timeOf({ from, until }: SilenceInput, nowMs: number): { startsAt: Date; endsAt: Date } {
  const startsAtMs = from === undefined ? nowMs : parseTimestamp(from);
  const endsAtMs = parseTimestamp(until);
  if (endsAtMs <= Math.max(nowMs, startsAtMs)) {
    const detail = endsAtMs <= nowMs ? 'is over already' : 'is not after from';
    throw new TrustMonitorError('input.invalid', `/until ${detail}`, {
      where: '/until',
      fields: [{ pointer: '/until', detail }],
      hint: 'Give the time when alerts are to be told again.',
    });
  }
  return { startsAt: new Date(startsAtMs), endsAt: new Date(endsAtMs) };
}

async function requireSilence(db: Queryable, id: Uuid7): Promise<StoredSilence> {
  const stored = await selectSilence(db, id);
  if (stored === null) throw new TrustMonitorError('not_found', `there is no silence ${id}`);
  return stored;
}

function showSilence(silence: StoredSilence, nowMs: number): SilenceResource {
  const { id, match, startsAt, endsAt, reason, createdAt, createdBy, endedAt, endedBy } = silence;
  const isOver = endedAt !== null || endsAt.getTime() <= nowMs;
  return {
    ...{ id, match, reason, createdBy, endedBy },
    state: isOver ? 'ended' : startsAt.getTime() > nowMs ? 'pending' : 'active',
    from: startsAt.toISOString(),
    until: endsAt.toISOString(),
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}
