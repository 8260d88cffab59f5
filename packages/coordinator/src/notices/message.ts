/** Parts of the monitoring that fail, or do again what they are for -> what people are told. */
import { formatTimestamp, type NoticeTopic, type Timestamp } from '@trustmonitor/protocol';
import { runbookUrl } from '../runbooks.ts';
import type { Failing } from './notices.ts';

export interface NoticeMessage {
  readonly type: 'monitoring.failing' | 'monitoring.recovered';
  readonly at: Timestamp;
  readonly since: Timestamp;
  readonly topic: NoticeTopic;
  readonly summary: string;
  /** The regions, channels or coordinators that it is about; none where there is one of it only. */
  readonly subjects: readonly string[];
  readonly links: { readonly notices: string; readonly runbook: string };
}

const RECOVERED: Readonly<Record<NoticeTopic, string>> = {
  'rounds.overdue': 'Every monitor is judged in time again',
  'outbox.growing': 'No message waits for more than 5 minutes any more',
  'outbox.given_up': 'No message was given up for a day',
  'region.lost': 'Agents are heard of again',
  'broker.away': 'The broker is connected again',
  'database.away': 'The database can be reached again, and decisions are written',
  'region.quarantined': 'Regions have proved themselves and vote again',
  'quarantine.withheld': 'Enough regions can judge again',
  'fleet.held': 'The fleet-wide change is over, and incidents open as ever',
};

/** One for each topic. */
export function failingMessages(
  some: readonly Failing[],
  nowMs: number,
  apiUrl: string,
): NoticeMessage[] {
  return byTopic(some).map(([topic, about]) => ({
    type: 'monitoring.failing',
    ...common(topic, about, nowMs, apiUrl),
    summary: about.map(({ detail }) => detail).join('; '),
  }));
}

export function recoveredMessages(
  some: readonly Failing[],
  nowMs: number,
  apiUrl: string,
): NoticeMessage[] {
  return byTopic(some).map(([topic, about]) => {
    const message = common(topic, about, nowMs, apiUrl);
    const where = message.subjects.join(', ');
    const summary = RECOVERED[topic] + (where === '' ? '' : `: ${where}`);
    return { type: 'monitoring.recovered', ...message, summary };
  });
}

function common(topic: NoticeTopic, some: readonly Failing[], nowMs: number, apiUrl: string) {
  return {
    at: formatTimestamp(nowMs),
    since: formatTimestamp(Math.min(...some.map(({ sinceMs }) => sinceMs))),
    topic,
    subjects: some.map(({ subject }) => subject).filter((subject) => subject !== ''),
    links: { notices: `${apiUrl}/v1/notices`, runbook: runbookUrl(apiUrl, topic) },
  };
}

function byTopic(some: readonly Failing[]): [NoticeTopic, Failing[]][] {
  const topics = [...new Set(some.map(({ topic }) => topic))];
  return topics.map((topic) => [topic, some.filter((one) => one.topic === topic)]);
}
