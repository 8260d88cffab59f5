/** An anomaly -> what people are told, where the monitor asks for it. */
import {
  formatTimestamp,
  targetOf,
  type AnomalyKind,
  type Monitor,
  type Timestamp,
} from '@trustmonitor/protocol';

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
  readonly links: { readonly baseline: string };
}

export interface AnomalyNews {
  readonly type: AnomalyMessage['type'];
  readonly kind: AnomalyKind;
  readonly definition: Monitor;
  readonly atMs: number;
  readonly sinceMs: number;
  /** Of what is over: why. */
  readonly reason: string;
  readonly regions: readonly string[];
}

export function anomalyMessageOf(news: AnomalyNews, apiUrl: string): AnomalyMessage {
  const { type, kind, definition, reason, regions } = news;
  const { id, name, runbook } = definition;
  return {
    ...{ type, kind, reason, regions, runbook },
    at: formatTimestamp(news.atMs),
    since: formatTimestamp(news.sinceMs),
    monitor: { id, name, target: targetOf(definition.check) },
    summary: summaryOf(news),
    links: { baseline: `${apiUrl}/v1/monitors/${id}/baseline` },
  };
}

function summaryOf({ type, kind, definition: { name }, regions }: AnomalyNews): string {
  if (type === 'monitor.normal') return `${name} answers as usual again`;
  const what = kind === 'latency' ? 'is slower than usual' : 'answers in another form than usual';
  return `${name} ${what}, seen from ${regions.join(', ')}`;
}
