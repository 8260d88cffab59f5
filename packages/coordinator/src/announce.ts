/** An incident step -> the message that people get, and whom it goes to. */
import {
  FAILURE_CLASSES,
  formatTimestamp,
  targetOf,
  type Monitor,
  type Timestamp,
  type Uuid7,
  type Verdict,
} from '@trustmonitor/protocol';
import type { About, IncidentEffect } from './decide.ts';
import type { IncidentSummary } from './store/incidents.ts';
import type { StoredResult } from './store/results.ts';

/** The body of a notification, the same for every channel; a channel gives it its own form. */
export interface Announcement {
  readonly type: 'incident.opened' | 'incident.updated' | 'incident.resolved';
  readonly at: Timestamp;
  readonly incident: Uuid7;
  readonly monitor: { readonly id: string; readonly name: string; readonly target: string };
  readonly verdict: Verdict;
  /** One sentence: what happened and who agrees. */
  readonly summary: string;
  /** Failure in words, from the regions that saw it. */
  readonly reason: string;
  readonly since: Timestamp;
  readonly regionsDown: readonly string[];
  readonly regions: readonly string[];
  readonly runbook: string | null;
  readonly links: { readonly incident: string; readonly evidence: string };
  /** A command that checks the evidence offline. */
  readonly verify: string;
}

const TYPES = {
  open: 'incident.opened',
  update: 'incident.updated',
  resolve: 'incident.resolved',
} as const;

const NO_REASON = 'no region said why';

/** What the step's last round showed, for lists and messages. */
export function summarise(
  { watched, effect }: About<IncidentEffect>,
  results: readonly StoredResult[],
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

export function announcementOf(
  { watched, effect }: About<IncidentEffect>,
  summary: IncidentSummary,
  apiUrl: string,
): Announcement {
  const { definition } = watched;
  const incidentUrl = `${apiUrl}/v1/incidents/${effect.incident.id}`;
  return {
    type: TYPES[effect.step],
    at: formatTimestamp(effect.at),
    incident: effect.incident.id,
    monitor: { id: definition.id, name: definition.name, target: summary.target },
    verdict: effect.verdict,
    summary: sentenceOf(definition.name, effect, summary),
    reason: summary.reason,
    since: formatTimestamp(effect.incident.openedAt),
    regionsDown: summary.regionsDown,
    regions: summary.regions,
    runbook: definition.runbook,
    links: { incident: incidentUrl, evidence: `${incidentUrl}/evidence` },
    verify: `trustmonitor evidence ${effect.incident.id} > bundle.json && trustmonitor verify bundle.json --root root.json`,
  };
}

function sentenceOf(name: string, effect: IncidentEffect, summary: IncidentSummary): string {
  const total = summary.regions.length;
  if (effect.step === 'resolve') return `${name} is up again, confirmed from ${total} regions`;
  return `${name} is ${effect.verdict}: ${summary.regionsDown.length} of ${total} regions agree`;
}

/** Channels that are told of this step: those the monitor names, or all there are. */
export function recipientsOf(
  monitor: Monitor,
  effect: IncidentEffect,
  channels: readonly string[],
): string[] {
  const { alerts } = monitor;
  if (alerts === null) return [...channels];
  return alerts
    .filter(({ onResolve }) => effect.step !== 'resolve' || onResolve)
    .map(({ notify }) => notify)
    .filter((channel) => channels.includes(channel));
}
