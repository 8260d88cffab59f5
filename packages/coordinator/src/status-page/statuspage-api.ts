/**
 * The page as the JSON that Atlassian Statuspage serves under `/api/v2`, so that what reads those can
 * read this. Field names and values as its public documentation gives them; what it has no word for
 * (nobody knows) is `degraded_performance`, as that is never better than the truth.
 */
import {
  worstOf,
  type ComponentView,
  type IncidentView,
  type MaintenanceView,
  type PageView,
  type State,
} from './view.ts';
import { HEADLINES, incidentTitle, storyOf } from './words.ts';

const COMPONENT_STATUS = {
  operational: 'operational',
  degraded: 'degraded_performance',
  partial: 'partial_outage',
  down: 'major_outage',
  maintenance: 'under_maintenance',
  unknown: 'degraded_performance',
} as const satisfies Record<State, string>;

const INDICATOR = {
  operational: 'none',
  degraded: 'minor',
  partial: 'major',
  down: 'critical',
  maintenance: 'maintenance',
  unknown: 'minor',
} as const satisfies Record<State, string>;

type Make = (view: PageView, base: string) => object;

/** Paths below `api/v2/`, with what makes each. `base`: the address of the page's folder. */
export const STATUSPAGE_FILES: Readonly<Record<string, Make>> = {
  'status.json': (view, base) => ({ page: pageOf(view, base), status: statusOf(view) }),
  'components.json': (view, base) => ({
    page: pageOf(view, base),
    components: componentsOf(view),
  }),
  'incidents.json': (view, base) => ({
    page: pageOf(view, base),
    incidents: incidentsOf(view, base),
  }),
  'incidents/unresolved.json': (view, base) => ({
    page: pageOf(view, base),
    incidents: unresolvedOf(view, base),
  }),
  'scheduled-maintenances.json': (view, base) => scheduledOf(view, base, () => true),
  'scheduled-maintenances/upcoming.json': (view, base) =>
    scheduledOf(view, base, ({ stage }) => stage === 'scheduled'),
  'scheduled-maintenances/active.json': (view, base) =>
    scheduledOf(view, base, ({ stage }) => stage === 'in_progress'),
  'summary.json': (view, base) => ({
    status: statusOf(view),
    components: componentsOf(view),
    incidents: unresolvedOf(view, base),
    ...scheduledOf(view, base, ({ stage }) => stage !== 'completed'),
  }),
};

function statusOf({ state }: PageView): object {
  return { indicator: INDICATOR[state], description: HEADLINES[state] };
}

function incidentsOf(view: PageView, base: string): object[] {
  return view.incidents.map((incident) => incidentOf(incident, view, base));
}

function unresolvedOf(view: PageView, base: string): object[] {
  const incidents = view.incidents.filter(({ resolvedAtMs }) => resolvedAtMs === null);
  return incidentsOf({ ...view, incidents }, base);
}

function scheduledOf(
  view: PageView,
  base: string,
  test: (one: MaintenanceView) => boolean,
): { readonly page: object; readonly scheduled_maintenances: object[] } {
  return {
    page: pageOf(view, base),
    scheduled_maintenances: [...view.maintenance, ...view.past]
      .filter(test)
      .map((one) => maintenanceOf(one, view, base)),
  };
}

function pageOf({ page, atMs }: PageView, base: string): object {
  const { id, title: name } = page;
  return { id, name, url: base, time_zone: 'Etc/UTC', updated_at: iso(atMs) };
}

/** Groups are components that have others. */
function componentsOf(view: PageView): object[] {
  let position = 0;
  return view.groups.flatMap(({ name, components }, i) => {
    const groupId = `group-${i + 1}`;
    const common = { page_id: view.page.id, description: null, showcase: false };
    // Of a group that shows nothing there is nothing to warn of.
    const states = components.map(({ state }) => state);
    const state = states.length === 0 ? 'operational' : worstOf(states);
    const ids = components.map(({ id }) => id);
    const group = {
      ...{ id: groupId, name, status: COMPONENT_STATUS[state] },
      ...{ position: (position += 1), group: true, group_id: null, components: ids },
      ...common,
    };
    const members = components.map((component) => ({
      ...{ id: component.id, name: component.name, status: COMPONENT_STATUS[component.state] },
      ...{ position: (position += 1), group: false, group_id: groupId },
      ...{ created_at: iso(component.createdAtMs), updated_at: iso(view.atMs) },
      ...{ only_show_if_degraded: false, start_date: iso(component.createdAtMs).slice(0, 10) },
      ...common,
    }));
    return [group, ...members];
  });
}

function incidentOf(incident: IncidentView, view: PageView, base: string): object {
  const { id, openedAtMs, resolvedAtMs } = incident;
  const story = storyOf(incident);
  const resolved = resolvedAtMs === null ? null : iso(resolvedAtMs);
  return {
    id,
    name: incidentTitle(incident),
    status: resolved === null ? 'investigating' : 'resolved',
    impact: incident.kind === 'down' ? 'critical' : 'major',
    created_at: iso(openedAtMs),
    started_at: iso(openedAtMs),
    updated_at: story.at(-1)?.at ?? iso(openedAtMs),
    monitoring_at: null,
    resolved_at: resolved,
    shortlink: `${base}incidents/${id}.html`,
    page_id: view.page.id,
    incident_updates: story.toReversed().map(({ id: update, at, words, isOver }) => ({
      ...{ id: update, incident_id: id, status: isOver ? 'resolved' : 'investigating' },
      ...{ body: words, ...updateTimes(at) },
    })),
    components: view.groups.flatMap(({ components }) =>
      components.filter((one) => one.id === incident.component.id).map(shortComponent),
    ),
  };
}

/** As it was announced, began and ended; the newest first. */
function maintenanceOf(one: MaintenanceView, view: PageView, base: string): object {
  const { fromMs, untilMs, reason, stage, announcedAtMs, components } = one;
  const id = `${one.id}-${fromMs}`;
  const updates = [
    { status: 'scheduled', atMs: announcedAtMs, body: reason },
    { status: 'in_progress', atMs: fromMs, body: 'The maintenance has begun.' },
    { status: 'completed', atMs: untilMs, body: 'The maintenance is over.' },
  ].slice(0, ['scheduled', 'in_progress', 'completed'].indexOf(stage) + 1);
  return {
    id,
    name: reason,
    status: stage,
    impact: 'maintenance',
    created_at: iso(announcedAtMs),
    updated_at: iso(updates.at(-1)?.atMs ?? announcedAtMs),
    monitoring_at: null,
    resolved_at: stage === 'completed' ? iso(untilMs) : null,
    shortlink: base,
    page_id: view.page.id,
    scheduled_for: iso(fromMs),
    scheduled_until: iso(untilMs),
    incident_updates: updates.toReversed().map(({ status, atMs, body }) => ({
      ...{ id: `${id}-${status}`, incident_id: id, status, body, ...updateTimes(iso(atMs)) },
    })),
    components: view.groups.flatMap((group) =>
      group.components.filter(({ name }) => components.includes(name)).map(shortComponent),
    ),
  };
}

/** What is the same of all updates. */
function updateTimes(at: string): object {
  return {
    ...{ created_at: at, updated_at: at, display_at: at },
    ...{ affected_components: null, deliver_notifications: false },
  };
}

function shortComponent({ id, name, state }: ComponentView): object {
  return { id, name, status: COMPONENT_STATUS[state] };
}

const iso = (atMs: number): string => new Date(atMs).toISOString();
