/** What the engine asks for -> one job per region on the bus. */
import { sendJob, type Bus } from '@trustmonitor/bus';
import { formatTimestamp, type Job } from '@trustmonitor/protocol';
import type { About, Ask } from './decide.ts';

export function jobsOf({ watched, effect }: About<Ask>, network: string): Job[] {
  return effect.regions.map((region) => ({
    v: 1,
    network,
    round: effect.round,
    monitor: watched.definition.id,
    region,
    shard: watched.shard,
    phase: effect.phase,
    issuedAt: formatTimestamp(effect.at),
    expiresInMs: effect.expiresInMs,
    check: { digest: watched.checkDigest, definition: watched.definition.check },
    secrets: watched.secrets,
  }));
}

/** Sends the jobs, at most once. One that is lost is an abstention: the engine asks again. */
export function dispatch(asks: readonly About<Ask>[], bus: Bus, network: string): void {
  for (const ask of asks) {
    for (const job of jobsOf(ask, network)) sendJob(bus, job);
  }
}
