/** What the log says of a probe: enough to find its round, its trace and why. */
import { traceIdOf, type Result } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { AdmittedJob } from '../jobs/admit.ts';

export function namesOf({ monitor, round }: Pick<AdmittedJob, 'monitor' | 'round'>) {
  return { monitor, round, traceId: traceIdOf(round) };
}

export function logResults(log: Logger, job: AdmittedJob, results: readonly Result[]): void {
  if (!log.isLevelEnabled('debug')) return;
  for (const { attempt, outcome, failure, durationMs } of results) {
    const { class: failureClass = null, detail = null } = failure ?? {};
    const seen = { attempt, outcome, class: failureClass, detail, durationMs };
    log.debug({ ...namesOf(job), ...seen }, 'probed');
  }
}
