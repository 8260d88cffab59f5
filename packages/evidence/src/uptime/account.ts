/**
 * Where the time of a period went, and the figure that comes of it. The coordinator states what
 * this says, and the verifier computes again what it can: all that incidents decide.
 */
import {
  PPM,
  type UptimeFigure,
  type UptimePolicy,
  type UptimeTime,
  type Verdict,
} from '@trustmonitor/protocol';
import type { Standing } from './standing.ts';

export const UPTIME_POLICY: UptimePolicy = {
  downtime: 'incident-down',
  excluded: 'unknown-and-unmeasured',
  holdIntervals: 2,
  rounding: 'down',
};

/** From `fromMs` up to, not including, `toMs`; milliseconds since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How long what a round said stood. */
export interface VerdictSpan extends Span {
  readonly verdict: Verdict;
}

export interface IncidentTime {
  readonly downMs: number;
  readonly partialMs: number;
}

/** How long an incident stood at each, within the period. */
export function incidentTime(standings: readonly Standing[], period: Span): IncidentTime {
  const sum = (verdict: Standing['verdict']): number =>
    standings
      .filter((standing) => standing.verdict === verdict)
      .reduce((total, standing) => total + overlap(standing, period), 0);
  return { downMs: sum('down'), partialMs: sum('partial') };
}

/**
 * Accounts for every millisecond of the period once. An incident goes before what rounds say: it
 * is down until it is resolved, also where nobody measured. `spans` do not overlap each other,
 * nor do incidents.
 */
export function accountTime(
  period: Span,
  incidents: readonly (readonly Standing[])[],
  spans: readonly VerdictSpan[],
): UptimeTime {
  const inside = incidents.map((standings) => incidentTime(standings, period));
  const downMs = total(inside.map((time) => time.downMs));
  const partialMs = total(inside.map((time) => time.partialMs));
  const taken = incidents.flat();
  const outside: Record<Verdict, number> = { up: 0, degraded: 0, partial: 0, down: 0, unknown: 0 };
  for (const span of spans) outside[span.verdict] += timeOutside(span, period, taken);
  const measuredMs = total(Object.values(outside));
  return {
    upMs: outside.up,
    degradedMs: outside.degraded,
    partialMs: partialMs + outside.partial,
    downMs,
    unconfirmedDownMs: outside.down,
    unknownMs: outside.unknown,
    unmeasuredMs: period.toMs - period.fromMs - downMs - partialMs - measuredMs,
  };
}

/** Exact: computed with integers of any size, and rounded once, to the lower part per million. */
export function figureOf(time: UptimeTime): UptimeFigure {
  const { downMs, unknownMs, unmeasuredMs } = time;
  const countedMs = total(Object.values(time)) - unknownMs - unmeasuredMs;
  const ppm = (part: number, whole: number): number =>
    Number((BigInt(part) * BigInt(PPM)) / BigInt(whole));
  return {
    countedMs,
    downMs,
    availabilityPpm: countedMs === 0 ? null : ppm(countedMs - downMs, countedMs),
  };
}

function timeOutside(span: Span, period: Span, taken: readonly Span[]): number {
  const within = intersection(span, period);
  return Math.max(lengthOf(within) - total(taken.map((other) => overlap(within, other))), 0);
}

const intersection = (a: Span, b: Span): Span => ({
  fromMs: Math.max(a.fromMs, b.fromMs),
  toMs: Math.min(a.toMs, b.toMs),
});

const lengthOf = ({ fromMs, toMs }: Span): number => Math.max(toMs - fromMs, 0);

const overlap = (a: Span, b: Span): number => lengthOf(intersection(a, b));

const total = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0);
