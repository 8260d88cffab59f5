/** What each incident has spent of a budget. */

/** Bad time of one monitor in one row of the past, which may be a minute, an hour or a day long. */
export interface BadSlice {
  readonly monitor: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly badMs: number;
}

/** From the first bad round of it to the end; `toMs` infinite while it is open. */
export interface IncidentSpan {
  readonly id: string;
  readonly monitor: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface IncidentSpending {
  /** By incident, in milliseconds; every incident is in it. */
  readonly byIncident: ReadonlyMap<string, number>;
  /** In no incident: rounds that were bad and not confirmed. */
  readonly besideMs: number;
}

/**
 * Each slice goes to the incidents that it overlaps, the earliest first, and to none of them more
 * than it overlaps: exact where slices are minutes, and for hours and days where an incident is
 * alone in them. All of it together is all that was spent.
 */
export function spendingOf(
  slices: readonly BadSlice[],
  incidents: readonly IncidentSpan[],
): IncidentSpending {
  const byIncident = new Map(incidents.map(({ id }) => [id, 0]));
  const byMonitor = new Map<string, IncidentSpan[]>();
  for (const incident of incidents.toSorted((a, b) => a.fromMs - b.fromMs)) {
    byMonitor.set(incident.monitor, [...(byMonitor.get(incident.monitor) ?? []), incident]);
  }
  let besideMs = 0;
  for (const slice of slices) {
    let restMs = slice.badMs;
    for (const incident of byMonitor.get(slice.monitor) ?? []) {
      const overlapMs =
        Math.min(slice.toMs, incident.toMs) - Math.max(slice.fromMs, incident.fromMs);
      const takenMs = Math.min(restMs, Math.max(0, overlapMs));
      byIncident.set(incident.id, (byIncident.get(incident.id) ?? 0) + takenMs);
      restMs -= takenMs;
    }
    besideMs += restMs;
  }
  return { byIncident, besideMs };
}
