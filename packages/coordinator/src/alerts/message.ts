/** What is said of alerts -> the messages that people get: of one alert, or of several together. */
import type { Item, ItemStep } from '@trustmonitor/alerting';
import { formatTimestamp, type Timestamp, type Verdict } from '@trustmonitor/protocol';
import type { AnomalyMessage } from '../anomalies/message.ts';
import { runbookUrl } from '../runbooks.ts';
import type { SloMessage } from '../slo/message.ts';
import type { IncidentMessage } from './incident-message.ts';

/** Of one alert. Other kinds of alerts add theirs here. */
export type AlertMessage = IncidentMessage | FlappingMessage | AnomalyMessage | SloMessage;

/** Several alerts, in the order in which they happened. */
export interface GroupMessage {
  readonly type: 'alerts.grouped';
  readonly at: Timestamp;
  /** How many of which kind. */
  readonly summary: string;
  readonly alerts: readonly AlertMessage[];
}

/** A monitor that goes down and up again and again, so that nobody is told of each time. */
export interface FlappingMessage {
  readonly type: 'monitor.flapping' | 'monitor.settled';
  readonly at: Timestamp;
  readonly monitor: IncidentMessage['monitor'];
  /** How it is now: `down` or `partial` while an incident is open. */
  readonly verdict: Verdict;
  readonly summary: string;
  /** When it was known to flap. */
  readonly since: Timestamp;
  readonly runbook: string | null;
  readonly links: {
    /** The incident that is open now, or was last. */
    readonly incident: string;
    /** Of the system, for a monitor that has none of its own. */
    readonly runbook: string;
  };
}

const INCIDENT_TYPES: Readonly<Record<ItemStep, IncidentMessage['type']>> = {
  opened: 'incident.opened',
  escalated: 'incident.escalated',
  updated: 'incident.updated',
  acknowledged: 'incident.acknowledged',
  reminder: 'incident.reminder',
  resolved: 'incident.resolved',
};

/** What an item needs beyond the message that it stands for. */
export interface Circumstances {
  readonly atMs: number;
  /** When the alert began. */
  readonly sinceMs: number;
  /** Whether an incident of the monitor is open. */
  readonly isDown: boolean;
  readonly apiUrl: string;
}

export function messageOf(item: Item, message: AlertMessage, around: Circumstances): AlertMessage {
  if (!isIncident(message)) return { ...message, ...again(item, message, around) };
  if (item.alert !== message.incident) return flappingMessage(item, message, around);
  const type = INCIDENT_TYPES[item.step];
  if (type === message.type) return message;
  return { ...message, type, ...again(item, message, around) };
}

/** The same words, said once more: nothing else is. */
function again(
  { step }: Item,
  { summary, since }: Pick<AlertMessage, 'summary' | 'since'>,
  { atMs }: Circumstances,
): Partial<Pick<AlertMessage, 'at' | 'summary'>> {
  if (step !== 'reminder' && step !== 'escalated') return {};
  const why =
    step === 'reminder'
      ? `Still so since ${since.slice(0, 16).replace('T', ' ')} UTC`
      : 'Nobody has acknowledged it';
  return { at: formatTimestamp(atMs), summary: `${why}: ${summary}` };
}

function flappingMessage(
  { step }: Item,
  { monitor, verdict: last, runbook, links }: IncidentMessage,
  { atMs, sinceMs, isDown, apiUrl }: Circumstances,
): FlappingMessage {
  const isOver = step === 'resolved';
  // An incident that opened since the words were written is not as they say.
  const verdict = !isDown ? 'up' : last === 'up' ? 'down' : last;
  return {
    type: isOver ? 'monitor.settled' : 'monitor.flapping',
    at: formatTimestamp(atMs),
    ...{ monitor, verdict, runbook },
    summary: isOver
      ? `${monitor.name} does not flap any more: it is ${verdict}`
      : `${monitor.name} goes down and up again and again, and is ${verdict} now: its incidents are ` +
        'recorded, and told only where they last',
    since: formatTimestamp(sinceMs),
    links: { incident: links.incident, runbook: runbookUrl(apiUrl, 'monitor.flapping') },
  };
}

export function together(
  messages: readonly AlertMessage[],
  atMs: number,
): AlertMessage | GroupMessage {
  const [first, ...others] = messages;
  if (first !== undefined && others.length === 0) return first;
  return {
    type: 'alerts.grouped',
    at: formatTimestamp(atMs),
    summary: countsOf(messages),
    alerts: messages,
  };
}

const WORDS: Readonly<Record<AlertMessage['type'], string>> = {
  'incident.opened': 'opened',
  'incident.escalated': 'not acknowledged',
  'incident.updated': 'changed',
  'incident.acknowledged': 'acknowledged',
  'incident.reminder': 'still open',
  'incident.resolved': 'resolved',
  'monitor.flapping': 'flapping',
  'monitor.settled': 'not flapping any more',
  'monitor.anomalous': 'not as usual',
  'monitor.normal': 'as usual again',
  'slo.burning': 'burning',
  'slo.recovered': 'not burning any more',
};

const MAX_NAMED = 5;

/** `12 alerts: 10 opened, 2 resolved (Checkout, Search and 10 more)` */
function countsOf(messages: readonly AlertMessage[]): string {
  const counts = new Map<string, number>();
  for (const { type } of messages) counts.set(WORDS[type], (counts.get(WORDS[type]) ?? 0) + 1);
  const names = [...new Set(messages.map(nameOf))];
  const unnamed = names.length - MAX_NAMED;
  const named = names.slice(0, MAX_NAMED).join(', ') + (unnamed > 0 ? ` and ${unnamed} more` : '');
  const parts = [...counts].map(([word, count]) => `${count} ${word}`);
  return `${messages.length} alerts: ${parts.join(', ')} (${named})`;
}

/** Of the monitor, or the objective, that it is about. */
function nameOf(message: AlertMessage): string {
  return 'slo' in message ? message.name : message.monitor.name;
}

export function isIncident(message: object): message is IncidentMessage {
  return 'incident' in message;
}
