/** `/healthz`: the process lives. `/readyz`: it can do its job, and if not, why. */
import { HealthResource, SHARD_COUNT, Strict, isPush } from '@trustmonitor/protocol';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ApiContext } from './context.ts';

const PUBLIC = { scope: 'public' as const };

export function healthRoutes(app: FastifyInstance, context: ApiContext): void {
  app.get(
    '/healthz',
    {
      config: PUBLIC,
      schema: {
        summary: 'Whether the process lives',
        tags: ['health'],
        response: { 200: Strict({ status: Type.Literal('ok') }) },
      },
    },
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
      const health = await healthOf(context);
      return reply.status(health.status === 'ok' ? 200 : 503).send(health);
    },
  );
}

export async function healthOf(context: ApiContext): Promise<HealthResource> {
  const checks = await checksOf(context);
  return { status: checks.every(({ ok }) => ok) ? 'ok' : 'failing', checks };
}

type Check = HealthResource['checks'][number];

/** An answer that comes later is as good as none to whoever asks. */
const DATABASE_LIMIT_MS = 2_000;

async function checksOf(context: ApiContext): Promise<Check[]> {
  const { bus } = context;
  return [
    await databaseCheck(context),
    leaseCheck(context),
    { name: 'broker', ok: bus.connected, detail: bus.connected ? 'connected' : 'away' },
    keyRingCheck(context),
  ];
}

async function databaseCheck({ database, cycle }: ApiContext): Promise<Check> {
  const answer = database.query('select 1').then(
    () => null,
    (error: unknown) => messageOf(error),
  );
  const late = `no answer in ${DATABASE_LIMIT_MS} ms`;
  const error = await Promise.race([answer, after(DATABASE_LIMIT_MS, late)]);
  const away = error ?? (cycle.databaseAway ? 'decisions cannot be written' : null);
  return { name: 'database', ok: away === null, detail: away ?? 'reachable' };
}

/** One that has no shard is ready all the same: others have them, and it stands by. */
function leaseCheck({ leases: { isFresh, held } }: ApiContext): Check {
  const detail = isFresh
    ? `decides about ${held} of ${SHARD_COUNT} shards`
    : 'its leases could not be renewed; it decides about nothing';
  return { name: 'lease', ok: isFresh, detail };
}

/** What is recorded under a ring that has expired verifies nowhere. */
function keyRingCheck({ keyRings: { members, ring }, clock }: ApiContext): Check {
  const regions = members.filter((member) => !isPush(member)).length;
  if (!ring.inForceAt(clock())) {
    const { version, ring: document } = ring;
    return {
      name: 'keyring',
      ok: false,
      detail: `version ${version} expired at ${document.expires}`,
    };
  }
  return { name: 'keyring', ok: regions > 0, detail: `${regions} regions enrolled` };
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms).unref());
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
