/** An incident step, or a gap in the monitoring -> the message that people get. */
import {
  FAILURE_CLASSES,
  formatTimestamp,
  targetOf,
  traceIdOf,
  type Result,
  type Timestamp,
  type Uuid7,
  type Verdict,
} from '@trustmonitor/protocol';
import type { IncidentMessage } from './alerts/incident-message.ts';
import type { FlappingMessage, GroupMessage } from './alerts/message.ts';
import type { About, IncidentEffect } from './decide.ts';
import { NO_INSIGHT, insightOf } from './insight.ts';
import { dashboardUrlOf, type LinkSettings } from './links.ts';
import type { AnomalyMessage } from './anomalies/message.ts';
import type { NoticeMessage } from './notices/message.ts';
import { incidentRunbook, runbookUrl } from './runbooks.ts';
import type { SelfAlert } from './self-alert.ts';
import type { SloMessage } from './slo/message.ts';
import type { IncidentNote } from './store/incident-notes.ts';
import type { IncidentSummary, StoredIncident } from './store/incidents.ts';
import { traceUrlOf } from './trace-url.ts';
import type { FlagMessage } from './trust/message.ts';
import type { StoredResult } from './store/results.ts';

/** The body of a notification, the same for every channel; a channel gives it its own form. */
export type Message =
  | IncidentMessage
  | FlappingMessage
  | GroupMessage
  | MonitoringMessage
  | NoticeMessage
  | FlagMessage
  | SloMessage
  | AnomalyMessage
  | TestMessage;

/** About the monitoring itself: monitors of which nobody can say whether they are up. */
export interface MonitoringMessage {
  readonly type: 'monitoring.unknown' | 'monitoring.restored';
  readonly at: Timestamp;
  readonly since: Timestamp;
  readonly summary: string;
  /** How many monitors are unknown now, and the first of those that this message is about. */
  readonly unknown: number;
  readonly monitors: readonly string[];
  /** Regions that did not answer in the rounds that could not be decided. */
  readonly silentRegions: readonly string[];
  readonly links: { readonly agents: string; readonly runbook: string };
}

/** Sent by hand, to see whether a channel works. */
export interface TestMessage {
  readonly type: 'channel.test';
  readonly at: Timestamp;
  readonly summary: string;
}

const MAX_MONITORS_NAMED = 20;

const TYPES = {
  open: 'incident.opened',
  update: 'incident.updated',
  resolve: 'incident.resolved',
} as const;

const NO_REASON = 'no region said why';

/**
 * What the step's last round showed, for lists and messages. `good`: what its regions saw when the
 * monitor was last up.
 */
export function summarise(
  { watched, effect }: About<IncidentEffect>,
  results: readonly StoredResult[],
  good: readonly Result[] = [],
): IncidentSummary {
  const last = effect.rounds.at(-1);
  return {
    monitorName: watched.definition.name,
    target: targetOf(watched.definition.check),
    regionsDown: (last?.votes ?? [])
      .filter(({ vote }) => vote === 'down')
      .map(({ region }) => region)
      .toSorted(),
    regions: (last?.members ?? []).map(({ region }) => region),
    reason: reasonOf(results, last?.id),
    insight: last === undefined ? NO_INSIGHT : insightOf(last, results, good),
  };
}

/** The failure that most regions report in that round; each said once, most frequent first. */
function reasonOf(results: readonly StoredResult[], round: Uuid7 | undefined): string {
  const frequency = new Map<string, number>();
  for (const { result, counted } of results) {
    if (!counted || result.round !== round || result.failure === null) continue;
    const words = `${FAILURE_CLASSES[result.failure.class].words} (${result.failure.detail})`;
    frequency.set(words, (frequency.get(words) ?? 0) + 1);
  }
  const [first] = [...frequency].toSorted(([, a], [, b]) => b - a);
  return first?.[0] ?? NO_REASON;
}

/** `summary` is of this step's round; `opened` of the one that opened the incident. */
export function announcementOf(
  { watched, effect }: About<IncidentEffect>,
  summary: IncidentSummary,
  opened: IncidentSummary,
  { apiUrl, traceUrlTemplate, dashboardUrlTemplate }: LinkSettings,
): IncidentMessage {
  const { definition } = watched;
  const isOver = effect.step === 'resolve';
  const { failureClass, dissent, changes } = (isOver ? opened : summary).insight ?? NO_INSIGHT;
  const last = effect.rounds.at(-1);
  return {
    type: TYPES[effect.step],
    at: formatTimestamp(effect.at),
    incident: effect.incident.id,
    monitor: { id: definition.id, name: definition.name, target: summary.target },
    verdict: effect.verdict,
    summary: sentenceOf(definition.name, effect, summary),
    // A recovery has no failures: what is over is why the incident was opened.
    reason: isOver ? opened.reason : summary.reason,
    failureClass,
    dissent: isOver ? [] : dissent,
    changes: isOver ? [] : changes,
    since: formatTimestamp(effect.incident.openedAt),
    regionsDown: summary.regionsDown,
    regions: summary.regions,
    runbook: definition.runbook,
    trace: last === undefined ? null : traceOf(last.id, traceUrlTemplate),
    ...waysIn(effect.incident.id, effect.verdict, {
      apiUrl,
      dashboard: dashboardUrlOf(definition.id, dashboardUrlTemplate),
    }),
  };
}

