/** The figure of an uptime report, computed again from the incidents that the file proves. */
import {
  parseTimestamp,
  type UptimeIncident,
  type UptimePredicate,
  type UptimeTime,
} from '@trustmonitor/protocol';
import { canonicalText } from '../canonical.ts';
import {
  excludedMs,
  figureOf,
  incidentTime,
  type IncidentTime,
  type Span,
} from '../uptime/account.ts';
import { openedMs, resolvedMs, standingsOf, type IncidentSteps } from '../uptime/standing.ts';
import { CheckFailed, checked, type Checked } from './report.ts';

/**
 * `incidents` are proven, and those that the report names, in its order; `excluded` is maintenance
 * that was announced.
 */
export function checkFigure(
  predicate: UptimePredicate,
  incidents: readonly IncidentSteps[],
  excluded: readonly Span[],
): Checked<null> {
  const period = periodOf(predicate);
  requireInOrder(incidents, period);
  const found = predicate.incidents.map((claim, i) => {
    const steps = incidents[i];
    if (steps === undefined) throw new CheckFailed(`incident ${claim.incident} is not proven`);
    const time = incidentTime(standingsOf(steps), period, excluded);
    requireIncident(claim, steps, time);
    return time;
  });
  requireMaintenance(predicate, excludedMs(period, excluded));
  requireTime(predicate.time, found, period);
  requireFigure(predicate);
  return checked(null, inWords(predicate));
}

function periodOf({ from, to, recordedAt }: UptimePredicate): Span {
  const period = { fromMs: parseTimestamp(from), toMs: parseTimestamp(to) };
  // Written so that an impossible date (NaN) fails.
  if (!(period.fromMs < period.toMs)) throw new CheckFailed(`the period ends before it begins`);
  if (!(period.toMs <= parseTimestamp(recordedAt))) {
    throw new CheckFailed(`the period ends at ${to}, after the report was made at ${recordedAt}`);
  }
  return period;
}

/** A monitor has one incident at a time; each has to do with the period. */
function requireInOrder(incidents: readonly IncidentSteps[], { fromMs, toMs }: Span): void {
  let lastEndMs = Number.NEGATIVE_INFINITY;
  for (const steps of incidents) {
    const { incident } = steps[0];
    if (!(openedMs(steps) >= lastEndMs)) {
      throw new CheckFailed(`incident ${incident} begins before the one before it has ended`);
    }
    lastEndMs = resolvedMs(steps);
    if (!(openedMs(steps) < toMs && lastEndMs > fromMs)) {
      throw new CheckFailed(`incident ${incident} lies outside of the period`);
    }
  }
}

function requireIncident(claim: UptimeIncident, steps: IncidentSteps, time: IncidentTime): void {
  const { openedAt, resolvedAt } = steps.at(-1) ?? steps[0];
  for (const [field, stated, computed] of [
    ['openedAt', claim.openedAt, openedAt],
    ['resolvedAt', claim.resolvedAt, resolvedAt],
    ['downMs', claim.downMs, time.downMs],
    ['partialMs', claim.partialMs, time.partialMs],
  ] as const) {
    if (stated !== computed) {
      throw new CheckFailed(
        `incident ${claim.incident} has ${field} ${stated ?? 'null'}; its records say ${computed ?? 'null'}`,
      );
    }
  }
}

/** Reports of before there was maintenance say nothing of it, and take nothing out. */
function requireMaintenance({ time, policy }: UptimePredicate, computedMs: number): void {
  const { maintenanceMs = 0 } = time;
  if (maintenanceMs !== computedMs) {
    throw new CheckFailed(
      `the report takes out ${maintenanceMs} ms; the maintenance in it is ${computedMs} ms`,
    );
  }
  if (computedMs > 0 && policy.excluded === 'unknown-and-unmeasured') {
    throw new CheckFailed('the report takes maintenance out, and its policy does not say so');
  }
}

function requireTime(
  time: UptimeTime,
  found: readonly IncidentTime[],
  { fromMs, toMs }: Span,
): void {
  const downMs = found.reduce((sum, each) => sum + each.downMs, 0);
  if (time.downMs !== downMs) {
    throw new CheckFailed(`the report says ${time.downMs} ms down; its incidents say ${downMs} ms`);
  }
  const partialMs = found.reduce((sum, each) => sum + each.partialMs, 0);
  if (time.partialMs < partialMs) {
    throw new CheckFailed(
      `the report says ${time.partialMs} ms partial; its incidents alone are ${partialMs} ms`,
    );
  }
  const all = Object.values(time).reduce((sum, part) => sum + part, 0);
  if (all !== toMs - fromMs) {
    throw new CheckFailed(`${all} ms are accounted for, of a period of ${toMs - fromMs} ms`);
  }
}

function requireFigure({ time, figure }: UptimePredicate): void {
  const computed = figureOf(time);
  if (canonicalText(computed) === canonicalText(figure)) return;
  throw new CheckFailed(
    `the report states ${canonicalText(figure)}; its times give ${canonicalText(computed)}`,
  );
}

function inWords({ figure: { countedMs, downMs, availabilityPpm } }: UptimePredicate): string {
  return availabilityPpm === null
    ? 'no time counts, so there is no figure'
    : `${availabilityPpm} ppm: ${downMs} ms down of ${countedMs} ms that count`;
}
