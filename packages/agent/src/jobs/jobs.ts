/** From the broker to the queue: parsed -> admitted -> queued, or refused and counted. */
import { onJob, type Bus } from '@trustmonitor/bus';
import type { Job } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { limitLog } from '../log-limit.ts';
import type { NetworkClock } from '../vitals/clock.ts';
import { admit, type AdmittedJob } from './admit.ts';
import type { Drained } from './drained.ts';
import { createKnownChecks } from './known-checks.ts';
import type { WorkQueue } from './queue.ts';
import { createSeenRounds } from './seen-rounds.ts';

export interface JobIntake {
  readonly bus: Bus;
  readonly network: string;
  readonly region: string;
  readonly clock: NetworkClock;
  readonly queue: WorkQueue<AdmittedJob>;
  /** False while results could not be kept: a probe would be for nothing. */
  readonly canReport: () => boolean;
  /** Reports a job that there is no room for as an abstention, with the reason. */
  readonly abstain: (job: AdmittedJob) => void;
  /** While it is, this agent is none of those that the broker shares the region's jobs among. */
  readonly drained: Pick<Drained, 'follow'>;
  readonly log: Logger;
}

/** Takes jobs until it is stopped, but for the times when the agent is drained. */
export function takeJobs(intake: JobIntake): { stop(): void } {
  const { bus, network, region, clock, queue } = intake;
  const warn = limitLog(intake.log);
  const seen = createSeenRounds();
  const checks = createKnownChecks();

  function handle(job: Job): void {
    if (!intake.canReport()) {
      warn('no_room', { round: job.round, monitor: job.monitor }, 'job dropped: the spool is full');
      return;
    }
    const now = performance.now();
    const admission = admit(job, {
      network,
      region,
      seen,
      checks,
      now,
      coordinatorNow: clock.coordinatorNow(job.coordinator),
    });
    if (!admission.admitted) {
      const { refusal } = admission;
      warn(refusal, { refusal, round: job.round, monitor: job.monitor }, 'job refused');
    } else if (!queue.offer(admission.job)) {
      intake.abstain(admission.job);
    }
  }

  const open = () =>
    onJob(bus, region, handle, (subject, error) =>
      warn('malformed', { subject, code: error.code, reason: error.message }, 'job refused'),
    );
  let isStopped = false;
  let subscription: ReturnType<typeof open> | null = null;
  const settle = (isDrained: boolean): void => {
    const isWanted = !isStopped && !isDrained;
    if (isWanted) subscription ??= open();
    else {
      subscription?.unsubscribe();
      subscription = null;
    }
  };
  intake.drained.follow(settle);
  return {
    stop() {
      isStopped = true;
      settle(true);
    },
  };
}
