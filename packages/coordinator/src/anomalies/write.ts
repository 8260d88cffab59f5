/** What began and ended: its row, what listeners hear, and an alert for whoever routes these. */
import { anomalyModeOf, formatTimestamp, type LiveEvent } from '@trustmonitor/protocol';
import { anomalyFacts, anomalyKey } from '../alerts/facts.ts';
import type { LinkSettings } from '../links.ts';
import { insertAlertEvents, isAlertOpen, type NewAlertEvent } from '../store/alerts.ts';
import { deleteAnomaly, insertAnomaly } from '../store/anomalies.ts';
import type { Queryable } from '../store/database.ts';
import { insertEvents } from '../store/events.ts';
import { anomalyMessageOf, type AnomalyMessage } from './message.ts';
import type { AnomalyChange } from './tracker.ts';

export async function writeChanges(
  tx: Queryable,
  changes: readonly AnomalyChange[],
  { apiUrl }: Pick<LinkSettings, 'apiUrl'>,
): Promise<void> {
  const events: LiveEvent[] = [];
  const alerts: NewAlertEvent[] = [];
  for (const change of changes) {
    const sinceMs = await writeChange(tx, change);
    if (sinceMs === null) continue;
    const message = messageOf(change, sinceMs, apiUrl);
    events.push(eventOf(change, message));
    alerts.push(...(await alertOf(tx, change, message)));
  }
  await insertAlertEvents(tx, alerts);
  await insertEvents(tx, events);
}

/** Since when there is the anomaly; null where nothing changed by it. */
async function writeChange(tx: Queryable, change: AnomalyChange): Promise<number | null> {
  const { kind, watched, atMs: beganAtMs, reason: summary, z, regions } = change;
  const { definition, checkDigest } = watched;
  if (change.end !== null) {
    return (await deleteAnomaly(tx, definition.id, kind))?.getTime() ?? null;
  }
  const row = { monitor: definition.id, kind, checkDigest, beganAtMs, summary, z, regions };
  return (await insertAnomaly(tx, row)) ? beganAtMs : null;
}

function messageOf(change: AnomalyChange, sinceMs: number, apiUrl: string): AnomalyMessage {
  const { end, kind, watched, atMs, reason } = change;
  const { definition } = watched;
  const regions = Object.keys(change.regions).toSorted();
  return anomalyMessageOf({ end, kind, definition, atMs, sinceMs, reason, regions }, apiUrl);
}

function eventOf(
  { kind, watched, atMs, reason }: AnomalyChange,
  { type }: AnomalyMessage,
): LiveEvent {
  const at = formatTimestamp(atMs);
  return { type, at, monitor: watched.definition.id, kind, summary: reason };
}

/** None where people do not hear of it: the end is for whoever heard of the beginning. */
async function alertOf(
  tx: Queryable,
  { end, kind, watched: { definition } }: AnomalyChange,
  message: AnomalyMessage,
): Promise<NewAlertEvent[]> {
  const isBeginning = end === null;
  const isTold = isBeginning
    ? anomalyModeOf(definition, kind) === 'alert'
    : await isAlertOpen(tx, anomalyKey(kind, definition.id));
  if (!isTold) return [];
  const step = isBeginning ? 'opened' : 'resolved';
  return [{ step, facts: anomalyFacts(definition, kind), message }];
}
