/** Windows of maintenance: written, announced in the log, ended. */
import {
  MaintenanceInput,
  MaintenanceResource,
  PageOf,
  PageQuery,
  Slug,
  Strict,
  TrustMonitorError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { announcing } from '../maintenance/planner.ts';
import { showWindow } from '../maintenance/show.ts';
import {
  endWindow,
  exists,
  isPast,
  prepareWindow,
  removeWindow,
  writeWindow,
  type Change,
} from '../maintenance/windows.ts';
import { lockById } from '../store/advisory-locks.ts';
import type { Actor } from '../store/audit.ts';
import type { Queryable } from '../store/database.ts';
import { selectWindow, selectWindowPage, type StoredWindow } from '../store/maintenance.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT, SLUG_CURSOR, limitOf, readCursor } from './page.ts';

const tags = ['maintenance'];
const READ = { scope: 'maintenance:read' as const };
const WRITE = { scope: 'maintenance:write' as const };
const Path = Strict({ id: Slug });

export function maintenanceRoutes(app: FastifyInstance, context: ApiContext): void {
  readRoutes(app, context);
  writeRoutes(app, context);
  endRoutes(app, context);
}

/** Changes one window, locked, and says what became of it. */
export async function changeWindows<T>(
  { database, keyRings, signer, settings, transparency, clock }: ApiContext,
  actor: Actor,
  work: (tx: Queryable, change: Change) => Promise<T>,
): Promise<T> {
  const parts = { keyRings, signer, network: settings.network, isLogged: transparency !== null };
  return announcing(database, parts, (announcer) =>
    database.transaction((tx) => work(tx, { actor, nowMs: clock(), announcer })),
  );
}

async function requireWindow(db: Queryable, id: string): Promise<StoredWindow> {
  const stored = await selectWindow(db, id);
  if (stored === null) throw new TrustMonitorError('not_found', `there is no window ${id}`);
  return stored;
}

async function shown({ database, clock }: ApiContext, id: string): Promise<MaintenanceResource> {
  return showWindow(database, await requireWindow(database, id), clock());
}

function readRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database, clock } = context;

  app.get(
    '/v1/maintenance',
    {
      config: READ,
      schema: {
        summary: 'Windows of maintenance, by id',
        tags,
        querystring: PageQuery,
        response: { 200: PageOf(MaintenanceResource) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const after = readCursor(query.cursor, SLUG_CURSOR) ?? '';
      const rows = await selectWindowPage(database, after, limit + 1);
      const data: MaintenanceResource[] = [];
      for (const row of rows.slice(0, limit)) data.push(await showWindow(database, row, clock()));
      const last = data.at(-1)?.id ?? '';
      const hasMore = rows.length > limit;
      return { data, nextCursor: hasMore ? Buffer.from(last).toString('base64url') : null };
    },
  );

  app.get(
    '/v1/maintenance/:id',
    {
      config: READ,
      schema: {
        summary: 'A window of maintenance, with what of it was announced',
        tags,
        params: Path,
        response: { 200: MaintenanceResource },
      },
    },
    ({ params: { id } }) => shown(context, id),
  );
}

function writeRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { clock } = context;

  app.post(
    '/v1/maintenance',
    {
      config: WRITE,
      schema: {
        summary: 'Plan a window of maintenance; what of it comes within a day is announced at once',
        tags,
        body: MaintenanceInput,
        response: { 201: MaintenanceResource },
      },
    },
    async ({ body, actor }, reply) => {
      const window = prepareWindow(body, clock());
      const { id } = window;
      if (isPast(window, clock())) throw past();
      await changeWindows(context, actor, async (tx, change) => {
        await lockById(tx, 'window', id);
        const stored = await selectWindow(tx, id);
        if (stored !== null) throw exists(id, '/id', stored.owner);
        await writeWindow(tx, window, null, null, change);
      });
      reply.status(201).header('location', `/v1/maintenance/${id}`);
      return shown(context, id);
    },
  );

  app.put(
    '/v1/maintenance/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Change a window: what has begun stays as it was announced',
        tags,
        params: Path,
        body: MaintenanceInput,
        response: { 200: MaintenanceResource },
      },
    },
    async ({ params: { id }, body, actor }) => {
      if (body.id !== id) {
        throw new TrustMonitorError('input.invalid', `/id is ${body.id}, the path says ${id}`, {
          where: '/id',
        });
      }
      const window = prepareWindow(body, clock());
      if (isPast(window, clock())) throw past();
      await changeWindows(context, actor, async (tx, change) => {
        await lockById(tx, 'window', id);
        const stored = await requireWindow(tx, id);
        await writeWindow(tx, window, stored, stored.owner, change);
      });
      return shown(context, id);
    },
  );
}

function endRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/v1/maintenance/:id/end',
    {
      config: WRITE,
      schema: {
        summary: 'End what runs of a window now, or call off one that comes only once',
        tags,
        params: Path,
        response: { 200: MaintenanceResource },
      },
    },
    async ({ params: { id }, actor }) => {
      await changeWindows(context, actor, async (tx, change) => {
        await lockById(tx, 'window', id);
        await endWindow(tx, await requireWindow(tx, id), change);
      });
      return shown(context, id);
    },
  );

  app.delete(
    '/v1/maintenance/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Remove a window: what runs ends now, what was announced is called off',
        tags,
        params: Path,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params: { id }, actor }, reply) => {
      await changeWindows(context, actor, async (tx, change) => {
        await lockById(tx, 'window', id);
        await removeWindow(tx, await requireWindow(tx, id), change);
      });
      return reply.status(204).send(null);
    },
  );
}

function past(): TrustMonitorError {
  return new TrustMonitorError('input.invalid', 'the window is over already', {
    where: '/until',
    hint: 'What was not announced before it began cannot be taken out of a figure afterwards.',
  });
}
