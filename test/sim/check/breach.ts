/** An invariant that did not hold. */
export const INVARIANTS = {
  I1: 'every receipted result is stored exactly once',
  I2: 'at most one incident of a monitor is open',
  I3: 'every incident step follows from stored, counted, fresh votes of k voting groups',
  I4: 'nothing opens or closes against the truth',
  I5: 'every step of an incident is told to every channel once, in order',
  I6: 'nothing is written under an epoch that is over',
  I7: 'after healing, everything is steady and nothing piles up',
  I8: 'while much of the fleet fails at once, what opens rests on canaries that were asked anew',
  I9: 'a region that was known to be in quarantine is not counted',
  detection: 'an outage of a healthy network is found within 1.5 intervals and 5 s',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export class Breach extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, what: string) {
    super(`${invariant} (${INVARIANTS[invariant]}): ${what}`);
    this.name = 'Breach';
    this.invariant = invariant;
  }
}
