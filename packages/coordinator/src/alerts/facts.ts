/** An incident of a monitor -> what the router is to know of it. */
import { severityOf, type AlertFacts } from '@trustmonitor/alerting';
import type { Monitor, Uuid7, Verdict } from '@trustmonitor/protocol';
import type { StoredIncident } from '../store/incidents.ts';

/** A round is asked, answered, and decided in less than that. */
const ROUND_MS = 5_000;

export function incidentFacts(
  { id, group, labels, alerts, dependsOn, intervalMs, policy }: Monitor,
  incident: {
    readonly id: Uuid7;
    readonly verdict: Verdict;
    readonly regionsDown: readonly string[];
  },
): AlertFacts {
  return {
    key: incident.id,
    kind: 'incident',
    monitor: { id, group, labels },
    severity: severityOf(incident.verdict),
    verdict: incident.verdict,
    regionsDown: incident.regionsDown,
    dependsOn: dependsOn ?? [],
    settleMs: policy.recoverRounds * intervalMs + ROUND_MS,
    alerts:
      alerts?.map(({ afterMs = 0, remindEveryMs = null, ...told }) => {
        return { ...told, afterMs, remindEveryMs };
      }) ?? null,
  };
}

/** Of an incident that somebody does something about; `monitor` null: it is gone. */
export function storedFacts(incident: StoredIncident, monitor: Monitor | null): AlertFacts {
  const { id, verdict, summary } = incident;
  const { regionsDown } = summary;
  if (monitor !== null) return incidentFacts(monitor, { id, verdict, regionsDown });
  return {
    ...{ key: id, kind: 'incident', monitor: null, severity: severityOf(verdict), verdict },
    ...{ regionsDown, dependsOn: [], settleMs: 0, alerts: null },
  };
}
