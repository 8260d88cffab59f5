/** Which monitors are listed, as the address says; and in which order. */
import type { MonitorResource } from '@trustmonitor/protocol';
import type { RangeName } from './bars.ts';
import { RANGES } from './bars.ts';

export const SHOWN_STATES = [
  'down',
  'partial',
  'degraded',
  'unknown',
  'up',
  'pending',
  'paused',
] as const;
export type ShownState = (typeof SHOWN_STATES)[number];

export interface Filters {
  readonly text: string;
  readonly states: readonly ShownState[];
  readonly group: string | null;
  readonly range: RangeName;
}

/** What is not understood is left out. */
export function readFilters(query: URLSearchParams): Filters {
  const range = query.get('range') ?? '';
  const states = (query.get('state') ?? '').split(',');
  return {
    text: query.get('q') ?? '',
    states: SHOWN_STATES.filter((state) => states.includes(state)),
    group: query.get('group'),
    range: range in RANGES ? (range as RangeName) : '1h',
  };
}

/** A monitor is paused, or waits for its first round, or is as it is shown. */
export function stateOf({ enabled, shown }: MonitorResource): ShownState {
  if (!enabled) return 'paused';
  return shown.state ?? 'pending';
}

export function matches(monitor: MonitorResource, { text, states, group }: Filters): boolean {
  if (states.length > 0 && !states.includes(stateOf(monitor))) return false;
  if (group !== null && (monitor.group ?? '') !== group) return false;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const said = textOf(monitor);
  return words.every((word) => said.includes(word));
}

function textOf({ id, name, group, labels, check }: MonitorResource): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [id, name, group ?? '', targetOf(check), ...pairs].join(' ').toLowerCase();
}

/** The worst first, then by name. */
export function inOrder(monitors: readonly MonitorResource[]): MonitorResource[] {
  const rank = (monitor: MonitorResource): number => SHOWN_STATES.indexOf(stateOf(monitor));
  return monitors.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

export function countStates(monitors: readonly MonitorResource[]): Map<ShownState, number> {
  const counts = new Map<ShownState, number>();
  for (const monitor of monitors) {
    const state = stateOf(monitor);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

export function groupsOf(monitors: readonly MonitorResource[]): string[] {
  return [...new Set(monitors.flatMap(({ group }) => (group === null ? [] : [group])))].toSorted();
}

/** What is looked at, whatever kind of check looks. */
export function targetOf(check: MonitorResource['check']): string {
  const known = check as { url?: string; host?: string; port?: number; name?: string };
  if (known.url !== undefined) return known.url;
  const place = known.host ?? known.name;
  if (place === undefined) return check.type;
  return known.port === undefined ? place : `${place}:${known.port}`;
}
