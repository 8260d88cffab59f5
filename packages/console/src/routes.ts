/** Which page an address is; the coordinator serves the same paths (`api/console/routes.ts`). */
export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'monitor'; readonly id: string }
  | { readonly page: 'editor'; readonly id: string | null }
  | { readonly page: 'incidents' }
  | { readonly page: 'incident'; readonly id: string }
  | { readonly page: 'evidence'; readonly id: string }
  | { readonly page: 'check' }
  | { readonly page: 'regions' }
  | { readonly page: 'slos' }
  | { readonly page: 'slo'; readonly id: string }
  | { readonly page: 'notifications' }
  | { readonly page: 'maintenance' }
  | { readonly page: 'transparency' }
  | { readonly page: 'settings' }
  | { readonly page: 'nowhere' };

const PLAIN = new Map<string, Route>([
  ['', { page: 'overview' }],
  ['incidents', { page: 'incidents' }],
  ['check', { page: 'check' }],
  ['regions', { page: 'regions' }],
  ['slos', { page: 'slos' }],
  ['notifications', { page: 'notifications' }],
  ['maintenance', { page: 'maintenance' }],
  ['transparency', { page: 'transparency' }],
  ['settings', { page: 'settings' }],
]);

export function routeOf(path: string): Route {
  const parts = path.split('/').filter(Boolean).map(decoded);
  const plain = parts.length < 2 ? PLAIN.get(parts[0] ?? '') : undefined;
  return plain ?? routeOfThing(parts) ?? { page: 'nowhere' };
}

function routeOfThing([kind, id, view, ...rest]: readonly string[]): Route | null {
  if (id === undefined || rest.length > 0) return null;
  if (kind === 'monitors' && view === undefined) {
    return id === 'new' ? { page: 'editor', id: null } : { page: 'monitor', id };
  }
  if (kind === 'monitors' && view === 'edit') return { page: 'editor', id };
  if (kind === 'incidents' && view === undefined) return { page: 'incident', id };
  if (kind === 'incidents' && view === 'evidence') return { page: 'evidence', id };
  if (kind === 'slos' && view === undefined) return { page: 'slo', id };
  return null;
}

const TITLES: Readonly<Record<Route['page'], string>> = {
  overview: 'Overview',
  monitor: 'Monitor',
  editor: 'Edit',
  incidents: 'Incidents',
  incident: 'Incident',
  evidence: 'Evidence',
  check: 'Check now',
  regions: 'Regions',
  slos: 'Service levels',
  slo: 'Service level',
  notifications: 'Notifications',
  maintenance: 'Maintenance',
  transparency: 'Log',
  settings: 'Settings',
  nowhere: 'There is no such page',
};

/** As tabs and histories list it. Of what has an unreadable id the beginning tells enough. */
export function titleOf(route: Route): string {
  if (route.page === 'editor' && route.id === null) return 'Add a monitor';
  const title = TITLES[route.page];
  return 'id' in route && route.id !== null ? `${title} ${shortId(route.id)}` : title;
}

const shortId = (id: string): string => (UUID.test(id) ? `${id.slice(0, 13)}…` : id);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What is no text is no name of anything. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '\0';
  }
}

export const paths = {
  overview: '/',
  monitor: (id: string) => `/monitors/${encodeURIComponent(id)}`,
  edit: (id: string) => `/monitors/${encodeURIComponent(id)}/edit`,
  clone: (id: string) => `/monitors/new?from=${encodeURIComponent(id)}`,
  newMonitor: '/monitors/new',
  incidents: '/incidents',
  incident: (id: string) => `/incidents/${id}`,
  evidence: (id: string) => `/incidents/${id}/evidence`,
  check: '/check',
  regions: '/regions',
  slos: '/slos',
  slo: (id: string) => `/slos/${encodeURIComponent(id)}`,
  notifications: '/notifications',
  maintenance: '/maintenance',
  transparency: '/transparency',
  settings: '/settings',
} as const;
