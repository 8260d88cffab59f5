/** Monitors: CRUD with revisions as ETags, and pausing. */
import {
  MonitorInput,
  MonitorPatch,
  MonitorResource,
  OwnerName,
  PageOf,
  PageQuery,
  Slug,
  Strict,
  TrustMonitorError,
  Verdict,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Type, { type Static } from 'typebox';
import { requireDependencies } from '../alerts/dependencies.ts';
import { runningWindows } from '../maintenance/running.ts';
import { prepareMonitor, removeMonitor, requireChannels, writeMonitor } from '../monitors.ts';
import { shareLock } from '../store/advisory-locks.ts';
import type { Actor } from '../store/audit.ts';
import { selectChannels } from '../store/channels.ts';
import type { Queryable } from '../store/database.ts';
import {
  lockMonitor,
  selectMonitor,
  selectMonitorPage,
  type MonitorFilter,
} from '../store/monitors.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT, SLUG_CURSOR, limitOf, pageOf, readCursor } from './page.ts';
import { PreconditionHeaders, requireCondition, requireUnchanged } from './preconditions.ts';
import { etagOf, requireMonitor, sendMonitor, showMonitor } from './show-monitor.ts';

const tags = ['monitors'];
const READ = { scope: 'monitors:read' as const };
const WRITE = { scope: 'monitors:write' as const };
const Path = Strict({ id: Slug });

const ListQuery = Strict({
  ...PageQuery.properties,
  group: Type.Optional(Type.String({ maxLength: 200 })),
  label: Type.Optional(
    Type.Array(Type.String({ maxLength: 264, pattern: '^[^=]{1,63}=' }), {
      maxItems: 8,
      description: '`key=value`, several times for several labels that must all be there.',
    }),
  ),
  verdict: Type.Optional(Verdict),
  enabled: Type.Optional(Type.Boolean()),
  owner: Type.Optional(OwnerName),
});

export function monitorRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  readRoutes(app, context);
  createRoute(app, context);
  replaceRoute(app, context);
  pauseRoute(app, context);
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
      config: READ,
      schema: {
        summary: 'Monitors, by id',
        tags,
        querystring: ListQuery,
        response: { 200: PageOf(MonitorResource) },
      },
    },
    async (request) => {
      const limit = limitOf(request.query);
      const rows = await selectMonitorPage(database, filterOf(request.query), limit + 1);
      const running = await runningWindows(database, context.clock());
      return pageOf(
        rows,
        limit,
        ({ definition }) => definition.id,
        (row) => showMonitor(row, context, request, running),
      );
    },
  );

  app.get(
    '/v1/monitors/:id',
    {
      config: READ,
      schema: { summary: 'A monitor', tags, params: Path, response: { 200: MonitorResource } },
    },
    async ({ params }, reply) =>
      sendMonitor(reply, await requireMonitor(database, params.id), context),
  );
}

function filterOf(query: Static<typeof ListQuery>): MonitorFilter {
  const labels = (query.label ?? []).map((label): [string, string] => {
    const at = label.indexOf('=');
    return [label.slice(0, at), label.slice(at + 1)];
  });
  return {
    after: readCursor(query.cursor, SLUG_CURSOR) ?? '',
    group: query.group ?? null,
    labels: Object.fromEntries(labels),
    verdict: query.verdict ?? null,
    enabled: query.enabled ?? null,
    owner: query.owner ?? null,
  };
}

function createRoute(app: App, context: ApiContext): void {
  const { database, secretBox, cycle, keyRings } = context;
  app.post(
    '/v1/monitors',
    {
      config: WRITE,
      schema: {
        summary: 'Create a monitor',
        tags,
        body: MonitorInput,
        response: { 201: MonitorResource },
      },
    },
    async ({ body, actor }, reply) => {
      const prepared = prepareMonitor(body, {}, keyRings.members);
      const { id } = prepared.definition;
      await database.transaction(async (tx) => {
        await shareLock(tx, 'telling');
        requireChannels(prepared, await selectChannels(tx));
        await requireDependencies(tx, { written: [prepared.definition], removed: [] });
        await lockMonitor(tx, id);
        if ((await selectMonitor(tx, id)) !== null) {
          throw new TrustMonitorError('monitor.exists', `there is a monitor ${id} already`, {
            where: '/id',
            hint: `Change it with PUT /v1/monitors/${id}, or choose another id.`,
          });
        }
        await writeMonitor(tx, prepared, secretBox, { actor, expectedRevision: 0 });
      });
      cycle.monitorsChanged([id]);
      reply.status(201).header('location', `/v1/monitors/${id}`);
      return sendMonitor(reply, await requireMonitor(database, id), context);
    },
  );
}

