/** The HTTP API: one plug-in per resource, one error form, one document of it all. */
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { makeUuid7, parserOf } from '@trustmonitor/protocol';
import Fastify, { type FastifyInstance } from 'fastify';
import { Value } from 'typebox/value';
import type { TSchema } from 'typebox';
import { randomBytes } from 'node:crypto';
import { auditRoutes } from './audit.ts';
import { requireTokens } from './auth.ts';
import { banRoutes } from './bans.ts';
import { baselineRoutes } from './baseline.ts';
import { channelRoutes } from './channels.ts';
import { checkRoutes } from './checks/routes.ts';
import type { ApiContext } from './context.ts';
import { enrolmentRoutes } from './enrolment.ts';
import { gateRoutes } from './gate.ts';
import { Guard } from './defence/guard.ts';
import { POLICY, guardAddresses, guardTokens } from './defence/install.ts';
import { deploymentRoutes } from './deployments.ts';
import { docsRoutes } from './docs-page.ts';
import { eventRoutes } from './events/routes.ts';
import { healthRoutes } from './health.ts';
import { consoleRoutes } from './console/routes.ts';
import { deliveryRoutes } from './deliveries.ts';
import { keepHouse } from './housekeeping.ts';
import { installIdempotency } from './idempotency.ts';
import { incidentActionRoutes } from './incident-actions.ts';
import { historyRoutes } from './history.ts';
import { incidentRoutes } from './incidents.ts';
import { logRoutes } from './log.ts';
import { keyRoutes } from './keys.ts';
import { maintenanceRoutes } from './maintenance.ts';
import { metricsRoutes } from './metrics.ts';
import { monitorRoutes } from './monitors.ts';
import { networkRoutes } from './network.ts';
import { noticeRoutes } from './notices.ts';
import { pingRoutes } from './pings.ts';
import { SWAGGER, describeRoutes } from './openapi/document.ts';
import { planRoutes } from './plan.ts';
import { publicPageRoutes } from './public-pages.ts';
import { answerClientError, answerFrameworkError, installProblems } from './problems.ts';
import { revisionRoutes } from './revisions.ts';
import { roundRoutes } from './rounds.ts';
import { routingRoutes } from './routing.ts';
import { silenceRoutes } from './silences.ts';
import { reportRoutes } from './reports.ts';
import { sloRoutes } from './slos.ts';
import { runbookRoutes } from './runbooks.ts';
import { statusRoutes } from './status.ts';
import { statusPageRoutes } from './status-pages.ts';
import { systemRoutes } from './system.ts';
import { sessionRoutes } from './session/routes.ts';
import { requireStorable } from './storable.ts';
import { tokenRoutes } from './tokens.ts';
import { verifyPageRoutes } from './verify-page.ts';

export type Api = FastifyInstance;

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export async function createApi(context: ApiContext): Promise<Api> {
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: [...context.settings.trustedProxies],
    genReqId: () => makeUuid7(context.clock(), randomBytes(10)),
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => void answerFrameworkError(error, request, reply),
    clientErrorHandler: answerClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(({ schema, httpPart }) => validatorOf(schema as TSchema, httpPart));
  // The response schemas document; what is sent is what the handler returned.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  installProblems(app, context.log);
  const guard = new Guard({ ...context, policy: POLICY });
  guardAddresses(app, guard);
  requireTokens(app, context);
  guardTokens(app, guard);
  installIdempotency(app, context);
  describeRoutes(app);
  keepHouse(app, context);
  await guard.refresh();
  await app.register(swagger, SWAGGER);
  for (const routes of [
    healthRoutes,
    metricsRoutes,
    keyRoutes,
    verifyPageRoutes,
    runbookRoutes,
    logRoutes,
    monitorRoutes,
    revisionRoutes,
    planRoutes,
    roundRoutes,
    historyRoutes,
    baselineRoutes,
    reportRoutes,
    incidentRoutes,
    incidentActionRoutes,
    maintenanceRoutes,
    channelRoutes,
    deliveryRoutes,
    deploymentRoutes,
    gateRoutes,
    routingRoutes,
    silenceRoutes,
    networkRoutes,
    noticeRoutes,
    enrolmentRoutes,
    pingRoutes,
    tokenRoutes,
    sessionRoutes,
    auditRoutes,
    banRoutes,
    checkRoutes,
    eventRoutes,
    sloRoutes,
    statusRoutes,
    statusPageRoutes,
    publicPageRoutes,
    systemRoutes,
    docsRoutes,
    consoleRoutes,
  ]) {
    await app.register((scoped, _options, done) => {
      routes(scoped, context, guard);
      done();
    });
  }
  return app;
}

/** Texts of query strings and paths are converted to what the schema asks for; bodies never are. */
function validatorOf(schema: TSchema, httpPart: string | undefined) {
  const parser = parserOf(schema);
  return (value: unknown) => {
    try {
      const given = httpPart === 'body' ? value : Value.Convert(schema, value);
      requireStorable(given);
      return { value: parser.parse(given, httpPart ?? 'request') };
    } catch (error) {
      return { error: error as Error };
    }
  };
}
