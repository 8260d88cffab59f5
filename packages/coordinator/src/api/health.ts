/** `/healthz`: the process lives. `/readyz`: it can do its job, and if not, why. */
import { HealthResource } from '@trustmonitor/protocol';
import type { FastifyInstance } from 'fastify';
import type { ApiContext } from './context.ts';

const PUBLIC = { scope: 'public' as const };

export function healthRoutes(app: FastifyInstance, context: ApiContext): void {
  app.get(
    '/healthz',
    { config: PUBLIC, schema: { summary: 'Whether the process lives', tags: ['health'] } },
    () => ({ status: 'ok' }),
  );
  app.get(
    '/readyz',
    {
      config: PUBLIC,
      schema: {
        summary: 'Whether it can do its job',
        tags: ['health'],
        response: { 200: HealthResource, 503: HealthResource },
      },
    },
    async (_request, reply) => {
      const checks = await checksOf(context);
      const ok = checks.every((check) => check.ok);
      return reply.status(ok ? 200 : 503).send({ status: ok ? 'ok' : 'failing', checks });
    },
  );
}

async function checksOf({ database, bus, cycle, keyRings }: ApiContext) {
  const databaseError = await database.query('select 1').then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const regions = keyRings.members.length;
  const isDatabaseOk = databaseError === null && !cycle.databaseAway;
  return [
    { name: 'database', ok: isDatabaseOk, detail: databaseError ?? 'reachable' },
    { name: 'broker', ok: bus.connected, detail: bus.connected ? 'connected' : 'away' },
    { name: 'keyring', ok: regions > 0, detail: `${regions} regions enrolled` },
  ];
}