function replaceRoute(app: App, context: ApiContext): void {
  const { database, secretBox, cycle, keyRings } = context;
  app.put(
    '/v1/monitors/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Create or replace a monitor; If-Match guards against lost updates',
        tags,
        params: Path,
        headers: PreconditionHeaders,
        body: MonitorInput,
        response: { 200: MonitorResource },
      },
    },
    async ({ params: { id }, body, actor, headers }, reply) => {
      const prepared = prepareMonitor({ ...body, id }, {}, keyRings.members);
      if (body.id !== undefined && body.id !== id) throw otherId(body.id, id);
      await database.transaction(async (tx) => {
        await shareLock(tx, 'telling');
        requireChannels(prepared, await selectChannels(tx));
        await requireDependencies(tx, { written: [prepared.definition], removed: [] });
        await lockMonitor(tx, id);
        const stored = await selectMonitor(tx, id);
        requireUnchanged(headers, stored && etagOf(stored), id);
        await writeMonitor(tx, prepared, secretBox, { actor, expectedRevision: null });
      });
      cycle.monitorsChanged([id]);
      return sendMonitor(reply, await requireMonitor(database, id), context);
    },
  );
}

function pauseRoute(app: App, context: ApiContext): void {
  const { database, secretBox, cycle } = context;
  app.patch(
    '/v1/monitors/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Pause or resume a monitor',
        tags,
        params: Path,
        headers: PreconditionHeaders,
        body: MonitorPatch,
        response: { 200: MonitorResource },
      },
    },
    async ({ params: { id }, body, actor, headers }, reply) => {
      requireCondition(headers);
      await database.transaction(async (tx) => {
        await lockMonitor(tx, id);
        const stored = await requireMonitor(tx, id);
        requireUnchanged(headers, etagOf(stored), id);
        const definition = { ...stored.definition, enabled: body.enabled };
        const options = { actor, expectedRevision: null };
        await writeMonitor(tx, { definition, secrets: {} }, secretBox, options);
      });
      cycle.monitorsChanged([id]);
      return sendMonitor(reply, await requireMonitor(database, id), context);
    },
  );
}

function deleteRoute(app: App, { database, cycle }: ApiContext): void {
  app.delete(
    '/v1/monitors/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Delete a monitor; its history and incidents stay',
        tags,
        params: Path,
        headers: PreconditionHeaders,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params, actor, headers }, reply) => {
      await database.transaction((tx) => deleteMonitor(tx, params.id, headers, actor));
      cycle.monitorsChanged([params.id]);
      return reply.status(204).send(null);
    },
  );
}

async function deleteMonitor(
  tx: Queryable,
  id: string,
  headers: PreconditionHeaders,
  actor: Actor,
): Promise<void> {
  await requireDependencies(tx, { written: [], removed: [id] });
  // An incident that is being opened waits for this, and then does not open, or the other way round.
  await lockMonitor(tx, id);
  const stored = await requireMonitor(tx, id);
  requireUnchanged(headers, etagOf(stored), id);
  if (stored.openIncident !== null) {
    throw new TrustMonitorError('monitor.busy', `${id} has an open incident`, {
      hint: `Nobody would ever see ${stored.openIncident} resolved. Wait for it, or resolve it by hand.`,
    });
  }
  await removeMonitor(tx, stored, actor);
}

function otherId(inBody: string, inPath: string): TrustMonitorError {
  return new TrustMonitorError('input.invalid', `/id is ${inBody}, the path says ${inPath}`, {
    where: '/id',
    hint: 'An id cannot be changed: create a new monitor and delete the old one.',
  });
}
