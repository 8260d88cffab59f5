/** Rows of any level, added up and put in the API's words. */
import type {
  FailureClass,
  LatencySummary,
  QuorumHistory,
  RegionHistory,
  Verdict,
} from '@trustmonitor/protocol';
import type { RegionRow } from '../store/history.ts';
import { countOf, mergeHistograms, quantile } from './histogram.ts';
import type { HistoryRows } from './read.ts';

export function regionHistory(rows: readonly RegionRow[]): RegionHistory | null {
  const [up, down, abstain, slow] = (['up', 'down', 'abstain', 'slow'] as const).map((field) =>
    sum(rows, (row) => row[field]),
  ) as [number, number, number, number];
  const all = up + down + abstain;
  if (all === 0) return null;
  return {
    up,
    down,
    abstain,
    slow,
    failures: failuresOf(rows),
    uptime: shareOf(up, up + down),
    unknownShare: abstain / all,
    latency: latencyOf(rows),
  };
}

/** Null when no round was decided and no verdict stood. `spanMs`: all the time there was. */
export function quorumHistory(
  { verdicts, regions }: HistoryRows,
  spanMs: number,
): QuorumHistory | null {
  if (verdicts.length === 0) return null;
  const timeMs = byVerdict((verdict) => sum(verdicts, (row) => row[`${verdict}_ms`]));
  const measuredMs = timeMs.up + timeMs.degraded + timeMs.partial + timeMs.down;
  return {
    rounds: byVerdict((verdict) => sum(verdicts, (row) => row[verdict])),
    timeMs,
    measuredMs,
    unknownShare: spanMs <= 0 ? 0 : Math.max(0, 1 - measuredMs / spanMs),
    uptime: shareOf(measuredMs - timeMs.down, measuredMs),
    latency: latencyOf(regions),
  };
}

function failuresOf(rows: readonly RegionRow[]): RegionHistory['failures'] {
  const failures: Partial<Record<FailureClass, number>> = {};
  for (const row of rows) {
    for (const [name, count] of Object.entries(row.failures ?? {})) {
      const known = name as FailureClass;
      failures[known] = (failures[known] ?? 0) + count;
    }
  }
  return failures;
}

function latencyOf(rows: readonly RegionRow[]): LatencySummary | null {
  const merged = mergeHistograms(rows);
  const count = countOf(merged);
  const at = (q: number) => quantile(merged, q) ?? 0;
  if (count === 0) return null;
  const meanUs = Math.round(sum(rows, ({ totalUs }) => totalUs) / count);
  return { count, meanUs, p50Us: at(0.5), p95Us: at(0.95), p99Us: at(0.99) };
}

function byVerdict(of: (verdict: Verdict) => number): Record<Verdict, number> {
  return {
    up: of('up'),
    degraded: of('degraded'),
    partial: of('partial'),
    down: of('down'),
    unknown: of('unknown'),
  };
}

const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

const sum = <T>(rows: readonly T[], of: (row: T) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

/** Rows by a key, in order of coming. */
export function grouped<T, K>(rows: readonly T[], keyOf: (row: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
