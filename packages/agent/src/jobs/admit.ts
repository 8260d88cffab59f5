/** Whether a job may run here and now; everything that could make its vote worthless is refused. */
import { parseTimestamp, type Job } from '@trustmonitor/protocol';
import type { KnownChecks } from './known-checks.ts';
import type { SeenRounds } from './seen-rounds.ts';

/** A job that this agent will run, with its deadline on our monotonic clock. */
export interface AdmittedJob extends Job {
  readonly deadlineAt: number;
}

/** Why a job was dropped. Nothing is reported: the coordinator takes silence as an abstention. */
export type Refusal =
  'foreign_network' | 'foreign_region' | 'expired' | 'digest_mismatch' | 'repeated';

export type Admission =
  | { readonly admitted: true; readonly job: AdmittedJob }
  | { readonly admitted: false; readonly refusal: Refusal };

export interface AdmissionContext {
  readonly network: string;
  readonly region: string;
  readonly seen: SeenRounds;
  readonly checks: KnownChecks;
  /** Our monotonic clock. */
  readonly now: number;
  /** The clock of the coordinator that sent it; null while it has answered no heartbeat. */
  readonly coordinatorNow: number | null;
}

export function admit(job: Job, context: AdmissionContext): Admission {
  if (job.network !== context.network) return refused('foreign_network');
  if (job.region !== context.region) return refused('foreign_region');
  const remainingMs = remainingOf(job, context.coordinatorNow);
  // Written so that an impossible date (NaN) is refused too.
  if (!(remainingMs > 0)) return refused('expired');
  if (!context.checks.matches(job.check)) return refused('digest_mismatch');
  const deadlineAt = context.now + remainingMs;
  // Last, so that a bad job cannot use up the round of a good one.
  if (!context.seen.add(job.round, deadlineAt, context.now)) return refused('repeated');
  return { admitted: true, job: { ...job, deadlineAt } };
}

/**
 * Time left, by the coordinator's clock. Before it is known the job counts as just issued: jobs
 * are sent at most once and the broker keeps none, so they are young when they arrive. A job
 * "from the future" (two coordinators whose clocks differ) has no more than its own time.
 */
function remainingOf(job: Job, coordinatorNow: number | null): number {
  if (coordinatorNow === null) return job.expiresInMs;
  const left = parseTimestamp(job.issuedAt) + job.expiresInMs - coordinatorNow;
  return Math.min(left, job.expiresInMs);
}

function refused(refusal: Refusal): Admission {
  return { admitted: false, refusal };
}
