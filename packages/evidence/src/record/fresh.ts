/** How far an agent's clock may be from the coordinator's before its votes stop counting. */
export const MAX_CLOCK_SKEW_MS = 120_000;

/**
 * Whether a time by an agent's clock lies in a round, give or take the skew. The coordinator asks
 * this of `startedAt` and `sealedAt` before it counts a vote (with `closedAt` now), and the
 * verifier asks it again: a coordinator that backdates a round is contradicted by every agent.
 */
export function isFresh(agentMs: number, openedAtMs: number, closedAtMs: number): boolean {
  return agentMs >= openedAtMs - MAX_CLOCK_SKEW_MS && agentMs <= closedAtMs + MAX_CLOCK_SKEW_MS;
}
