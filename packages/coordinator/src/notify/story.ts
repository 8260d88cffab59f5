/**
 * A message, told the same in every format: a title, facts, links. Pure, plain text: what is said
 * holds names and words from outside, and each format escapes them by its own rules.
 */
import { isWorse, rateWords, severityOf, type Severity } from '@trustmonitor/alerting';
import type { Timestamp } from '@trustmonitor/protocol';
import { anomalyKey, burnKey } from '../alerts/facts.ts';
import type { AnomalyMessage } from '../anomalies/message.ts';
import type { IncidentMessage } from '../alerts/incident-message.ts';
import type { FlappingMessage, GroupMessage } from '../alerts/message.ts';
import type { Message, MonitoringMessage } from '../announce.ts';
import type { NoticeMessage } from '../notices/message.ts';
import type { SloMessage } from '../slo/message.ts';
import type { FlagMessage } from '../trust/message.ts';
import {
  commonOf,
  duration,
  fact,
  inWords,
  isHttp,
  markOf,
  runbookFacts,
  runbookOf,
  withRunbook,
  type Fact,
  type Link,
  type Story,
} from './facts.ts';

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
      ...runbookFacts(runbook),
    ],
    links: [
      { label: 'Incident', url: links.incident },
      { label: 'Evidence', url: links.evidence },
      { label: 'Runbook', url: runbookOf(message) },
      { label: 'Dashboard', url: links.dashboard ?? '' },
      { label: 'Trace', url: trace?.url ?? '' },
    ].filter(({ url }) => isHttp(url)),
    unnamed: 0,
    command: message.verify,
    severity: severityOf(verdict),
    alert: isOver ? 'close' : type === 'incident.acknowledged' ? 'acknowledge' : 'open',
    keys: [message.incident],
    subject: monitor.id,
    at: message.at,
    since,
  };
}

type OlderFlapping = Omit<FlappingMessage, 'verdict' | 'runbook'> &
  Partial<Pick<FlappingMessage, 'verdict' | 'runbook'>>;

/** What an older coordinator wrote says less. */
function ofFlapping(message: OlderFlapping): Story {
  const { monitor, verdict = 'up', since, runbook = null, links, type } = message;
  return {
    ...commonOf(message, type === 'monitor.settled'),
    facts: [
      fact('Monitor', monitor.name),
      fact('Target', monitor.target),
      fact('Verdict', verdict),
      fact('Since', inWords(since)),
      ...runbookFacts(runbook),
    ],
    links: [
      { label: 'Incident', url: links.incident },
      { label: 'Runbook', url: runbookOf({ runbook, links }) },
    ].filter(({ url }) => isHttp(url)),
    severity: severityOf(verdict),
    keys: [`flapping/${monitor.id}`],
    subject: monitor.id,
  };
}

const MAX_TOLD = 20;

/** For people: a line for each alert, as far as they can be read at a glance. */
function ofGroup(message: GroupMessage): Story {
  const stories = message.alerts.map(storyOf);
  const open = stories.filter(({ alert }) => alert !== 'close');
  const worst = open.reduce<Severity>(
    (known, { severity }) => (isWorse(severity, known) ? severity : known),
    'info',
  );
  return {
    ...commonOf({ ...message, since: stories[0]?.since ?? message.at }, open.length === 0),
    facts: stories.slice(0, MAX_TOLD).map((story) => fact(markOf(story), story.title)),
    unnamed: Math.max(0, stories.length - MAX_TOLD),
    links: placesOf(stories),
    severity: worst,
    keys: stories.flatMap(({ keys }) => keys),
    subject: 'alerts',
  };
}

/** The list of incidents; where none is among them, the place of the first. */
function placesOf(stories: readonly Story[]): Link[] {
  const links = stories.flatMap((story) => story.links);
  const incident = links.find(({ label }) => label === 'Incident');
  if (incident === undefined) return links.slice(0, 1);
  return [{ label: 'Incidents', url: incident.url.replace(/\/[^/]*$/, '') }];
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
    // Nobody is told that an agent is trusted again.
    alert: 'pulse',
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
      ...runbookFacts(runbook),
    ],
    links: [
      { label: 'Baseline', url: links.baseline },
      { label: 'Runbook', url: runbookOf(message) },
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
