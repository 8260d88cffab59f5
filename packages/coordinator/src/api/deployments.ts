/** Deployments, told by whoever deploys, and the DORA metrics of a service. */
import {
  DeploymentInput,
  DeploymentResource,
  DoraMetrics,
  PageOf,
  PageQuery,
  ServiceName,
  Strict,
  TrustMonitorError,
  Uuid7,
  parseDuration,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { doraMetricsOf, type DoraRequest } from '../deployments/metrics.ts';
import { insertAudit } from '../store/audit.ts';
import {
  insertDeployment,
  selectDeployment,
  selectDeploymentPage,
  type NewDeployment,
  type StoredDeployment,
} from '../store/deployments.ts';
import type { ApiContext } from './context.ts';
import { Instant, UUID7_CURSOR, instantOf, limitOf, pageOf, readCursor } from './page.ts';

const tags = ['deployments'];
const READ = { scope: 'deployments:read' as const };
const WRITE = { scope: 'deployments:write' as const };

/** How far the clock of whoever deploys may be ahead. */
const MOST_AHEAD_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const DEFAULT_PERIOD_MS = 30 * DAY_MS;
const LONGEST_PERIOD_MS = 5 * 366 * DAY_MS;
const DEFAULT_WINDOW = '1h';
const [SHORTEST_WINDOW_MS, LONGEST_WINDOW_MS] = [60_000, 7 * DAY_MS];

const ListQuery = Strict({
  ...PageQuery.properties,
  service: Type.Optional(ServiceName),
  from: Type.Optional(Instant('Deployed at this time or later.')),
  to: Type.Optional(Instant('Deployed before this time.')),
});

const DoraQuery = Strict({
  service: ServiceName,
  from: Type.Optional(Instant('The period begins with it; 30 days before its end, if not given.')),
  to: Type.Optional(Instant('The period ends before it; now, if not given.')),
  window: Type.Optional(
    Type.String({
      maxLength: 20,
      description: 'How long after a deployment an incident counts as its own: `1h`, if not given.',
    }),
  ),
});

export function deploymentRoutes(app: FastifyInstance, context: ApiContext): void {
  writeRoute(app, context);
  readRoutes(app, context);
  doraRoute(app, context);
}

function writeRoute(instance: FastifyInstance, { database, clock }: ApiContext): void {
  instance.withTypeProvider<TypeBoxTypeProvider>().post(
    '/v1/deployments',
    {
      config: WRITE,
      schema: {
        summary: 'Tell of a deployment; it is never changed afterwards',
        tags,
        body: DeploymentInput,
        response: { 201: DeploymentResource },
      },
    },
    async ({ body, actor }, reply) => {
      const deployment = deploymentOf(body, actor.name, clock());
      const stored = await database.transaction(async (tx) => {
        const written = await insertDeployment(tx, deployment);
        const { id, version, outcome } = written;
        const detail = { id, version, outcome };
        const action = 'deployment.added';
        await insertAudit(tx, { actor, action, subject: written.service, detail });
        return written;
      });
      reply.status(201).header('location', `/v1/deployments/${stored.id}`);
      return show(stored);
    },
  );
}

/** Throws `input.invalid` for times that cannot be. */
function deploymentOf(
  { service, version, committedAt, deployedAt, outcome = 'succeeded' }: DeploymentInput,
  createdBy: string,
  nowMs: number,
): NewDeployment {
  const deployed = deployedAt === undefined ? new Date(nowMs) : timeOf(deployedAt, '/deployedAt');
  const committed = committedAt === undefined ? null : timeOf(committedAt, '/committedAt');
  if (deployed.getTime() > nowMs + MOST_AHEAD_MS) {
    throw invalid('/deployedAt', `${deployed.toISOString()} is in the future`);
  }
  if (committed !== null && committed > deployed) {
    throw invalid('/committedAt', 'the change was committed after it was deployed');
  }
  return {
    ...{ service, version, outcome, createdBy },
    committedAt: committed,
    deployedAt: deployed,
  };
}

/** With any offset from UTC. Dates are checked in UTC, by what they would be without the offset. */
function timeOf(text: string, where: string): Date {
  const local = text.replace(/(?:Z|[+-]\d{2}:\d{2})$/, '');
  instantOf(`${local}Z`, where);
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw invalid(where, `${text} is not a time`);
  return date;
}

function readRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/deployments',
    {
      config: READ,
      schema: {
        summary: 'Deployments; what was told last comes first',
        tags,
        querystring: ListQuery,
        response: { 200: PageOf(DeploymentResource) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const filter = {
        service: query.service ?? null,
        from: instantOf(query.from, '/from'),
        to: instantOf(query.to, '/to'),
        before: readCursor(query.cursor, UUID7_CURSOR),
      };
      const rows = await selectDeploymentPage(database, filter, limit + 1);
      return pageOf(rows, limit, ({ id }) => id, show);
    },
  );

  app.get(
    '/v1/deployments/:id',
    {
      config: READ,
      schema: {
        summary: 'A deployment',
        tags,
        params: Strict({ id: Uuid7 }),
        response: { 200: DeploymentResource },
      },
    },
    async ({ params: { id } }) => {
      const deployment = await selectDeployment(database, id);
      if (deployment !== null) return show(deployment);
      throw new TrustMonitorError('not_found', `there is no deployment ${id}`);
    },
  );
}

function doraRoute(instance: FastifyInstance, { database, clock }: ApiContext): void {
  instance.withTypeProvider<TypeBoxTypeProvider>().get(
    '/v1/dora',
    {
      config: READ,
      schema: {
        summary: 'DORA metrics of a service, each with its definition and what it rests on',
        tags,
        querystring: DoraQuery,
        response: { 200: DoraMetrics },
      },
    },
    async ({ query }) => {
      const nowMs = clock();
      const toMs = instantOf(query.to, '/to')?.getTime() ?? nowMs;
      const fromMs = instantOf(query.from, '/from')?.getTime() ?? toMs - DEFAULT_PERIOD_MS;
      const windowMs = parseDuration(query.window ?? DEFAULT_WINDOW);
      const request = { service: query.service, fromMs, toMs, windowMs };
      requireSensible(request);
      return doraMetricsOf(database, request, nowMs);
    },
  );
}

function requireSensible({ fromMs, toMs, windowMs }: DoraRequest): void {
  if (fromMs >= toMs) throw invalid('/to', 'the period ends before it begins');
  if (toMs - fromMs > LONGEST_PERIOD_MS)
    throw invalid('/to', 'the period is longer than five years');
  if (windowMs < SHORTEST_WINDOW_MS || windowMs > LONGEST_WINDOW_MS) {
    throw invalid('/window', 'the window is not from 1m to 7d');
  }
}

function show(deployment: StoredDeployment): DeploymentResource {
  const { id, service, version, committedAt, deployedAt, outcome } = deployment;
  return {
    ...{ id, service, version, outcome, createdBy: deployment.createdBy },
    committedAt: committedAt?.toISOString() ?? null,
    deployedAt: deployedAt.toISOString(),
    createdAt: deployment.createdAt.toISOString(),
  };
}

const invalid = (where: string, message: string): TrustMonitorError =>
  new TrustMonitorError('input.invalid', message, { where });
