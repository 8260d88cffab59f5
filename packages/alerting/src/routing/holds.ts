/** Why somebody is not told of an alert now. The first reason that there is counts. */
import { isSelected } from '@trustmonitor/protocol';
import { isWorse } from '../severity.ts';
import { lastsAt, tooManyNotices } from './flapping.ts';
import { quietUntil } from './quiet-hours.ts';
import type { AlertFacts, AlertState, Hold, MonitorMemory, RoutingConfig, Track } from './types.ts';

/** What an alert with dependencies waits at first: theirs may be about to be confirmed. */
const DEPENDENCY_WAIT_MS = 10_000;

/** What holds are told by, at one moment. */
export interface Surroundings {
  readonly atMs: number;
  readonly config: RoutingConfig;
  /** Whether a monitor has an open incident that says `down`. */
  readonly isDown: (monitor: string) => boolean;
  readonly memoryOf: (monitor: string) => MonitorMemory | undefined;
}

/** Of every channel. */
export function holdOfAlert(alert: AlertState, around: Surroundings): Hold | null {
  return (
    maintenance(alert.facts, around) ??
    silence(alert.facts, around) ??
    inhibition(alert, around) ??
    regionOut(alert.facts, around)
  );
}

function maintenance({ monitor }: AlertFacts, { config, atMs }: Surroundings): Hold | null {
  const mutes = monitor === null ? [] : config.mutesOf(monitor, atMs);
  const [longest] = mutes.toSorted((a, b) => b.untilMs - a.untilMs);
  return longest ?? null;
}

function silence({ monitor }: AlertFacts, { config, atMs }: Surroundings): Hold | null {
  if (monitor === null) return null;
  const [longest] = config.silences
    .filter(({ fromMs, untilMs, match }) => {
      return fromMs <= atMs && atMs < untilMs && isSelected(monitor, match);
    })
    .toSorted((a, b) => b.untilMs - a.untilMs);
  if (longest === undefined) return null;
  const { id, reason, untilMs } = longest;
  return { kind: 'silence', why: reason, by: id, untilMs };
}

/**
 * By a dependency that is down; by one that was, for as long as this alert's own recovery takes to
 * be seen; and at first, because a dependency that fails at the same moment may be confirmed later.
 */
function inhibition({ facts, openedAtMs }: AlertState, around: Surroundings): Hold | null {
  if (facts.dependsOn.length === 0) return null;
  const { atMs, isDown, memoryOf } = around;
  const cause = facts.dependsOn.find(isDown);
  const kind = 'inhibition' as const;
  if (cause !== undefined) {
    return { kind, why: `${cause} is down, and it depends on that`, by: cause, untilMs: null };
  }
  for (const by of facts.dependsOn) {
    const untilMs = (memoryOf(by)?.recoveredAtMs ?? -Infinity) + facts.settleMs;
    if (atMs < untilMs) return { kind, why: `${by} has just recovered`, by, untilMs };
  }
  const untilMs = openedAtMs + DEPENDENCY_WAIT_MS;
  if (atMs >= untilMs) return null;
  return { kind, why: 'what it depends on may be down too', by: null, untilMs };
}

function regionOut({ verdict, regionsDown }: AlertFacts, { config }: Surroundings): Hold | null {
  if (verdict !== 'partial' || regionsDown.length === 0) return null;
  if (!regionsDown.every((region) => config.regionsOut.has(region))) return null;
  const by = regionsDown.join(', ');
  const why = regionsDown.map((region) => `${region}: ${config.regionsOut.get(region) ?? ''}`);
  return { kind: 'region', why: `only ${why.join('; ')}`, by, untilMs: null };
}

/**
 * Of an incident: while its monitor flaps and has not stayed as it is. Of that and of the flapping
 * itself: what would be said too often. `limit`: of moments within an hour; null: any number.
 */
export function flappingHold(
  { kind, monitor }: AlertFacts,
  channel: string,
  limit: number | null,
  around: Surroundings,
): Hold | null {
  const memory = monitor === null ? undefined : around.memoryOf(monitor.id);
  if (memory === undefined || (kind !== 'incident' && kind !== 'flapping')) return null;
  const untilMs = kind === 'incident' ? lastsAt(memory) : null;
  if (untilMs !== null && around.atMs < untilMs) {
    return { kind: 'flapping', why: 'it goes down and up again', by: null, untilMs };
  }
  return limit === null ? null : tooManyNotices(memory, channel, limit, around.atMs);
}

export function quietHold(
  { quietHours }: Track,
  { severity }: AlertFacts,
  atMs: number,
): Hold | null {
  if (quietHours === null) return null;
  const { minSeverity, from, to, timezone } = quietHours;
  const passes = minSeverity !== undefined && !isWorse(minSeverity, severity);
  const untilMs = passes ? null : quietUntil(quietHours, atMs);
  if (untilMs === null) return null;
  return { kind: 'quiet_hours', why: `${from} to ${to}, ${timezone}`, by: null, untilMs };
}
