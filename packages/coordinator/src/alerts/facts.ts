/** An incident, an anomaly or a budget that burns -> what the router is to know of it. */
import { severityOf, type AlertFacts, type OwnRoute, type Severity } from '@trustmonitor/alerting';
import type { AnomalyKind, Monitor, Selectable, Uuid7, Verdict } from '@trustmonitor/protocol';
import type { StoredIncident } from '../store/incidents.ts';

/** A round is asked, answered, and decided in less than that. */
const ROUND_MS = 5_000;

export function incidentFacts(
  monitor: Monitor,
  incident: {
    readonly id: Uuid7;
    readonly verdict: Verdict;
    readonly regionsDown: readonly string[];
  },
): AlertFacts {
  return {
    ...{ key: incident.id, kind: 'incident', severity: severityOf(incident.verdict) },
    verdict: incident.verdict,
    regionsDown: incident.regionsDown,
    ...factsOfMonitor(monitor),
  };
}

export const anomalyKey = (kind: AnomalyKind, monitor: string): string =>
  `anomaly/${kind}/${monitor}`;

/** Held back like an incident, by what the monitor depends on too: that may be why it is slow. */
export function anomalyFacts(monitor: Monitor, kind: AnomalyKind): AlertFacts {
  return {
    ...{ key: anomalyKey(kind, monitor.id), kind: 'anomaly', severity: 'warning' },
    ...{ verdict: null, regionsDown: [], ...factsOfMonitor(monitor) },
  };
}

export const burnKey = (slo: string, sli: string): string => `slo/${slo}/${sli}`;

/** `monitor`: what it is about; see `commonOf` where that is several. Null where it is gone. */
export function burnFacts(
  { slo, sli }: { readonly slo: string; readonly sli: string },
  severity: Severity,
  monitor: Selectable | null,
  alerts: readonly StoredRoute[] | null,
): AlertFacts {
  return {
    ...{ key: burnKey(slo, sli), kind: 'slo', monitor, severity, verdict: null },
    ...{ regionsDown: [], dependsOn: [], settleMs: 0, alerts: ownRoutes(alerts) },
  };
}

/**
 * Several monitors as the tree, silences and maintenance see them: what all of them have in common.
 * So what fits each of them by group or labels fits them together.
 */
export function commonOf(id: string, all: readonly Selectable[]): Selectable {
  const [first] = all;
  const isCommon = (name: string, value: string): boolean =>
    all.every(({ labels }) => labels[name] === value);
  return {
    id,
    group: all.every(({ group }) => group === first?.group) ? (first?.group ?? null) : null,
    labels: Object.fromEntries(
      Object.entries(first?.labels ?? {}).filter(([name, value]) => isCommon(name, value)),
    ),
  };
}

function factsOfMonitor(
  monitor: Monitor,
): Pick<AlertFacts, 'monitor' | 'dependsOn' | 'settleMs' | 'alerts'> {
  const { id, group, labels, alerts, dependsOn, intervalMs, policy } = monitor;
  return {
    monitor: { id, group, labels },
    dependsOn: dependsOn ?? [],
    settleMs: policy.recoverRounds * intervalMs + ROUND_MS,
    alerts: ownRoutes(alerts),
  };
}

type StoredRoute = Pick<OwnRoute, 'notify' | 'onResolve'> & Partial<OwnRoute>;

/** What was written before there were delays and reminders has none. */
function ownRoutes(alerts: readonly StoredRoute[] | null): OwnRoute[] | null {
  if (alerts === null) return null;
  return alerts.map(({ notify, onResolve, afterMs = 0, remindEveryMs = null }) => {
    return { notify, onResolve, afterMs, remindEveryMs };
  });
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
