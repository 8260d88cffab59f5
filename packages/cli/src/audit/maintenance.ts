/** Announced maintenance, in the order of the log, and the reports that rest on it. */
import { MAX_CLOCK_SKEW_MS } from '@trustmonitor/evidence';
import {
  parseTimestamp,
  type MaintenancePredicate,
  type UptimePredicate,
} from '@trustmonitor/protocol';
import type { Findings } from './report.ts';

/** An occurrence as far as the log has told of it. */
interface Announced {
  readonly startsAt: string;
  readonly endsAt: string;
  /** Digests of its plan and, once it was ended early, of its end. */
  readonly statements: readonly string[];
  /** The latest time that an agent's batch says which stands in the log before the plan. */
  readonly loggedAfterMs: number;
}

/** Each occurrence: planned once, and ended early once at most. */
export class MaintenanceChains {
  readonly #findings: Findings;
  readonly #occurrences = new Map<string, Announced>();
  #count = 0;
  #latestBatchMs = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** What was sealed then stands in the log before everything that is added from now on. */
  noteBatch(sealedAt: string): void {
    this.#latestBatchMs = Math.max(this.#latestBatchMs, parseTimestamp(sealedAt));
  }

  add(index: number, digest: string, predicate: MaintenancePredicate): void {
    const { occurrence, window, step, previous, startsAt, endsAt } = predicate;
    this.#count += 1;
    const fault = (why: string): void => {
      this.#findings.fault('maintenance.chain', `leaf ${index}: ${window} ${why}`);
    };
    const before = this.#occurrences.get(occurrence);
    if (before === undefined) {
      if (step !== 'plan' || previous !== null) fault('is ended, and its plan is not in the log');
      else if (endsAt <= startsAt) fault('ends before it begins');
      const loggedAfterMs = this.#latestBatchMs;
      this.#occurrences.set(occurrence, { startsAt, endsAt, statements: [digest], loggedAfterMs });
      return;
    }
    if (step !== 'end' || before.statements.length > 1) fault('is announced a second time');
    else if (previous !== before.statements[0]) fault('is ended by what does not follow its plan');
    else if (startsAt !== before.startsAt || endsAt < startsAt || endsAt >= before.endsAt) {
      fault('is ended at a time that does not shorten it');
    }
    const statements = [before.statements[0] ?? '', digest];
    this.#occurrences.set(occurrence, { ...before, endsAt, statements });
  }

  /**
   * A report rests on what the log said before it, also of a window's early end; and takes out no
   * time from before the plan was in the log, as the agents' clocks tell it.
   */
  addReport(index: number, { maintenance }: UptimePredicate): void {
    const fault = (why: string): void => {
      this.#findings.fault('report.complete', `leaf ${index}: the report names ${why}`);
    };
    for (const { occurrence, window, statements, excludedFrom } of maintenance) {
      const known = this.#occurrences.get(occurrence);
      if (known?.statements.join() !== statements.join()) {
        const isLonger = (known?.statements.length ?? 0) > statements.length;
        fault(`${window} ${isLonger ? 'without its end' : 'by statements that are not there'}`);
      } else if (excludedFrom !== null) {
        const fromMs = parseTimestamp(excludedFrom);
        if (known.loggedAfterMs <= fromMs + MAX_CLOCK_SKEW_MS) continue;
        const logged = new Date(known.loggedAfterMs).toISOString();
        fault(`${window} from ${excludedFrom} on, and it was logged after ${logged}`);
      }
    }
  }

  finish(): void {
    const statements = this.#count === 1 ? '1 statement' : `${this.#count} statements`;
    this.#findings.done('maintenance.chain', `${statements} on ${this.#occurrences.size} windows`);
  }
}
