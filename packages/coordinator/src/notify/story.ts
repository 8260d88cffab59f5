/**
 * A message, told the same in every format: a title, facts, links. Pure, plain text: what is said
 * holds names and words from outside, and each format escapes them by its own rules.
 */
import { rateWords, severityOf, type Severity } from '@trustmonitor/alerting';
import type { Timestamp } from '@trustmonitor/protocol';
import { anomalyKey, burnKey } from '../alerts/facts.ts';
import type { AnomalyMessage } from '../anomalies/message.ts';
import type { IncidentMessage } from '../alerts/incident-message.ts';
import type { FlappingMessage, GroupMessage } from '../alerts/message.ts';
import type { Message, MonitoringMessage } from '../announce.ts';
import type { NoticeMessage } from '../notices/message.ts';
import type { SloMessage } from '../slo/message.ts';
import type { FlagMessage } from '../trust/message.ts';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface Link {
  readonly label: string;
  readonly url: string;
}

export interface Story {
  /** One line: what happened and who agrees. */
  readonly title: string;
  readonly facts: readonly Fact[];
  /** HTTP addresses only. */
  readonly links: readonly Link[];
  /** Checks the evidence offline; null where there is none. */
  readonly command: string | null;
  readonly severity: Severity;
  /** What it does to an alert of a receiver that keeps alerts; `pulse`: opened and closed at once. */
  readonly alert: 'open' | 'acknowledge' | 'close' | 'pulse';
  /** Those alerts: the same from the beginning to the end of what the message is about. */
  readonly keys: readonly string[];
  /** What it is about, for lists that are sorted by it. */
  readonly subject: string;
  readonly at: Timestamp;
  readonly since: Timestamp;
}

const MARKS: Readonly<Record<Severity, string>> = {
  critical: '🔴',
  error: '🟠',
  warning: '🟡',
  info: '🔵',
};

/** A sign of how bad it is, which is seen before anything is read. */
export function markOf({ alert, severity }: Story): string {
  return alert === 'close' ? '🟢' : MARKS[severity];
}

/** One for each alert: for receivers that keep alerts, and want to hear of each by itself. */
export function storiesOf(message: Message): Story[] {
  return message.type === 'alerts.grouped' ? message.alerts.map(storyOf) : [storyOf(message)];
}

export function storyOf(message: Message): Story {
  switch (message.type) {
    case 'incident.opened':
    case 'incident.escalated':
    case 'incident.updated':
    case 'incident.reminder':
    case 'incident.acknowledged':
    case 'incident.resolved':
      return ofIncident(message);
    case 'monitor.flapping':
    case 'monitor.settled':
      return ofFlapping(message);
    case 'alerts.grouped':
      return ofGroup(message);
    case 'monitoring.unknown':
    case 'monitoring.restored':
      return ofUnknown(message);
    case 'monitoring.failing':
    case 'monitoring.recovered':
      return ofNotice(message);
    case 'slo.burning':
    case 'slo.recovered':
      return ofSlo(message);
    case 'monitoring.agents_flagged':
      return ofFlags(message);
    case 'monitor.anomalous':
    case 'monitor.normal':
      return ofAnomaly(message);
    default:
      return ofTest(message);
  }
}

function ofIncident(message: IncidentMessage): Story {
  const { monitor, verdict, reason, since, links, runbook, trace, type } = message;
  const isOver = type === 'incident.resolved';
  return {
    title: message.summary,
    facts: [
      fact('Monitor', monitor.name),
      fact('Target', monitor.target),
      fact('Verdict', verdict),
      ...(isOver ? [] : agreement(message)),
      fact(isOver ? 'It was' : 'Reason', reason),
      ...changed(message),
      fact('Since', inWords(since)),
      ...(isOver ? [fact('Lasted', duration(since, message.at))] : []),
      ...(runbook === null || isHttp(runbook) ? [] : [fact('Runbook', runbook)]),
    ],
    links: [
      { label: 'Incident', url: links.incident },
      { label: 'Evidence', url: links.evidence },
      { label: 'Runbook', url: isHttp(runbook ?? '') ? (runbook ?? '') : links.runbook },
      { label: 'Dashboard', url: links.dashboard ?? '' },
      { label: 'Trace', url: trace?.url ?? '' },
    ].filter(({ url }) => isHttp(url)),
    command: message.verify,
    severity: severityOf(verdict),
    alert: isOver ? 'close' : type === 'incident.acknowledged' ? 'acknowledge' : 'open',
    keys: [message.incident],
    subject: monitor.id,
    at: message.at,
    since,
  };
}

