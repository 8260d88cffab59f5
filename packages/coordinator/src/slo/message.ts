/** An error budget that burns, or does so no more -> the message that people get. */
import { budgetWords, burnPairOf, burningWords, type BurnNews } from '@trustmonitor/alerting';
import {
  formatDuration,
  formatTimestamp,
  type SliStatus,
  type Timestamp,
} from '@trustmonitor/protocol';
import { runbookUrl } from '../runbooks.ts';
import type { BurnChange } from './burns.ts';
import { targetOf, type Spent } from './status.ts';

export interface SloMessage {
  readonly type: 'slo.burning' | 'slo.recovered';
  readonly at: Timestamp;
  readonly since: Timestamp;
  readonly slo: string;
  readonly name: string;
  readonly sli: SliStatus['sli'];
  /** The one monitor that it belongs to; null for one about several. */
  readonly monitor: string | null;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  /** Null for an objective that is gone. */
  readonly objective: {
    /** Per cent. */
    readonly target: number;
    /** `30d` */
    readonly window: string;
  } | null;
  /** The pair of windows that is told of; a rate is null where nothing was measured. */
  readonly burn: {
    readonly pair: string;
    readonly long: string;
    readonly short: string;
    readonly longRate: number | null;
    readonly shortRate: number | null;
  };
  /** Milliseconds; null for an objective that is gone. */
  readonly budget: {
    readonly totalMs: number;
    readonly spentMs: number;
    readonly leftMs: number;
  } | null;
  readonly links: { readonly slo: string; readonly runbook: string };
}

/** `spent`: of the objective's own window; null for one that is gone. */
export function sloMessage(
  change: BurnChange,
  news: BurnNews,
  spent: Spent | null,
  { nowMs, apiUrl }: { readonly nowMs: number; readonly apiUrl: string },
): SloMessage {
  const { slo, sli, objective, before, rates } = change;
  const { name: pair, longMs, shortMs, severity } = burnPairOf(news.pair);
  const rate = rates.find((one) => one.pair.name === pair);
  return {
    type: `slo.${news.type}`,
    at: formatTimestamp(nowMs),
    since: formatTimestamp(before?.sinceMs ?? nowMs),
    ...{ slo, name: objective?.name ?? slo, sli, monitor: objective?.monitor ?? null, severity },
    summary: summaryOf(change, news, spent),
    objective:
      objective === null
        ? null
        : { target: targetOf(objective, sli), window: formatDuration(objective.level.windowMs) },
    burn: {
      ...{ pair, long: formatDuration(longMs), short: formatDuration(shortMs) },
      ...{ longRate: rate?.long ?? null, shortRate: rate?.short ?? null },
    },
    budget: spent === null ? null : budgetOf(spent),
    links: {
      slo: `${apiUrl}/v1/slos/${encodeURIComponent(slo)}`,
      runbook: runbookUrl(apiUrl, 'slo.burning'),
    },
  };
}

function budgetOf({ budget }: Spent): SloMessage['budget'] {
  const { totalMs, spentMs, leftMs } = budget;
  return { totalMs, spentMs, leftMs };
}

function summaryOf(
  { slo, sli, objective, rates }: BurnChange,
  { type, pair }: BurnNews,
  spent: Spent | null,
): string {
  const name = objective?.name ?? slo;
  const which = `error budget of ${sli}`;
  if (objective === null || spent === null || rates.length === 0) {
    return `${name}: its ${which} is not watched any more`;
  }
  const { windowMs } = objective.level;
  if (type === 'recovered') {
    return `${name}: its ${which} does not burn at ${pair} any more; ${budgetWords(spent.budget, windowMs)}`;
  }
  const rate = rates.find((one) => one.pair.name === pair)?.long ?? burnPairOf(pair).factor;
  return `${name} burns its ${which}: ${burningWords(spent.budget, windowMs, rate)}`;
}
