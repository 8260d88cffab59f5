/** What the engine asks for -> one job per region on the bus. */
import { sendJob, type Bus } from '@trustmonitor/bus';
import { formatTimestamp, traceIdOf, type Job } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { About, Ask } from './decide.ts';

/** On whose behalf jobs are sent. */
export interface Sender {
  readonly network: string;
  /** The coordinator's id: by its clock jobs expire. */
  readonly coordinator: string;
}

export interface DispatchContext extends Sender {
  readonly bus: Bus;
  readonly log: Logger;
  /** Whether agents are to ask their canaries anew before they report a failure. */
  readonly recheckCanaries?: boolean;
}

function jobsOf({ watched, effect }: About<Ask>, context: DispatchContext): Job[] {
  const { network, coordinator, recheckCanaries = false } = context;
  return effect.regions.map((region) => ({
    v: 1,
    network,
    round: effect.round,
    monitor: watched.definition.id,
    region,
    shard: watched.shard,
    phase: effect.phase,
    issuedAt: formatTimestamp(effect.at),
    coordinator,
    expiresInMs: effect.expiresInMs,
    check: { digest: watched.checkDigest, definition: watched.definition.check },
    secrets: watched.secrets,
    ...(recheckCanaries ? { recheckCanaries } : {}),
  }));
}

/** Sends the jobs, at most once. One that is lost is an abstention: the engine asks again. */
export function dispatch(asks: readonly About<Ask>[], context: DispatchContext): void {
  const { bus, log } = context;
  for (const job of asks.flatMap((ask) => jobsOf(ask, context))) {
    try {
      sendJob(bus, job);
    } catch (error) {
      // Larger than the broker's limit, for one: the monitor turns unknown, and no other does.
      const { monitor, region, round } = job;
      const names = { monitor, region, round, traceId: traceIdOf(round) };
      log.error({ err: error, ...names }, 'a job cannot be sent');
    }
  }
}
