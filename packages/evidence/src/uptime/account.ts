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
  excluded: 'maintenance-unknown-and-unmeasured',
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

/** How long an incident stood at each, within the period and outside of `excluded`. */
export function incidentTime(
  standings: readonly Standing[],
  period: Span,
  excluded: readonly Span[] = [],
): IncidentTime {
  const parts = outsideOf(period, excluded);
  const sum = (verdict: Standing['verdict']): number =>
    total(
      standings
        .filter((standing) => standing.verdict === verdict)
        .flatMap((standing) => parts.map((part) => overlap(standing, part))),
    );
  return { downMs: sum('down'), partialMs: sum('partial') };
}

/**
 * Accounts for every millisecond of the period once. Maintenance that does not count, `excluded`,
 * goes before everything: it may overlap itself, and reach out of the period. An incident goes
 * before what rounds say: it is down until it is resolved, also where nobody measured. `spans` do
 * not overlap each other, nor do incidents.
 */
export function accountTime(
  period: Span,
  incidents: readonly (readonly Standing[])[],
  spans: readonly VerdictSpan[],
  excluded: readonly Span[] = [],
): UptimeTime {
  const parts = outsideOf(period, excluded).map((part) => accountPart(part, incidents, spans));
  const sum = (name: keyof CountedTime): number => total(parts.map((part) => part[name]));
  return {
    upMs: sum('upMs'),
    degradedMs: sum('degradedMs'),
    partialMs: sum('partialMs'),
    downMs: sum('downMs'),
    unconfirmedDownMs: sum('unconfirmedDownMs'),
    unknownMs: sum('unknownMs'),
    unmeasuredMs: sum('unmeasuredMs'),
    maintenanceMs: excludedMs(period, excluded),
  };
}

/** How much of the period is excluded. */
export function excludedMs(period: Span, excluded: readonly Span[]): number {
  return lengthOf(period) - total(outsideOf(period, excluded).map(lengthOf));
}

type CountedTime = Omit<UptimeTime, 'maintenanceMs'>;

/** A stretch without any maintenance. */
function accountPart(
  part: Span,
  incidents: readonly (readonly Standing[])[],
  spans: readonly VerdictSpan[],
): CountedTime {
  const inside = incidents.map((standings) => incidentTime(standings, part));
  const downMs = total(inside.map((time) => time.downMs));
  const partialMs = total(inside.map((time) => time.partialMs));
  const taken = incidents.flat();
  const outside: Record<Verdict, number> = { up: 0, degraded: 0, partial: 0, down: 0, unknown: 0 };
  for (const span of spans) outside[span.verdict] += timeOutside(span, part, taken);
  const measuredMs = total(Object.values(outside));
  return {
    upMs: outside.up,
    degradedMs: outside.degraded,
    partialMs: partialMs + outside.partial,
    downMs,
    unconfirmedDownMs: outside.down,
    unknownMs: outside.unknown,
    unmeasuredMs: lengthOf(part) - downMs - partialMs - measuredMs,
  };
}

/** What is left of the period without these, in order. */
function outsideOf(period: Span, excluded: readonly Span[]): Span[] {
  const left: Span[] = [];
  let { fromMs } = period;
  for (const span of excluded.toSorted((a, b) => a.fromMs - b.fromMs)) {
    if (span.fromMs > fromMs) left.push({ fromMs, toMs: Math.min(span.fromMs, period.toMs) });
    fromMs = Math.max(fromMs, span.toMs);
    if (fromMs >= period.toMs) break;
  }
  if (fromMs < period.toMs) left.push({ fromMs, toMs: period.toMs });
  return left.filter((span) => lengthOf(span) > 0);
}

/** Exact: computed with integers of any size, and rounded once, to the lower part per million. */
export function figureOf(time: UptimeTime): UptimeFigure {
  const { downMs, unknownMs, unmeasuredMs, maintenanceMs = 0 } = time;
  const countedMs = total(Object.values(time)) - unknownMs - unmeasuredMs - maintenanceMs;
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