function ofFlapping(message: FlappingMessage): Story {
  const { monitor, since, links, type } = message;
  return {
    ...commonOf(message, type === 'monitor.settled'),
    facts: [
      fact('Monitor', monitor.name),
      fact('Target', monitor.target),
      fact('Since', inWords(since)),
    ],
    links: [{ label: 'Incident', url: links.incident }].filter(({ url }) => isHttp(url)),
    severity: 'warning',
    keys: [`flapping/${monitor.id}`],
    subject: monitor.id,
  };
}

const MAX_TOLD = 20;
const SEVERITIES: readonly Severity[] = ['critical', 'error', 'warning', 'info'];

/** For people: a line for each alert, as far as they can be read at a glance. */
function ofGroup(message: GroupMessage): Story {
  const stories = message.alerts.map(storyOf);
  const unnamed = stories.length - MAX_TOLD;
  const open = stories.filter(({ alert }) => alert !== 'close');
  const worst = SEVERITIES.find((one) => open.some(({ severity }) => severity === one));
  const [first] = stories.flatMap(({ links }) => links);
  return {
    ...commonOf({ ...message, since: stories[0]?.since ?? message.at }, open.length === 0),
    facts: [
      ...stories.slice(0, MAX_TOLD).map((story) => fact(markOf(story), story.title)),
      ...(unnamed > 0 ? [fact('And', `${unnamed} more`)] : []),
    ],
    links: first === undefined ? [] : [{ label: 'First', url: first.url }],
    severity: worst ?? 'info',
    keys: stories.flatMap(({ keys }) => keys),
    subject: 'alerts',
  };
}

/** Who agrees, and who does not. */
function agreement({ regions, regionsDown, ...message }: IncidentMessage): Fact[] {
  const others = regions.filter((region) => !regionsDown.includes(region));
  // What an older coordinator wrote does not say what they saw.
  const dissent = (message as Partial<IncidentMessage>).dissent ?? [];
  const sawOf = (region: string): string => {
    const saw = dissent.find((one) => one.region === region)?.saw;
    return saw === undefined ? region : `${region}: ${saw}`;
  };
  const count = `${regionsDown.length} of ${regions.length} regions agree`;
  return [
    fact('Quorum', regionsDown.length === 0 ? count : `${count}: ${regionsDown.join(', ')}`),
    fact('Dissent', others.length === 0 ? 'none' : others.map(sawOf).join('; ')),
  ];
}

function changed({ changes = [] }: Partial<IncidentMessage>): Fact[] {
  return changes.length === 0 ? [] : [fact('Changed', changes.join('; '))];
}

function ofUnknown(message: MonitoringMessage): Story {
  const { unknown, monitors, silentRegions } = message;
  const unnamed = unknown - monitors.length;
  return {
    ...commonOf(message, message.type === 'monitoring.restored'),
    facts: [
      ...(monitors.length === 0
        ? []
        : [fact('Monitors', monitors.join(', ') + (unnamed > 0 ? ` and ${unnamed} more` : ''))]),
      ...(silentRegions.length === 0 ? [] : [fact('No answer from', silentRegions.join(', '))]),
      fact('Since', inWords(message.since)),
    ],
    links: withRunbook({ label: 'Agents', url: message.links.agents }, message.links),
    severity: 'error',
    keys: ['monitoring.unknown'],
    subject: 'monitoring',
  };
}

function ofNotice(message: NoticeMessage): Story {
  const { topic, subjects } = message;
  return {
    ...commonOf(message, message.type === 'monitoring.recovered'),
    facts: [
      fact('Topic', topic),
      ...(subjects.length === 0 ? [] : [fact('About', subjects.join(', '))]),
      fact('Since', inWords(message.since)),
    ],
    links: withRunbook({ label: 'Notices', url: message.links.notices }, message.links),
    severity: 'error',
    // Told together, they end one by one.
    keys: subjects.length === 0 ? [topic] : subjects.map((subject) => `${topic}/${subject}`),
    subject: 'monitoring',
  };
}

