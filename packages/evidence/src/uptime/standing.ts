/** How long an incident stood at what: read from its records, from which it follows alone. */
import { parseTimestamp, type IncidentPredicate } from '@trustmonitor/protocol';

export interface Standing {
  readonly verdict: 'down' | 'partial';
  /** Milliseconds since the epoch. */
  readonly fromMs: number;
  /** Infinity while the incident is open. */
  readonly toMs: number;
}

/** The predicates of one incident, oldest first; never empty. */
export type IncidentSteps = readonly [IncidentPredicate, ...IncidentPredicate[]];

export const openedMs = ([first]: IncidentSteps): number => parseTimestamp(first.openedAt);

/** Infinity while it is open. */
export function resolvedMs(steps: IncidentSteps): number {
  const { resolvedAt } = steps.at(-1) ?? steps[0];
  return resolvedAt === null ? Number.POSITIVE_INFINITY : parseTimestamp(resolvedAt);
}

/**
 * An incident stands at what its opening record says from `openedAt` on, changes with the round
 * that decided each update, and ends with `resolvedAt`. The stretches follow each other without
 * a gap, whatever the records say.
 */
export function standingsOf(steps: IncidentSteps): Standing[] {
  const endMs = resolvedMs(steps);
  const standings: Standing[] = [];
  let fromMs = openedMs(steps);
  let { verdict } = steps[0];
  const until = (toMs: number): void => {
    if (verdict === 'down' || verdict === 'partial') standings.push({ verdict, fromMs, toMs });
    fromMs = toMs;
  };
  for (const { step, rounds, verdict: next } of steps) {
    const last = rounds.at(-1);
    // What an amendment says of the verdict is what stood already.
    if (step !== 'update' || last === undefined) continue;
    until(Math.min(Math.max(parseTimestamp(last.closedAt), fromMs), endMs));
    verdict = next;
  }
  until(endMs);
  return standings;
}
