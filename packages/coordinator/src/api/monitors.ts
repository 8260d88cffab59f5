/** Monitors: CRUD with revisions as ETags. */
import {
  MonitorInput,
  MonitorResource,
  PageOf,
  PageQuery,
  Slug,
  Strict,
  TrustMonitorError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Type from 'typebox';
import { prepareMonitor, requireChannels, writeMonitor } from '../monitors.ts';
import { insertAudit } from '../store/audit.ts';
import { selectChannels } from '../store/channels.ts';
import type { Queryable } from '../store/database.ts';
import {
  lockMonitor,
  markMonitorDeleted,
  selectMonitor,
  selectMonitorPage,
  type StoredMonitor,
} from '../store/monitors.ts';
import { membersOf } from '../watch-list.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT, limitOf, pageOf, readCursor } from './page.ts';

const tags = ['monitors'];
const Path = Strict({ id: Slug });
const SLUG_CURSOR = /^[a-z0-9-]{1,63}$/;

export function monitorRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  readRoutes(app, context);
  writeRoutes(app, context);
  deleteRoute(app, context);
}

type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

function readRoutes(app: App, context: ApiContext): void {
  const { database } = context;

  app.get(
    '/v1/monitors',
    {
      schema: {
        summary: 'Monitors, by id',
        tags,
        querystring: PageQuery,
        response: { 200: PageOf(MonitorResource) },
      },
    },
    async ({ query, mayWrite }) => {
      const limit = limitOf(query);
      const after = readCursor(query.cursor, SLUG_CURSOR) ?? '';
      const rows = await selectMonitorPage(database, after, limit + 1);
      return pageOf(
        rows,
        limit,
        ({ definition }) => definition.id,
        (row) => showMonitor(row, context, mayWrite),
      );
    },
  );

  app.get(
    '/v1/monitors/:id',
    { schema: { summary: 'A monitor', tags, params: Path, response: { 200: MonitorResource } } },
    async ({ params, mayWrite }, reply) =>
      show(reply, await requireMonitor(database, params.id), context, mayWrite),
  );
}

function writeRoutes(app: App, context: ApiContext): void {
  const { database } = context;
  const enrolled = context.keyRings.members;

  app.post(
    '/v1/monitors',
    {
      schema: {
        summary: 'Create a monitor',
        tags,
        body: MonitorInput,
        response: { 201: MonitorResource },
      },
    },
    async ({ body, actor }, reply) => {
      const prepared = prepareMonitor(body, {}, enrolled);
      const { id } = prepared.definition;
      await database.transaction(async (tx) => {
        requireChannels(prepared, await selectChannels(tx));
        await lockMonitor(tx, id);
        if ((await selectMonitor(tx, id)) !== null) {
          throw new TrustMonitorError('monitor.exists', `there is a monitor ${id} already`, {
            where: '/id',
            hint: `Change it with PUT /v1/monitors/${id}, or choose another id.`,
          });
        }
        await writeMonitor(tx, prepared, context.secretBox, { actor, expectedRevision: 0 });
      });
      context.cycle.monitorsChanged([id]);
      reply.status(201).header('location', `/v1/monitors/${id}`);
      return show(reply, await requireMonitor(database, id), context, true);
    },
  );

  app.put(
    '/v1/monitors/:id',
    {
      schema: {
        summary: 'Create or replace a monitor; If-Match guards against lost updates',
        tags,
        params: Path,
        headers: Type.Object({ 'if-match': Type.Optional(Type.String()) }),
        body: MonitorInput,
        response: { 200: MonitorResource },
      },
    },
    async ({ params, body, actor, headers }, reply) => {
      const prepared = prepareMonitor({ ...body, id: params.id }, {}, enrolled);
      if (body.id !== undefined && body.id !== params.id) throw otherId(body.id, params.id);
      const expectedRevision = revisionOf(headers['if-match']);
      await database.transaction(async (tx) => {
        requireChannels(prepared, await selectChannels(tx));
        await writeMonitor(tx, prepared, context.secretBox, { actor, expectedRevision });
      });
      context.cycle.monitorsChanged([params.id]);
      return show(reply, await requireMonitor(database, params.id), context, true);
    },
  );
}

function deleteRoute(app: App, { database, cycle }: ApiContext): void {
  app.delete(
    '/v1/monitors/:id',
    {
      schema: {
        summary: 'Delete a monitor; its history and incidents stay',
        tags,
        params: Path,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params, actor }, reply) => {
      await database.transaction((tx) => deleteMonitor(tx, params.id, actor));
      cycle.monitorsChanged([params.id]);
      return reply.status(204).send(null);
    },
  );
}

async function deleteMonitor(tx: Queryable, id: string, actor: string): Promise<void> {
  // An incident that is being opened waits for this, and then does not open, or the other way round.
  await lockMonitor(tx, id);
  const stored = await requireMonitor(tx, id);
  if (stored.openIncident !== null) {
    throw new TrustMonitorError('monitor.busy', `${id} has an open incident`, {
      hint: `Nobody would ever see ${stored.openIncident} resolved. Wait for it, or disable the monitor.`,
    });
  }
  await markMonitorDeleted(tx, id);
  await insertAudit(tx, { actor, action: 'monitor.deleted', subject: id });
}

async function requireMonitor(db: Queryable, id: string): Promise<StoredMonitor> {
  const stored = await selectMonitor(db, id);
  if (stored === null) throw new TrustMonitorError('not_found', `there is no monitor ${id}`);
  return stored;
}

function show(
  reply: FastifyReply,
  stored: StoredMonitor,
  context: ApiContext,
  mayWrite: boolean,
): MonitorResource {
  reply.header('etag', `"${stored.revision}"`);
  return showMonitor(stored, context, mayWrite);
}

function showMonitor(
  stored: StoredMonitor,
  { keyRings, pings }: ApiContext,
  mayWrite: boolean,
): MonitorResource {
  const { definition } = stored;
  const groups = new Set(membersOf(definition, keyRings.members).map(({ group }) => group));
  const isHeartbeat = definition.check.type === 'heartbeat';
  return {
    ...definition,
    revision: stored.revision,
    checkDigest: stored.checkDigest,
    verdict: stored.verdict,
    unconfirmed: groups.size < 2,
    pingUrl: isHeartbeat && mayWrite ? pings.urlOf(definition.id) : null,
    openIncident: stored.openIncident,
    lastRoundAt: stored.lastRoundAt?.toISOString() ?? null,
    createdAt: stored.createdAt.toISOString(),
    updatedAt: stored.updatedAt.toISOString(),
  };
}

/** `If-Match: "3"`; null when the caller does not care. */
function revisionOf(header: string | undefined): number | null {
  if (header === undefined || header === '*') return null;
  const match = /^"(\d{1,9})"$/.exec(header);
  if (match === null) {
    throw new TrustMonitorError('input.malformed', `If-Match: ${header} is not an ETag of ours`);
  }
  return Number(match[1]);
}

function otherId(inBody: string, inPath: string): TrustMonitorError {
  return new TrustMonitorError('input.invalid', `/id is ${inBody}, the path says ${inPath}`, {
    where: '/id',
    hint: 'An id cannot be changed: create a new monitor and delete the old one.',
  });
}
