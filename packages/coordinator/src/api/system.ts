/** How the machinery is: for `trustmonitor doctor`, and for whoever else looks after it. */
import { SystemResource, formatTimestamp } from '@trustmonitor/protocol';
import type { FastifyInstance } from 'fastify';
import { selectGauges } from '../store/gauges.ts';
import { selectNewestCheckpoint } from '../store/log.ts';
import { selectSystem } from '../store/system.ts';
import { COORDINATOR_VERSION } from '../version.ts';
import type { ApiContext } from './context.ts';
import { healthOf } from './health.ts';

/** What takes longer is as good as away to whoever asks. */
const ANSWER_LIMIT_MS = 2_000;

export function systemRoutes(app: FastifyInstance, context: ApiContext): void {
  const startedAt = formatTimestamp(context.clock());
  app.get(
    '/v1/system',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'How the machinery is: broker, database, key ring, log, outbox',
        tags: ['health'],
        response: { 200: SystemResource },
      },
    },
    () => systemOf(context, startedAt),
  );
}

async function systemOf(context: ApiContext, startedAt: string): Promise<SystemResource> {
  const { bus, cycle, keyRings, clock } = context;
  const { version, ring } = keyRings.ring;
  const [health, rttMs, stored] = await Promise.all([
    healthOf(context),
    bus.connected ? inTime(timed(() => bus.flush())) : null,
    inTime(storedOf(context)),
  ]);
  return {
    network: ring.network,
    at: formatTimestamp(clock()),
    coordinator: {
      version: COORDINATOR_VERSION,
      node: process.versions.node,
      startedAt,
      lagMs: Math.round(cycle.lagMs),
    },
    health,
    broker: { connected: bus.connected, rttMs },
    keyring: {
      version,
      expiresAt: ring.expires,
      root: { threshold: ring.root.threshold, keys: ring.root.keys.length },
      delegationExpiresAt: ring.delegation?.expires ?? null,
    },
    stored,
  };
}

type Stored = NonNullable<SystemResource['stored']>;

async function storedOf({ database, transparency, clock }: ApiContext): Promise<Stored> {
  const { version, bytes, nowMs, coordinators, givenUp } = await selectSystem(database);
  const skewMs = nowMs - Math.round(clock());
  const gauges = await selectGauges(database);
  const newest = await selectNewestCheckpoint(database, { cosigned: true });
  const { checkpoint, logSize, outboxWaiting, outboxOldestSeconds } = gauges;
  return {
    database: { version, bytes, skewMs },
    coordinators,
    outbox: { waiting: outboxWaiting, oldestSeconds: Math.max(0, outboxOldestSeconds), givenUp },
    log:
      transparency === null
        ? null
        : {
            size: logSize,
            witnesses: transparency.identity.policy.witnesses.length,
            checkpoint: checkpoint && {
              size: checkpoint.size,
              ageSeconds: Math.max(0, checkpoint.ageSeconds),
              cosignatures: cosignaturesOf(newest?.cosigned ?? ''),
            },
          },
  };
}

/** The signatures of a note (c2sp.org/signed-note), without the log's own. */
function cosignaturesOf(note: string): number {
  const signatures = note.split('\n').filter((line) => line.startsWith('\u2014 '));
  return Math.max(0, signatures.length - 1);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began);
}

/** Null where it fails, or takes too long. */
async function inTime<T>(answer: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ANSWER_LIMIT_MS);
  });
  return Promise.race([answer.catch(() => null), late]).finally(() => clearTimeout(timer));
}
