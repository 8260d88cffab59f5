/** Service level objectives: how they stand, and those about several monitors to be written. */
import {
  PageOf,
  PageQuery,
  Slo,
  SloDetail,
  SloId,
  SloInput,
  SloResource,
  Slug,
  Strict,
  TrustMonitorError,
  completeSlo,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { loadObjectives } from '../slo/objectives.ts';
import { budgetSpending } from '../slo/spending.ts';
import { statusesOf } from '../slo/status.ts';
import { removeSlo, requireSloChannels, writeSlo } from '../slo/write.ts';
import { shareLock } from '../store/advisory-locks.ts';
import { selectChannels } from '../store/channels.ts';
import type { Queryable } from '../store/database.ts';
import { lockSlos, selectSlo, type StoredSlo } from '../store/slos.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT, limitOf, pageOf, readCursor } from './page.ts';

const tags = ['service levels'];
const READ = { scope: 'monitors:read' as const };
const WRITE = { scope: 'monitors:write' as const };
const CURSOR = /^[a-z0-9:-]{1,80}$/;

const Query = Strict({
  ...PageQuery.properties,
  monitor: Type.Optional(
    Type.String({ ...Slug, description: 'Its own objective, and those that it is one of.' }),
  ),
});

export function sloRoutes(app: FastifyInstance, context: ApiContext): void {
  readRoutes(app, context);
  writeRoutes(app, context);
  deleteRoute(app, context);
}

function readRoutes(instance: FastifyInstance, { database, clock, settings }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/slos',
    {
      config: READ,
      schema: {
        summary: 'Service level objectives with their error budgets, by id',
        tags,
        querystring: Query,
        response: { 200: PageOf(SloResource) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const after = readCursor(query.cursor, CURSOR) ?? '';
      const selection = query.monitor === undefined ? {} : { monitor: query.monitor };
      const found = await loadObjectives(database, selection);
      const rows = found.filter(({ id }) => id > after).slice(0, limit + 1);
      const statuses = await statusesOf(database, rows.slice(0, limit), clock());
      const shown = new Map(statuses.map((status) => [status.id, status]));
      const page = pageOf(
        rows,
        limit,
        ({ id }) => id,
        ({ id }) => id,
      );
      return { ...page, data: page.data.flatMap((id) => shown.get(id) ?? []) };
    },
  );

  app.get(
    '/v1/slos/:id',
    {
      config: READ,
      schema: {
        summary: 'An objective, and which incidents spent its budget',
        tags,
        params: Strict({ id: SloId }),
        response: { 200: SloDetail },
      },
    },
    async ({ params: { id } }) => {
      const [objective] = await loadObjectives(database, { id });
      const nowMs = clock();
      const [status] = await statusesOf(
        database,
        objective === undefined ? [] : [objective],
        nowMs,
      );
      const availability = status?.indicators[0];
      if (objective === undefined || status === undefined || availability === undefined) {
        throw noSlo(id);
      }
      const spending = await budgetSpending(database, objective, {
        ...{ nowMs, retention: settings.retention, totalMs: availability.budget.totalMs },
        fromMs: Date.parse(availability.from),
      });
      return { ...status, spending };
    },
  );
}

function writeRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/v1/slos',
    {
      config: WRITE,
      schema: {
        summary: 'Create an objective about several monitors',
        tags,
        body: SloInput,
        response: { 201: Slo },
      },
    },
    async ({ body, actor }, reply) => {
      const definition = completeSlo(body);
      const { id } = definition;
      await database.transaction(async (tx) => {
        await shareLock(tx, 'telling');
        await lockSlos(tx);
        if ((await selectSlo(tx, id)) !== null) {
          throw new TrustMonitorError('conflict', `there is an objective ${id} already`, {
            where: '/id',
            hint: 'Replace it with PUT, or choose another id.',
          });
        }
        requireSloChannels(definition, await selectChannels(tx));
        await writeSlo(tx, { definition, owner: null }, null, actor);
      });
      return reply.status(201).header('location', `/v1/slos/${id}`).send(definition);
    },
  );

  app.put(
    '/v1/slos/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Create or replace an objective about several monitors',
        tags,
        params: Strict({ id: Slug }),
        body: SloInput,
        response: { 200: Slo },
      },
    },
    async ({ params: { id }, body, actor }) => {
      const definition = completeSlo({ id, ...body });
      if (definition.id !== id) {
        throw new TrustMonitorError(
          'input.invalid',
          `/id is ${definition.id}, the path says ${id}`,
          {
            where: '/id',
          },
        );
      }
      await database.transaction(async (tx) => {
        await shareLock(tx, 'telling');
        await lockSlos(tx);
        const stored = await selectSlo(tx, id);
        requireMadeHere(stored);
        requireSloChannels(definition, await selectChannels(tx));
        await writeSlo(tx, { definition, owner: null }, stored, actor);
      });
      return definition;
    },
  );
}

function deleteRoute(instance: FastifyInstance, { database }: ApiContext): void {
  instance.withTypeProvider<TypeBoxTypeProvider>().delete(
    '/v1/slos/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Delete an objective about several monitors',
        tags,
        params: Strict({ id: Slug }),
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params: { id }, actor }, reply) => {
      await database.transaction(async (tx) => {
        await lockSlos(tx);
        const stored = await requireSlo(tx, id);
        requireMadeHere(stored);
        await removeSlo(tx, stored, actor);
      });
      return reply.status(204).send(null);
    },
  );
}

async function requireSlo(db: Queryable, id: string): Promise<StoredSlo> {
  const stored = await selectSlo(db, id);
  if (stored === null) throw noSlo(id);
  return stored;
}

/** What stands in a file would come back, or change back, with the next apply. */
function requireMadeHere(stored: StoredSlo | null): void {
  if (stored === null || stored.owner === null) return;
  const { definition, owner } = stored;
  throw new TrustMonitorError('conflict', `${definition.id} was applied by "${owner}"`, {
    hint: 'Change or remove it in the file that it stands in, and apply that.',
  });
}

function noSlo(id: string): TrustMonitorError {
  return new TrustMonitorError('not_found', `there is no objective ${id}`, {
    hint: "A monitor's own objective is monitor:ID; it is written with the monitor.",
  });
}
