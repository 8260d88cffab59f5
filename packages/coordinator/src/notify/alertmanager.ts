/** Alertmanager, API v2: an alert with a beginning, and an end once it is over. */
import type { OpenedChannel } from '@trustmonitor/protocol';
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import { post } from './post.ts';
import { storyOf } from './story.ts';
import { linesOf, oneLine, plainUrl } from './text.ts';

/**
 * Alertmanager ends an alert that it does not hear of again (`resolve_timeout`), unless the alert
 * says until when it holds. A message is sent once, so it holds until its end is told; this is for
 * an end that never is.
 */
const HOLDS_MS = 7 * 86_400_000;

export const deliverAlertmanager: Deliver<'alertmanager'> = async (channel, message, signal) => {
  const base = channel.url.replace(/\/+$/, '');
  const body = payloadOf(message.payload, channel);
  return post({ url: `${base}/api/v2/alerts`, body, headers: credentials(channel) }, signal);
};

const ALERT_NAMES: Readonly<Record<string, string>> = {
  incident: 'TrustMonitorIncident',
  slo: 'TrustMonitorErrorBudget',
};

/** An alert is the same as long as its labels are: nothing that changes is one. */
function payloadOf(payload: Payload, channel: OpenedChannel<'alertmanager'>): object[] {
  const story = storyOf(payload);
  const isIncident = payload.type.startsWith('incident.');
  const atMs = Date.parse(story.at);
  const endsAt = story.alert === 'open' ? new Date(atMs + HOLDS_MS).toISOString() : story.at;
  const [link] = story.links;
  return story.keys.map((key) => ({
    labels: {
      ...channel.labels,
      alertname: ALERT_NAMES[payload.type.split('.')[0] ?? ''] ?? 'TrustMonitorMonitoring',
      ...(isIncident ? { monitor: story.subject, incident: key } : { topic: key }),
    },
    annotations: {
      summary: oneLine(story.title),
      description: linesOf(story).join('\n'),
      severity: story.severity,
    },
    startsAt: new Date(Math.min(Date.parse(story.since), atMs)).toISOString(),
    endsAt,
    ...(link === undefined ? {} : { generatorURL: plainUrl(link.url) }),
  }));
}

function credentials({
  username,
  password,
  token,
}: OpenedChannel<'alertmanager'>): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (username === undefined || password === undefined) return {};
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  return { authorization: `Basic ${basic}` };
}
