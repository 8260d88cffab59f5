/** Who is signed in. */
import type { SessionResource } from '@trustmonitor/protocol';
import { createContext, useContext } from 'react';
import { ApiProblem, remove, write } from './api/client.ts';
import { liveFeed } from './api/live.ts';
import { regionVotes } from './api/region-votes.ts';
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

const FAILED = /^#sign-in-failed=([a-z._]{1,40})$/;

/** By the codes of docs/errors.md: an address can be made up, so it brings no words of its own. */
const FAILURES: Readonly<Record<string, string>> = {
  'oidc.unavailable':
    'The identity provider does not answer, or is not set up as this server expects. Sign in with a token, or try again later.',
  'oidc.expired':
    'The sign-in took too long, or began in another browser. Begin again: it has to end within ten minutes.',
  'oidc.refused': 'The identity provider did not vouch for you. Try again.',
  'oidc.unlisted':
    'The identity provider knows you, but nobody has let you in here. Whoever runs this server can: by your verified e-mail address or by a group.',
};

/** Why a sign-in with the identity provider came to nothing, once. */
export function takeFailure(): Error | null {
  const code = FAILED.exec(window.location.hash)?.[1];
  if (code === undefined) return null;
  window.history.replaceState(null, '', window.location.pathname);
  return new Error(FAILURES[code] ?? 'The sign-in did not succeed. Try again.');
}

export const signIn = (by: { token: string } | { code: string }): Promise<SessionResource> =>
  write<SessionResource>('POST', '/v1/session', by);

/** Throws where the server still knows the session afterwards, or may. */
export async function signOut(): Promise<void> {
  try {
    await remove('/v1/session');
  } catch (error) {
    // There was none any more.
    if (!(error instanceof ApiProblem && error.status === 401)) throw error;
  }
}

/** However a session ended, nothing that was read in it is left. */
export function forgetSession(): void {
  liveFeed.close();
  forgetAll();
  regionVotes.clear();
}