function traceOf(round: Uuid7, template: string | null): IncidentMessage['trace'] {
  return { id: traceIdOf(round), url: traceUrlOf(round, template) };
}

function sentenceOf(name: string, effect: IncidentEffect, summary: IncidentSummary): string {
  const total = summary.regions.length;
  if (effect.step === 'resolve') {
    // Those that abstain, or are not asked, confirm nothing.
    const votes = effect.rounds.at(-1)?.votes.filter(({ vote }) => vote === 'up') ?? [];
    const up = new Set(votes.map(({ region }) => region)).size;
    return `${name} is up again, confirmed from ${up} of ${total} regions`;
  }
  return `${name} is ${effect.verdict}: ${summary.regionsDown.length} of ${total} regions agree`;
}

export function monitoringMessageOf(alert: SelfAlert, apiUrl: string): MonitoringMessage {
  const { news, at, since, unknown, monitors, silentRegions } = alert;
  return {
    type: `monitoring.${news}`,
    at: formatTimestamp(at),
    since: formatTimestamp(since),
    summary: news === 'restored' ? 'Every monitor can be judged again' : gapSentence(alert),
    unknown,
    monitors: monitors.slice(0, MAX_MONITORS_NAMED),
    silentRegions,
    links: {
      agents: `${apiUrl}/v1/agents`,
      runbook: runbookUrl(apiUrl, 'monitoring.unknown'),
    },
  };
}

function gapSentence({ unknown, silentRegions }: SelfAlert): string {
  const who = unknown === 1 ? '1 monitor is' : `${unknown} monitors are`;
  const why = silentRegions.length === 0 ? '' : `; no answer from ${silentRegions.join(', ')}`;
  return `${who} unknown: too few regions vote to say anything${why}`;
}

export interface ByHandSettings {
  readonly apiUrl: string;
  readonly runbook: string | null;
}

/** What people get when one of them closed the incident. */
export function closingMessageOf(
  incident: StoredIncident,
  reason: string,
  settings: ByHandSettings,
): IncidentMessage {
  const { summary, openedAtMs, resolvedAtMs } = incident;
  return {
    ...storedMessageOf(incident, settings),
    type: TYPES.resolve,
    at: formatTimestamp(resolvedAtMs ?? openedAtMs),
    summary: `The incident of ${summary.monitorName} was closed by hand: ${reason}`,
  };
}

/** What people get when one of them has it in hand. */
export function acknowledgedMessageOf(
  incident: StoredIncident,
  { actor, at, note }: Pick<IncidentNote, 'actor' | 'at' | 'note'>,
  settings: ByHandSettings,
): IncidentMessage {
  const words = note === null ? '' : `: ${note}`;
  return {
    ...storedMessageOf(incident, settings),
    type: 'incident.acknowledged',
    at: formatTimestamp(at.getTime()),
    summary: `${actor} has the incident of ${incident.summary.monitorName} in hand${words}`,
  };
}

function storedMessageOf(
  { id, monitor, verdict, summary, openedAtMs }: StoredIncident,
  { apiUrl, runbook }: ByHandSettings,
): Omit<IncidentMessage, 'type' | 'at' | 'summary'> {
  return {
    incident: id,
    monitor: { id: monitor, name: summary.monitorName, target: summary.target },
    verdict,
    reason: summary.reason,
    since: formatTimestamp(openedAtMs),
    regionsDown: summary.regionsDown,
    regions: summary.regions,
    runbook,
    trace: null,
    failureClass: summary.insight?.failureClass ?? null,
    dissent: [],
    changes: [],
    ...waysIn(id, verdict, { apiUrl, dashboard: null }),
  };
}

/** Where to look further. */
function waysIn(
  incident: Uuid7,
  verdict: Verdict,
  { apiUrl, dashboard }: { readonly apiUrl: string; readonly dashboard: string | null },
): Pick<IncidentMessage, 'links' | 'verify'> {
  const url = `${apiUrl}/v1/incidents/${incident}`;
  return {
    links: {
      incident: url,
      evidence: `${url}/evidence`,
      runbook: runbookUrl(apiUrl, incidentRunbook(verdict)),
      dashboard,
    },
    verify: `trustmonitor evidence ${incident} > bundle.json && trustmonitor verify bundle.json --root root.json`,
  };
}
