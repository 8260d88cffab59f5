/** Who is signed in. */
import type { SessionResource } from '@trustmonitor/protocol';
import { createContext, useContext } from 'react';
import { remove, write } from './api/client.ts';
import { liveFeed } from './api/live.ts';
import { forgetAll } from './api/resource.ts';

export const SessionContext = createContext<SessionResource | null>(null);

export function useSession(): SessionResource {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('shown before anybody was signed in');
  return session;
}

/** The rule of `covers` in packages/protocol, whose schemas a browser should not have to load. */
export function useMay(scope: string): boolean {
  const { scopes } = useSession();
  return scopes.includes('admin') || scopes.includes(scope);
}

const CODE = /^#sign-in=([A-Za-z0-9_-]{1,200})$/;

/** The code that a link brought, once: it leaves the address bar and the history at once. */
export function takeCode(): string | null {
  const code = CODE.exec(window.location.hash)?.[1] ?? null;
  if (code !== null) window.history.replaceState(null, '', window.location.pathname);
  return code;
}

export const signIn = (by: { token: string } | { code: string }): Promise<SessionResource> =>
  write<SessionResource>('POST', '/v1/session', by);

export async function signOut(): Promise<void> {
  await remove('/v1/session');
  liveFeed.close();
  forgetAll();
}
