/** An anomaly -> what people are told, where the monitor asks for it. */
import {
  formatTimestamp,
  targetOf,
  type AnomalyKind,
  type Monitor,
  type Timestamp,
} from '@trustmonitor/protocol';
import { runbookUrl } from '../runbooks.ts';

export interface AnomalyMessage {
  readonly type: 'monitor.anomalous' | 'monitor.normal';
  readonly at: Timestamp;
  readonly since: Timestamp;
  readonly kind: AnomalyKind;
  readonly monitor: { readonly id: string; readonly name: string; readonly target: string };
  readonly summary: string;
  /** What was seen, with the figures and the rule that was passed. */
  readonly reason: string;
  readonly regions: readonly string[];
  readonly runbook: string | null;
  readonly links: {
    readonly baseline: string;
    /** Of the system, for a monitor that has none of its own. */
    readonly runbook: string;
  };
}

/** Why an anomaly is over. */
export type AnomalyEnd = 'usual' | 'accepted' | 'changed' | 'unwatched';

const WHY: Readonly<Record<Exclude<AnomalyEnd, 'usual'>, string>> = {
  accepted: 'what was new has lasted for an hour, and is usual now',
  changed: 'its check was changed',
  unwatched: 'the monitor is no longer watched',
};
const AS_USUAL: Readonly<Record<AnomalyKind, string>> = {
  latency: 'its latency is as usual again',
  shape: 'its answers have the usual form again',
};

export function endReason(kind: AnomalyKind, end: AnomalyEnd): string {
  return end === 'usual' ? AS_USUAL[kind] : WHY[end];
}

export interface AnomalyNews {
  /** Null for one that began. */
  readonly end: AnomalyEnd | null;
  readonly kind: AnomalyKind;
  readonly definition: Monitor;
  readonly atMs: number;
  readonly sinceMs: number;
  /** Of what is over: why. */
  readonly reason: string;
  readonly regions: readonly string[];
}

export function anomalyMessageOf(news: AnomalyNews, apiUrl: string): AnomalyMessage {
  const { end, kind, definition, reason, regions } = news;
  const { id, name, runbook } = definition;
  return {
    ...{ kind, reason, regions, runbook },
    type: end === null ? 'monitor.anomalous' : 'monitor.normal',
    at: formatTimestamp(news.atMs),
    since: formatTimestamp(news.sinceMs),
    monitor: { id, name, target: targetOf(definition.check) },
    summary: summaryOf(news),
    links: {
      baseline: `${apiUrl}/v1/monitors/${id}/baseline`,
      runbook: runbookUrl(apiUrl, 'monitor.anomalous'),
    },
  };
}

function summaryOf({ end, kind, definition: { name }, regions }: AnomalyNews): string {
  if (end === 'usual') return `${name} answers as usual again`;
  if (end !== null) return `The anomaly of ${name} ended because ${WHY[end]}`;
  const what = kind === 'latency' ? 'is slower than usual' : 'answers in another form than usual';
  return `${name} ${what}, seen from ${regions.join(', ')}`;
}