function ofSlo(message: SloMessage): Story {
  const { slo, sli, name, objective, burn, severity } = message;
  const isOver = message.type === 'slo.recovered';
  const rate = (value: number | null): string => (value === null ? 'unknown' : rateWords(value));
  const rates = `${rate(burn.longRate)} in ${burn.long}, ${rate(burn.shortRate)} in ${burn.short}`;
  return {
    ...commonOf(message, isOver),
    facts: [
      fact('Objective', name),
      ...(objective === null
        ? []
        : [fact('Promised', `${objective.target} % ${sli} in ${objective.window}`)]),
      ...(objective === null ? [] : [fact('Burn rate', rates)]),
      fact('Since', inWords(message.since)),
      ...(isOver ? [fact('Lasted', duration(message.since, message.at))] : []),
    ],
    links: withRunbook({ label: 'Objective', url: message.links.slo }, message.links),
    severity,
    keys: [burnKey(slo, sli)],
    subject: message.monitor ?? slo,
  };
}

function ofFlags(message: FlagMessage): Story {
  return {
    ...commonOf({ ...message, since: message.at }, false),
    facts: message.agents.map(({ agent, agreement: share, monitors }) => {
      const agrees = share === null ? 'forged what it sent' : `agrees ${Math.round(share * 100)} %`;
      const where = monitors.length === 0 ? '' : `; least about ${monitors.join(', ')}`;
      return fact(agent, agrees + where);
    }),
    links: withRunbook({ label: 'Agents', url: message.links.agents }, message.links),
    severity: 'warning',
    keys: message.agents.map(({ agent }) => `agent/${agent}`),
    subject: 'monitoring',
  };
}

function ofAnomaly(message: AnomalyMessage): Story {
  const { kind, monitor, reason, regions, since, runbook, links } = message;
  const isOver = message.type === 'monitor.normal';
  return {
    ...commonOf(message, isOver),
    facts: [
      fact('Monitor', monitor.name),
      fact('Target', monitor.target),
      fact(isOver ? 'Over, as' : 'Seen', reason),
      ...(regions.length === 0 ? [] : [fact('Regions', regions.join(', '))]),
      fact('Since', inWords(since)),
      ...(isOver ? [fact('Lasted', duration(since, message.at))] : []),
      ...(runbook === null || isHttp(runbook) ? [] : [fact('Runbook', runbook)]),
    ],
    links: [
      { label: 'Baseline', url: links.baseline },
      { label: 'Runbook', url: runbook ?? '' },
    ].filter(({ url }) => isHttp(url)),
    severity: 'warning',
    keys: [anomalyKey(kind, monitor.id)],
    subject: monitor.id,
  };
}

/** Of a test; and of what a newer coordinator wrote, which says at least this. */
function ofTest(message: { type: string; at: Timestamp; summary: string }): Story {
  return {
    ...commonOf({ ...message, since: message.at }, false),
    facts: [fact('Sent at', inWords(message.at))],
    links: [],
    severity: 'info',
    alert: 'pulse',
    keys: [message.type],
    subject: 'monitoring',
  };
}

function commonOf(
  { summary, at, since }: { summary: string; at: Timestamp; since: Timestamp },
  isOver: boolean,
): Pick<Story, 'title' | 'command' | 'alert' | 'at' | 'since'> {
  return { title: summary, command: null, alert: isOver ? 'close' : 'open', at, since };
}

function fact(label: string, value: string): Fact {
  return { label, value };
}

/** `2026-01-31 12:00:00 UTC` */
function inWords(at: Timestamp): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
}

/** To the second, in the two largest units: `1 h 5 min`. */
function duration(since: Timestamp, until: Timestamp): string {
  const seconds = Math.max(0, Math.round((Date.parse(until) - Date.parse(since)) / 1_000));
  const units = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  const shown = units.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** What an older coordinator wrote has no runbook. */
function withRunbook(link: Link, { runbook }: { readonly runbook?: string }): Link[] {
  return [link, { label: 'Runbook', url: runbook ?? '' }].filter(({ url }) => isHttp(url));
}

/** A monitor's runbook is any text. */
function isHttp(url: string): boolean {
  return /^https?:\/\/[^\s]+$/.test(url) && URL.canParse(url);
}
