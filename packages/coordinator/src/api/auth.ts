/** Bearer tokens, and sessions in their place: who asks, and what they may do. */
import { TrustMonitorError, covers, type Scope } from '@trustmonitor/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readOrCreate } from '../private-file.ts';
import type { Actor } from '../store/audit.ts';
import type { Queryable } from '../store/database.ts';
import { useSession } from '../store/sessions.ts';
import { insertToken, useToken, type StoredToken } from '../store/tokens.ts';
import type { ApiContext } from './context.ts';
import { addressOf } from './defence/caller.ts';
import { isOverHttps, sessionIdOf } from './session/cookie.ts';
import { requireSameOrigin } from './session/same-origin.ts';
import { LastingTokens } from './lasting-tokens.ts';
import { hashToken, isWellFormed, newToken } from './token.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, as the audit log names them. */
    actor: Actor;
    /** The token that authorised the request; null on public routes. */
    token: StoredToken | null;
    /** When the caller's session ends; null for one that sent the token itself. */
    sessionEndsAt: Date | null;
  }
  interface FastifyContextConfig {
    scope?: RouteScope;
    /** Whether a secret can be guessed at in its body. */
    isSignIn?: boolean;
    /** Whether a token is good for it while the database cannot be asked. */
    outlivesDatabase?: boolean;
  }
}

/** What a token must have; for `token` any will do, and `public` routes need none. */
export type RouteScope = Scope | 'token' | 'public';

/** Deny by default: a route without a scope needs `read` to be read and `admin` to be changed. */
export function scopeOf(method: string, scope: RouteScope | undefined): RouteScope {
  return scope ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'admin');
}

export function requireTokens(app: FastifyInstance, context: ApiContext): void {
  const lasting = new LastingTokens(context.database, context.clock);
  app.decorateRequest('actor');
  app.decorateRequest('token', null);
  app.decorateRequest('sessionEndsAt', null);
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const scope = scopeOf(request.method, request.routeOptions.config.scope);
    if (scope === 'public') return;
    const { token, endsAt } = await identify(request, context, lasting);
    if (scope !== 'token') requireScope(token, scope);
    request.token = token;
    request.sessionEndsAt = endsAt;
    request.actor = { name: token.name, address: addressOf(request), requestId: request.id };
  });
}

interface Caller {
  readonly token: StoredToken;
  readonly endsAt: Date | null;
}

/** The token that was sent or that a session stands for. Throws `auth.missing|refused|forbidden`. */
async function identify(
  request: FastifyRequest,
  context: ApiContext,
  lasting: LastingTokens,
): Promise<Caller> {
  const token = bearerOf(request);
  if (token === null) return identifySession(request, context);
  const { outlivesDatabase } = request.routeOptions.config;
  const lookUp = (hash: string) =>
    outlivesDatabase === true ? lasting.use(hash) : useToken(context.database, hash);
  // A malformed token costs no query.
  const known = isWellFormed(token) ? await lookUp(hashToken(token)) : null;
  if (known === null) throw new TrustMonitorError('auth.refused', 'the token is not valid');
  return { token: known, endsAt: null };
}

async function identifySession(
  request: FastifyRequest,
  { database, settings }: ApiContext,
): Promise<Caller> {
  const id = sessionIdOf(request, isOverHttps(request, settings.publicUrl));
  if (id === null) {
    throw new TrustMonitorError('auth.missing', 'this needs a token', {
      hint: 'Send "Authorization: Bearer TOKEN". A local stack keeps its own in .trustmonitor/admin.token.',
    });
  }
  requireSameOrigin(request);
  const session = await useSession(database, hashToken(id));
  if (session === null) throw new TrustMonitorError('auth.refused', 'the session is over');
  return { token: session.token, endsAt: session.expiresAt };
}

/** Also for what a route asks only of some requests. Throws `auth.forbidden`. */
export function requireScope(token: StoredToken | null, scope: Scope): void {
  if (token !== null && covers(token.scopes, scope)) return;
  const who = token === null ? 'the caller' : `the token ${token.name}`;
  throw new TrustMonitorError('auth.forbidden', `${who} lacks "${scope}"`, {
    hint: `Use a token with the scope ${scope}: POST /v1/tokens makes one.`,
  });
}

function bearerOf({ headers }: FastifyRequest): string | null {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** Makes the admin token at the first start, and makes sure that the database knows it. */
export async function ensureAdminToken(db: Queryable, file: string): Promise<void> {
  const token = await readOrCreate(file, newToken);
  if (!isWellFormed(token)) {
    throw new TrustMonitorError('config.invalid', `${file} does not hold a token`, {
      where: file,
      hint: 'Remove the file: the next start makes a new token.',
    });
  }
  await insertToken(db, { name: 'admin', hash: hashToken(token), scopes: ['admin'] });
}
