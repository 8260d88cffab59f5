/** An incident as it is stored, with what was said and sent about it -> as the API shows it. */
import type { AlertState, Track } from '@trustmonitor/alerting';
import {
  formatTimestamp,
  type IncidentAlert,
  type IncidentDetail,
  type IncidentResource,
  type TimelineEntry,
} from '@trustmonitor/protocol';
import type { StoredDelivery } from '../store/deliveries.ts';
import type { IncidentNote } from '../store/incident-notes.ts';
import type { StoredIncident, StoredRecord } from '../store/incidents.ts';
import type { CosignedPlace } from '../store/log.ts';
import { showPlace } from './show-checkpoint.ts';

export function showIncident(
  incident: StoredIncident,
  ack: IncidentNote | undefined,
): IncidentResource {
  const { summary, resolvedAtMs } = incident;
  return {
    id: incident.id,
    monitor: incident.monitor,
    monitorName: summary.monitorName,
    target: summary.target,
    state: resolvedAtMs === null ? 'open' : 'resolved',
    verdict: incident.verdict,
    kind: incident.kind,
    openedAt: formatTimestamp(incident.openedAtMs),
    resolvedAt: resolvedAtMs === null ? null : formatTimestamp(resolvedAtMs),
    regionsDown: [...summary.regionsDown],
    regions: [...summary.regions],
    reason: summary.reason,
    acknowledged:
      ack === undefined ? null : { by: ack.actor, at: ack.at.toISOString(), note: ack.note },
  };
}

export interface IncidentParts {
  readonly records: readonly StoredRecord[];
  /** Of the records, by digest. */
  readonly places: ReadonlyMap<string, CosignedPlace>;
  readonly notes: readonly IncidentNote[];
  readonly deliveries: readonly StoredDelivery[];
  /** Null before it is routed. */
  readonly alert: AlertState | null;
}

export function showIncidentDetail(
  incident: StoredIncident,
  { records, places, notes, deliveries, alert }: IncidentParts,
): IncidentDetail {
  const timeline = [
    ...records.map(recordEntry),
    ...notes.map(noteEntry),
    ...deliveries.map(deliveryEntry),
  ];
  return {
    ...showIncident(
      incident,
      notes.find(({ kind }) => kind === 'ack'),
    ),
    records: records.map((record) => showRecord(record, places.get(record.digest))),
    timeline: timeline.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    alerts: alert?.tracks.map(showTrack) ?? [],
  };
}

function showTrack({ channel, firstToldAtMs, toldAtMs, held }: Track): IncidentAlert {
  const at = (ms: number | null) => (ms === null ? null : formatTimestamp(ms));
  return {
    channel,
    firstToldAt: at(firstToldAtMs),
    lastToldAt: at(toldAtMs),
    held:
      held === null
        ? null
        : { kind: held.kind, why: held.why, by: held.by, until: at(held.untilMs) },
  };
}

function showRecord(
  { digest, step, recordedAtMs, envelope }: StoredRecord,
  place: CosignedPlace | undefined,
) {
  const log = place === undefined ? null : showPlace(place);
  return { digest, step, recordedAt: formatTimestamp(recordedAtMs), envelope, log };
}

function recordEntry({ digest, step, recordedAtMs }: StoredRecord): TimelineEntry {
  return { at: formatTimestamp(recordedAtMs), type: 'recorded', step, digest };
}

function noteEntry({ kind, actor, at, note, isPublic }: IncidentNote): TimelineEntry {
  const type = kind === 'ack' ? 'acknowledged' : 'noted';
  return { at: at.toISOString(), type, actor, note, public: isPublic };
}

function deliveryEntry(delivery: StoredDelivery): TimelineEntry {
  const { channel, type: message, attempts, lastError, deliveredAt, givenUpAt } = delivery;
  const at = deliveredAt ?? givenUpAt ?? delivery.createdAt;
  const state = deliveredAt !== null ? 'delivered' : givenUpAt !== null ? 'given_up' : 'pending';
  return { at: at.toISOString(), type: 'notified', channel, message, state, attempts, lastError };
}
