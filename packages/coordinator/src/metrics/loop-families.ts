/** What this coordinator has done since it started, and what it does now. */
import { LATENESS_BOUNDS_MS, type Lateness } from '../lateness.ts';
import type { CycleStats } from '../cycle-stats.ts';
import type { Family, Sample } from './exposition.ts';

export function loopFamilies(stats: CycleStats): Family[] {
  return [
    byLabel('trustmonitor_rounds_total', 'Rounds closed.', 'verdict', stats.rounds),
    byLabel('trustmonitor_votes_total', 'Votes counted.', 'outcome', stats.votes),
    byLabel(
      'trustmonitor_votes_refused_total',
      'Final results that were stored and not counted as votes.',
      'reason',
      {
        late: stats.lateVotes,
        foreign: stats.foreignVotes,
        skewed: stats.skewedVotes,
        duplicate: stats.duplicateVotes,
      },
    ),
    counter('trustmonitor_results_total', 'Results stored.', stats.results),
    byLabel('trustmonitor_batches_total', 'Batches received, by what became of them.', 'outcome', {
      stored: stats.batches,
      refused: stats.refusedBatches,
      turned_away: stats.turnedAwayBatches,
    }),
    counter(
      'trustmonitor_rounds_missed_total',
      'Rounds that were due and left out: it was too late for them.',
      stats.missedRounds,
    ),
    counter(
      'trustmonitor_rounds_skipped_total',
      'Rounds that were due while the one before was still open.',
      stats.skippedRounds,
    ),
    gauge(
      'trustmonitor_unknown_monitors_waiting',
      'Monitors that could not be judged, and whose next round waits for those of others.',
      stats.waitingUnknown,
    ),
    counter('trustmonitor_turns_total', 'Turns of the deciding loop.', stats.turns),
    counter(
      'trustmonitor_commit_retries_total',
      'Commits tried again because the database was away.',
      stats.commitRetries,
    ),
    counter(
      'trustmonitor_set_aside_total',
      'Decisions and results that the database takes in no form. Each is a fault to report.',
      stats.setAside,
    ),
    latenessFamily(stats.lateness),
  ];
}

function latenessFamily(lateness: Lateness): Family {
  return {
    name: 'trustmonitor_round_lateness_seconds',
    type: 'histogram',
    help: 'How much later than their ticks rounds were opened.',
    samples: latenessSamples(lateness),
  };
}

/** Buckets of the exposition format hold all that is below, too. */
function* latenessSamples({ counts, count, sumMs }: Lateness): Iterable<Sample> {
  let below = 0;
  for (const [i, bucket] of counts.entries()) {
    below += bucket;
    const bound = LATENESS_BOUNDS_MS[i];
    const le = bound === undefined ? '+Inf' : String(bound / 1_000);
    yield { suffix: '_bucket', labels: { le }, value: below };
  }
  yield { suffix: '_sum', value: sumMs / 1_000 };
  yield { suffix: '_count', value: count };
}

export function counter(name: string, help: string, value: number): Family {
  return { name, help, type: 'counter', samples: [{ value }] };
}

export function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: 'gauge', samples: [{ value }] };
}

/** One series for each key, also where nothing was counted yet: an alert needs the zero. */
export function byLabel(
  name: string,
  help: string,
  label: string,
  values: Readonly<Record<string, number>>,
): Family {
  const samples = Object.entries(values).map(([key, value]) => ({
    labels: { [label]: key },
    value,
  }));
  return { name, help, type: 'counter', samples };
}
