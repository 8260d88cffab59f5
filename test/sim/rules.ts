/** Rules of the product that a test may break, to see that the checker finds what follows. */
export interface Rules {
  /** A deciding transaction checks its epochs. */
  readonly fencing: boolean;
  /** (round, agent, attempt) is unique. */
  readonly uniqueResults: boolean;
  /** A monitor has at most one open incident. */
  readonly oneOpenIncident: boolean;
  /** A transaction that is tried again is known by its turn. */
  readonly knowsTurns: boolean;
  /** A vote counts in its own round only. */
  readonly bindsRounds: boolean;
  /** A batch is receipted after its commit. */
  readonly receiptsAfterCommit: boolean;
  /** An agent whose canaries fail abstains. */
  readonly asksCanaries: boolean;
  /** While much of the fleet fails at once, an incident waits for one more round. */
  readonly brakesFleet: boolean;
  /** Meanwhile agents ask their canaries anew, and do not go by what these said before. */
  readonly asksCanariesAnew: boolean;
  /** No round asks a region in quarantine. */
  readonly leavesOutQuarantined: boolean;
}

export const ALL_RULES: Rules = {
  fencing: true,
  uniqueResults: true,
  oneOpenIncident: true,
  knowsTurns: true,
  bindsRounds: true,
  receiptsAfterCommit: true,
  asksCanaries: true,
  brakesFleet: true,
  asksCanariesAnew: true,
  leavesOutQuarantined: true,
};
