/** Results that wait to be sealed, by shard, and when each shard's turn comes. */
import type { Job } from '@trustmonitor/protocol';
import type { JobResults, Parcel } from './chain.ts';

export interface GatherLimits {
  /** The longest that a result waits for company. */
  readonly lingerMs: number;
  /** The same for one that nothing waits for. All lanes are due together for these: one file on the disk. */
  readonly calmLingerMs: number;
  /** The same while receipts of its shard are overdue: one more batch would wait behind those. */
  readonly backlogLingerMs: number;
  /** This many results of one shard wait no longer; a batch has about as many at most. */
  readonly batchResults: number;
  /** Results that may wait in all; more are turned away. */
  readonly maxResults: number;
}

/**
 * `calm`: asked of this region alone, as nothing is wrong with the monitor. `alert`: others are asked too,
 * and a verdict may hang on it. `backlog`: receipts of its shard are overdue.
 */
export type Pace = 'calm' | 'alert' | 'backlog';

export function paceOf({ phase }: Pick<Job, 'phase'>, inBacklog: boolean): Pace {
  if (inBacklog) return 'backlog';
  return phase === 'primary' ? 'calm' : 'alert';
}

interface Lane {
  readonly jobs: JobResults[];
  results: number;
  dueAt: number;
}

type Lanes = Map<number, Lane>;

export class Gather {
  readonly #limits: GatherLimits;
  readonly #failures: Lanes = new Map();
  readonly #others: Lanes = new Map();
  #results = 0;

  constructor(limits: GatherLimits) {
    this.#limits = limits;
  }

  /** Results that wait. */
  get size(): number {
    return this.#results;
  }

  get full(): boolean {
    return this.#results >= this.#limits.maxResults;
  }

  /**
   * Takes the results of one job; false when there is no room for them.
   *
   * A failure is due at once and shares its batch only with failures that came while the last
   * seal was under way: a verdict may hang on it. In a backlog none does.
   */
  add(shard: number, job: JobResults, now: number, pace: Pace): boolean {
    if (this.full) return false;
    const failed = job.some(({ outcome }) => outcome === 'down');
    if (failed && pace !== 'backlog') this.#put(this.#failures, shard, [job], -Infinity);
    else this.#put(this.#others, shard, [job], this.#dueAt(job, now, pace));
    return true;
  }

  #dueAt(job: JobResults, now: number, pace: Pace): number {
    const { lingerMs, calmLingerMs, backlogLingerMs } = this.#limits;
    if (pace === 'backlog') return now + backlogLingerMs;
    const isCalm = pace === 'calm' && job.every(({ outcome }) => outcome === 'up');
    return isCalm ? (Math.floor(now / calmLingerMs) + 1) * calmLingerMs : now + lingerMs;
  }

  /** When `takeDue` will have something to give; Infinity while nothing waits. */
  nextDueAt(): number {
    let next = this.#failures.size > 0 ? -Infinity : Infinity;
    for (const { dueAt } of this.#others.values()) next = Math.min(next, dueAt);
    return next;
  }

  /** Takes out what is due at `now` (Infinity: everything), at most a batch of each lane. */
  takeDue(now: number): Parcel[] {
    return [...this.#takeFrom(this.#failures, now), ...this.#takeFrom(this.#others, now)];
  }

  /** Puts back what could not be kept, in front of what came since. */
  putBack(parcels: readonly Parcel[]): void {
    for (const { shard, jobs } of parcels.toReversed()) {
      const lane = this.#put(this.#others, shard, [], -Infinity);
      lane.jobs.unshift(...jobs);
      this.#count(lane, jobs);
    }
  }

  #put(lanes: Lanes, shard: number, jobs: readonly JobResults[], dueAt: number): Lane {
    const lane = lanes.get(shard) ?? { jobs: [], results: 0, dueAt };
    lanes.set(shard, lane);
    // One that began in a backlog holds up nothing that comes after it.
    lane.dueAt = Math.min(lane.dueAt, dueAt);
    lane.jobs.push(...jobs);
    this.#count(lane, jobs);
    if (lane.results >= this.#limits.batchResults) lane.dueAt = -Infinity;
    return lane;
  }

  #takeFrom(lanes: Lanes, now: number): Parcel[] {
    const parcels: Parcel[] = [];
    for (const [shard, lane] of lanes) {
      if (lane.dueAt > now) continue;
      const jobs = lane.jobs.splice(0, this.#jobsForOneBatch(lane.jobs));
      this.#count(lane, jobs, -1);
      // What is left has waited as long: it stays due.
      if (lane.jobs.length === 0) lanes.delete(shard);
      parcels.push({ shard, jobs });
    }
    return parcels;
  }

  #jobsForOneBatch(jobs: readonly JobResults[]): number {
    let results = 0;
    let count = 0;
    for (const job of jobs) {
      if (count > 0 && results + job.length > this.#limits.batchResults) break;
      results += job.length;
      count += 1;
    }
    return count;
  }

  #count(lane: Lane, jobs: readonly JobResults[], sign: 1 | -1 = 1): void {
    const results = sign * jobs.reduce((sum, job) => sum + job.length, 0);
    lane.results += results;
    this.#results += results;
  }
}
