/**
 * `/metrics`, for Prometheus. It names monitors and regions and tells what is down, as `read` does
 * elsewhere, so it asks for that scope; `TM_METRICS_PUBLIC=1` is for a network that keeps
 * strangers out itself. It also tells that the database is away, so it answers then.
 */
import type { FastifyInstance } from 'fastify';
import { METRICS_TYPE } from '../metrics/exposition.ts';
import type { ApiContext } from './context.ts';

export function metricsRoutes(app: FastifyInstance, { metrics, settings }: ApiContext): void {
  app.get(
    '/metrics',
    {
      config: {
        scope: settings.metrics.isPublic ? 'public' : 'read',
        outlivesDatabase: true,
      },
      // Not of the API that OpenAPI describes: its form is Prometheus's.
      schema: { hide: true },
    },
    async (_request, reply) =>
      reply
        .type(METRICS_TYPE)
        .header('cache-control', 'no-store')
        .send(await metrics.text()),
  );
}
