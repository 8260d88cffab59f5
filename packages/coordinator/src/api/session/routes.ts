/** Signing in to the console with a token or a one-time code, and out again. */
import {
  SessionInput,
  SessionResource,
  SignInCode,
  TrustMonitorError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { insertAudit, type Actor } from '../../store/audit.ts';
import type { Queryable } from '../../store/database.ts';
import { deleteSession, insertSignInCode, takeSignInCode } from '../../store/sessions.ts';
import { useToken, type StoredToken } from '../../store/tokens.ts';
import type { ApiContext } from '../context.ts';
import { NO_CONTENT } from '../page.ts';
import { hashToken, isWellFormed, newSecret } from '../token.ts';
import { beginSession, setSession, type BegunSession } from './begin.ts';
import { isOverHttps, sessionCookie, sessionIdOf } from './cookie.ts';
import { oidcRoutes } from './oidc.ts';
import { requireSameOrigin } from './same-origin.ts';

const tags = ['session'];
const CODE_MINUTES = 30;

export function sessionRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { settings } = context;
  oidcRoutes(app, context);

  app.get(
    '/v1/session',
    {
      config: { scope: 'token' },
      schema: {
        summary: 'Who asks, and what they may do',
        tags,
        response: { 200: SessionResource },
      },
    },
    ({ token, sessionEndsAt }) => showSession(requireKnown(token), sessionEndsAt, settings.network),
  );

  app.post(
    '/v1/session',
    {
      config: { scope: 'public', isSignIn: true },
      schema: {
        summary: 'Sign in: sets the cookie that stands for the token',
        tags,
        body: SessionInput,
        response: { 201: SessionResource },
      },
    },
    async (request, reply) => {
      requireSameOrigin(request);
      const { token, begun } = await begin(context, request.body, request);
      setSession(reply.status(201), begun, request, context);
      return showSession(token, begun.endsAt, settings.network);
    },
  );

  app.delete(
    '/v1/session',
    {
      config: { scope: 'token' },
      schema: { summary: 'Sign out', tags, response: { 204: NO_CONTENT } },
    },
    async (request, reply) => {
      await end(context, request);
      const cookie = sessionCookie('', 0, isOverHttps(request, settings.publicUrl));
      return reply.status(204).header('set-cookie', cookie).send(null);
    },
  );

  app.post(
    '/v1/session/codes',
    {
      config: { scope: 'token' },
      schema: {
        summary: 'Make a code that a browser can sign in with once, as the token that asks',
        tags,
        response: { 201: SignInCode },
      },
    },
    async ({ token, actor, sessionEndsAt }, reply) => {
      if (sessionEndsAt !== null) {
        throw new TrustMonitorError('auth.forbidden', 'a session cannot begin another one', {
          hint: 'Send the token itself.',
        });
      }
      reply.status(201);
      return makeCode(context, requireKnown(token), actor);
    },
  );
}

function requireKnown(token: StoredToken | null): StoredToken {
  if (token === null) throw new TrustMonitorError('internal', 'a route without a caller');
  return token;
}

function showSession(
  { name, scopes }: StoredToken,
  endsAt: Date | null,
  network: string,
): SessionResource {
  return { name, scopes: [...scopes], network, expiresAt: endsAt?.toISOString() ?? null };
}

async function begin(
  { database }: ApiContext,
  given: SessionInput,
  request: FastifyRequest,
): Promise<{ token: StoredToken; begun: BegunSession }> {
  return database.transaction(async (tx) => {
    const token = await tokenOf(tx, given);
    const by = 'code' in given ? 'code' : 'token';
    return { token, begun: await beginSession(tx, token, request, { by }) };
  });
}

async function tokenOf(tx: Queryable, given: SessionInput): Promise<StoredToken> {
  if ('code' in given) {
    const token = await takeSignInCode(tx, hashToken(given.code));
    if (token !== null) return token;
    throw new TrustMonitorError('auth.refused', 'the link has been used, or is too old', {
      hint: 'Sign in with a token, or make a new link: trustmonitor console.',
    });
  }
  const text = given.token.trim();
  const token = isWellFormed(text) ? await useToken(tx, hashToken(text)) : null;
  if (token !== null) return token;
  throw new TrustMonitorError('auth.refused', 'the token is not valid', {
    hint: 'A local stack keeps its own in .trustmonitor/admin.token.',
  });
}

async function end({ database, settings }: ApiContext, request: FastifyRequest): Promise<void> {
  const id = sessionIdOf(request, isOverHttps(request, settings.publicUrl));
  if (id === null) return;
  await database.transaction(async (tx) => {
    if (!(await deleteSession(tx, hashToken(id)))) return;
    const subject = requireKnown(request.token).id;
    await insertAudit(tx, { actor: request.actor, action: 'session.ended', subject });
  });
}

async function makeCode(
  { database }: ApiContext,
  token: StoredToken,
  actor: Actor,
): Promise<SignInCode> {
  const code = newSecret();
  const hash = hashToken(code);
  const expiresAt = await database.transaction(async (tx) => {
    const until = await insertSignInCode(tx, { hash, token: token.id, minutes: CODE_MINUTES });
    await insertAudit(tx, { actor, action: 'session.code_made', subject: token.id });
    return until;
  });
  return { code, expiresAt: expiresAt.toISOString() };
}
