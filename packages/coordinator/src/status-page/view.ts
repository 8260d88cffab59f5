/**
 * What a public page says, as data. Pure. It is made of names, verdicts and times only: nothing in it
 * comes from a check's definition, so nothing of one can be shown.
 */
import { maintenanceOf, type PlannedWindow } from '@trustmonitor/alerting';
import { isSelected, type StatusPage, type Verdict } from '@trustmonitor/protocol';
import type {
  PublicIncident,
  PublicMonitor,
  PublicNote,
  PublicStep,
  VerdictDay,
} from '../store/status-pages.ts';

export const DAYS = 90;
export const DAY_MS = 86_400_000;
/** Maintenance that begins later is not announced yet. */
const AHEAD_MS = 30 * DAY_MS;

export type State =
  | 'operational'
  | 'degraded'
  | 'partial'
  | 'down'
  | 'maintenance'
  /** Nobody can say, or not yet. */
  | 'unknown';

export interface DayView {
  /** Milliseconds since the epoch, at 00:00 UTC. */
  readonly atMs: number;
  /** The worst that was seen; null: nothing is known of the day. */
  readonly worst: 'operational' | 'degraded' | 'partial' | 'down' | null;
  readonly downMs: number;
}

export interface ComponentView {
  readonly id: string;
  readonly name: string;
  readonly state: State;
  /** `DAYS` of them, the last is today. */
  readonly days: readonly DayView[];
  /** Share of the measured time in which it was not down; null when nothing was measured. */
  readonly uptime: number | null;
  readonly measuredMs: number;
  readonly createdAtMs: number;
}

export interface IncidentView {
  readonly id: string;
  readonly component: { readonly id: string; readonly name: string };
  readonly kind: 'down' | 'partial';
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | null;
  readonly regionsDown: number;
  readonly regions: number;
  /** Oldest first. */
  readonly steps: readonly PublicStep[];
  /** Oldest first. */
  readonly notes: readonly PublicNote[];
}

export interface MaintenanceView {
  readonly id: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly reason: string;
  readonly announcedAtMs: number;
  readonly stage: 'scheduled' | 'in_progress' | 'completed';
  /** Names of the components. */
  readonly components: readonly string[];
}

export interface PageView {
  readonly page: StatusPage;
  readonly atMs: number;
  /** The worst of its components. */
  readonly state: State;
  readonly groups: readonly {
    readonly name: string;
    readonly components: readonly ComponentView[];
  }[];
  /** Newest first. */
  readonly incidents: readonly IncidentView[];
  /** What is not over, in order of its beginning. */
  readonly maintenance: readonly MaintenanceView[];
  /** What is over, newest first. */
  readonly past: readonly MaintenanceView[];
}

/** An occurrence of maintenance, as far as anybody may know it. */
export interface PublicWindow extends PlannedWindow {
  readonly announcedAtMs: number;
  /** Ids of those that it was announced for. */
  readonly monitors: readonly string[];
}

export interface PageParts {
  readonly monitors: readonly PublicMonitor[];
  readonly days: readonly VerdictDay[];
  readonly incidents: readonly PublicIncident[];
  /** Occurrences that are not over. */
  readonly windows: readonly PublicWindow[];
  /** Occurrences that are over, newest first. */
  readonly past: readonly PublicWindow[];
}

/** From the mildest. */
const ORDER = ['operational', 'maintenance', 'unknown', 'degraded', 'partial', 'down'] as const;

export const STATES: Readonly<Record<Verdict, State>> = {
  up: 'operational',
  degraded: 'degraded',
  partial: 'partial',
  down: 'down',
  unknown: 'unknown',
};

/** The monitors of a page, each in the first group that selects it. */
export function selectedFor(
  { groups }: Pick<StatusPage, 'groups'>,
  monitors: readonly PublicMonitor[],
): PublicMonitor[][] {
  const taken = new Set<string>();
  return groups.map(({ select }) => {
    const some = monitors.filter((one) => !taken.has(one.id) && isSelected(one, select));
    for (const { id } of some) taken.add(id);
    return some;
  });
}

