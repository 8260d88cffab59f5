/** Alertmanager, API v2: an alert with a beginning, and an end once it is over. */
import type { OpenedChannel } from '@trustmonitor/protocol';
import type { Message as Payload } from '../announce.ts';
import type { Deliver } from './channel.ts';
import type { Story } from './facts.ts';
import { post } from './post.ts';
import { storiesOf } from './story.ts';
import { linesOf, oneLine, plainUrl } from './text.ts';

/**
 * Alertmanager ends an alert that it does not hear of again (`resolve_timeout`), unless the alert
 * says until when it holds. A message is sent once, so it holds until its end is told; this is for
 * an end that never is.
 */
const HOLDS_MS = 7 * 86_400_000;
/** What has no end holds so long from when it is sent: an end in the past is an alert nobody sees. */
const PULSE_MS = 300_000;

export const deliverAlertmanager: Deliver<'alertmanager'> = async (channel, message, signal) => {
  const base = channel.url.replace(/\/+$/, '');
  const body = payloadOf(message.payload, channel);
  return post({ url: `${base}/api/v2/alerts`, body, headers: credentials(channel) }, signal);
};

const ALERT_NAMES: Readonly<Record<string, string>> = {
  alerts: 'TrustMonitorIncident',
  incident: 'TrustMonitorIncident',
  monitor: 'TrustMonitorIncident',
  slo: 'TrustMonitorErrorBudget',
};

/** An alert of which several things are said at once is as the last of them says. */
function payloadOf(payload: Payload, channel: OpenedChannel<'alertmanager'>): object[] {
  const name = ALERT_NAMES[payload.type.split('.')[0] ?? ''] ?? 'TrustMonitorMonitoring';
  const alerts = storiesOf(payload).flatMap((story) => alertsOf(story, channel, name));
  return [...new Map(alerts.map((alert) => [JSON.stringify(alert.labels), alert])).values()];
}

interface Alert {
  /** An alert is the same as long as these are: nothing that changes is one. */
  readonly labels: Readonly<Record<string, string>>;
}

function alertsOf(story: Story, channel: OpenedChannel<'alertmanager'>, name: string): Alert[] {
  const isIncident = name === ALERT_NAMES['incident'];
  const atMs = Date.parse(story.at);
  const [link] = story.links;
  return story.keys.map((key) => ({
    labels: {
      ...channel.labels,
      alertname: name,
      ...(isIncident ? { monitor: story.subject, incident: key } : { topic: key }),
    },
    annotations: {
      summary: oneLine(story.title),
      description: linesOf(story).join('\n'),
      severity: story.severity,
    },
    startsAt: new Date(Math.min(Date.parse(story.since), atMs)).toISOString(),
    endsAt: endOf(story),
    ...(link === undefined ? {} : { generatorURL: plainUrl(link.url) }),
  }));
}

function endOf({ alert, at }: Story): string {
  if (alert === 'close') return at;
  const endMs = alert === 'pulse' ? Date.now() + PULSE_MS : Date.parse(at) + HOLDS_MS;
  return new Date(endMs).toISOString();
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
