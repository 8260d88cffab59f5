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