export function pageView(page: StatusPage, parts: PageParts, nowMs: number): PageView {
  const nameOf = ({ id, name }: PublicMonitor): string => page.names?.[id] ?? name;
  const days = daysByMonitor(parts.days);
  const selected = selectedFor(page, parts.monitors);
  const groups = selected.map((monitors, i) => ({
    name: page.groups[i]?.name ?? '',
    components: monitors.map((monitor): ComponentView => {
      const past = daysOf(days.get(monitor.id) ?? [], nowMs);
      const isMaintained = maintenanceOf(parts.windows, monitor, nowMs) !== null;
      const state = monitor.verdict === null ? 'unknown' : STATES[monitor.verdict];
      return {
        id: monitor.id,
        name: nameOf(monitor),
        state: isMaintained ? 'maintenance' : state,
        createdAtMs: monitor.createdAt.getTime(),
        ...past,
      };
    }),
  }));
  const shown = selected.flat();
  const names = new Map(shown.map((monitor) => [monitor.id, nameOf(monitor)]));
  const states = groups.flatMap(({ components }) => components.map(({ state }) => state));
  return {
    page,
    atMs: nowMs,
    state: worstOf(states),
    groups,
    incidents: parts.incidents.flatMap((incident) => incidentView(incident, names)),
    maintenance: comingMaintenance(parts.windows, shown, nameOf, nowMs),
    past: pastMaintenance(parts.past, names),
  };
}

function daysByMonitor(rows: readonly VerdictDay[]): Map<string, VerdictDay[]> {
  const byMonitor = new Map<string, VerdictDay[]>();
  for (const row of rows) {
    const known = byMonitor.get(row.monitor);
    if (known === undefined) byMonitor.set(row.monitor, [row]);
    else known.push(row);
  }
  return byMonitor;
}

/** Of none: nobody knows. */
export function worstOf(states: readonly State[]): State {
  return ORDER.findLast((state) => states.includes(state)) ?? 'unknown';
}

function daysOf(
  rows: readonly VerdictDay[],
  nowMs: number,
): Pick<ComponentView, 'days' | 'uptime' | 'measuredMs'> {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const byDay = new Map(rows.map((row) => [row.day.getTime(), row]));
  const measured = rows.reduce((sum, row) => sum + measuredOf(row), 0);
  const down = rows.reduce((sum, row) => sum + row.down, 0);
  return {
    days: Array.from({ length: DAYS }, (_, i) => {
      const atMs = today - (DAYS - 1 - i) * DAY_MS;
      const row = byDay.get(atMs);
      return { atMs, worst: row === undefined ? null : worstOfDay(row), downMs: row?.down ?? 0 };
    }),
    uptime: measured === 0 ? null : 1 - down / measured,
    measuredMs: measured,
  };
}

const measuredOf = ({ up, degraded, partial, down }: VerdictDay): number =>
  up + degraded + partial + down;

function worstOfDay(row: VerdictDay): DayView['worst'] {
  if (measuredOf(row) === 0) return null;
  if (row.down > 0) return 'down';
  if (row.partial > 0) return 'partial';
  return row.degraded > 0 ? 'degraded' : 'operational';
}

function incidentView(
  incident: PublicIncident,
  names: ReadonlyMap<string, string>,
): IncidentView[] {
  const name = names.get(incident.monitor);
  if (name === undefined) return [];
  const { id, kind, openedAt, resolvedAt, regions, regionsDown, steps, notes } = incident;
  return [
    {
      ...{ id, kind, regions, regionsDown, steps, notes },
      component: { id: incident.monitor, name },
      openedAtMs: openedAt.getTime(),
      resolvedAtMs: resolvedAt?.getTime() ?? null,
    },
  ];
}

function comingMaintenance(
  windows: readonly PublicWindow[],
  shown: readonly PublicMonitor[],
  nameOf: (monitor: PublicMonitor) => string,
  nowMs: number,
): MaintenanceView[] {
  return windows
    .filter(({ fromMs, untilMs }) => untilMs > nowMs && fromMs < nowMs + AHEAD_MS)
    .toSorted((a, b) => a.fromMs - b.fromMs)
    .flatMap((window) => {
      const components = shown.filter((one) => isSelected(one, window.selector)).map(nameOf);
      const stage = window.fromMs <= nowMs ? 'in_progress' : 'scheduled';
      return maintenanceView(window, stage, components);
    });
}

/** Of those that it was announced for: a selector says who fits now, and not who did then. */
function pastMaintenance(
  windows: readonly PublicWindow[],
  names: ReadonlyMap<string, string>,
): MaintenanceView[] {
  return windows.flatMap((window) => {
    const components = window.monitors.flatMap((id) => names.get(id) ?? []);
    return maintenanceView(window, 'completed', components);
  });
}

/** None of what the page does not show. */
function maintenanceView(
  { id, fromMs, untilMs, reason, announcedAtMs }: PublicWindow,
  stage: MaintenanceView['stage'],
  components: readonly string[],
): MaintenanceView[] {
  if (components.length === 0) return [];
  return [{ id, fromMs, untilMs, reason, announcedAtMs, stage, components }];
}
