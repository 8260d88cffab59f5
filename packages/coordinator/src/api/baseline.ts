/** What is usual for a monitor, by region. */
import { facetSummariesOf, summariesOf } from '@trustmonitor/alerting';
import { BaselineResource, Slug, Strict, formatTimestamp } from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { anomaliesOf, requireMonitor } from './show-monitor.ts';
import type { ApiContext } from './context.ts';

export function baselineRoutes(
  instance: FastifyInstance,
  { database, anomalies, clock }: ApiContext,
): void {
  instance.withTypeProvider<TypeBoxTypeProvider>().get(
    '/v1/monitors/:id/baseline',
    {
      config: { scope: 'monitors:read' },
      schema: {
        summary: 'What is usual for a monitor, as each region sees it, and what is not',
        tags: ['history'],
        params: Strict({ id: Slug }),
        response: { 200: BaselineResource },
      },
    },
    async ({ params }): Promise<BaselineResource> => {
      const stored = await requireMonitor(database, params.id);
      const nowMs = clock();
      const latency = await anomalies.usualOf(stored.definition);
      const facets = await anomalies.usualFormOf(stored);
      return {
        monitor: params.id,
        at: formatTimestamp(nowMs),
        anomalies: anomaliesOf(stored),
        regions: summariesOf(latency, nowMs).map(({ sinceMs, ...one }) => ({
          ...one,
          since: sinceMs === null ? null : formatTimestamp(sinceMs),
        })),
        form: facetSummariesOf(facets, nowMs).map(({ facet, isSteady, values, sinceMs }) => ({
          ...{ facet, steady: isSteady, values: [...values] },
          since: formatTimestamp(sinceMs),
        })),
      };
    },
  );
}
