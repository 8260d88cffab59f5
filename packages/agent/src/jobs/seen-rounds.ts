/** Which rounds this agent has taken a job of: a repeated job must not make a second vote. */

export interface SeenRounds {
  /** False if the round was seen before; otherwise it is remembered until `until`. */
  add(round: string, until: number, now: number): boolean;
  readonly size: number;
}

/**
 * Rounds are kept until their job's deadline, after which the deadline itself refuses the job.
 * `limit` bounds the memory whatever deadlines a sender claims: 200,000 rounds (40 MB) are
 * 2,000 jobs a second of 100 s each. Beyond it the oldest go.
 */
export function createSeenRounds(limit = 200_000): SeenRounds {
  const deadlines = new Map<string, number>();

  /** Frees the expired at the old end; each is looked at once, so this costs nothing in time. */
  function forget(now: number): void {
    for (const [round, until] of deadlines) {
      if (until > now && deadlines.size < limit) return;
      deadlines.delete(round);
    }
  }

  return {
    add(round, until, now) {
      if (deadlines.has(round)) return false;
      forget(now);
      deadlines.set(round, until);
      return true;
    },
    get size() {
      return deadlines.size;
    },
  };
}
