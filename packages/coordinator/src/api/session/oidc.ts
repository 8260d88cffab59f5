/**
 * Signing in with an identity provider. A browser goes there and comes back; whatever goes wrong on the
 * way, it ends on the console's own page, with the code of the error behind `#sign-in-failed=`.
 */
import {
  SignInWays,
  TrustMonitorError,
  isTrustMonitorError,
  type ErrorCode,
} from '@trustmonitor/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PENDING_SECONDS, nextPath, openPending, sealPending } from '../../oidc/pending.ts';
import { admit, nameOf } from '../../oidc/people.ts';
import { OidcProvider, type Person } from '../../oidc/provider.ts';
import type { OidcSettings } from '../../oidc/settings.ts';
import { insertAudit } from '../../store/audit.ts';
import type { ApiContext } from '../context.ts';
import { addressOf } from '../defence/caller.ts';
import { beginSession, setSession, type BegunSession } from './begin.ts';
import { isOverHttps, pendingCookie, pendingOf } from './cookie.ts';

const BEGIN = '/v1/session/oidc';
/** Registered with the provider, behind `TM_PUBLIC_URL`. */
const CALLBACK = '/v1/session/oidc/callback';
const hidden = { config: { scope: 'public' as const }, schema: { hide: true } };

interface Parts {
  readonly context: ApiContext;
  readonly oidc: OidcSettings;
  readonly provider: OidcProvider;
}

export function oidcRoutes(app: FastifyInstance, context: ApiContext): void {
  const { settings, clock, log } = context;
  const { oidc, publicUrl } = settings;
  const provider =
    oidc && new OidcProvider(oidc, { redirectUri: publicUrl + CALLBACK, clock, log });

  app.get(
    '/v1/session/ways',
    {
      config: { scope: 'public' },
      schema: {
        summary: 'How people can sign in to the console, beside a token',
        tags: ['session'],
        response: { 200: SignInWays },
      },
    },
    async (): Promise<SignInWays> => {
      if (oidc === null || provider === null) return { oidc: null };
      const isReachable = await provider.isReachable();
      return { oidc: { name: oidc.name, url: publicUrl + BEGIN, isReachable } };
    },
  );

  if (oidc === null || provider === null) return;
  const parts = { context, oidc, provider };
  app.get<{ Querystring: { next?: unknown } }>(BEGIN, hidden, (request, reply) =>
    onConsole(reply, parts, () => begin(request, reply, parts)),
  );
  app.get(CALLBACK, hidden, (request, reply) =>
    onConsole(reply, parts, () => finish(request, reply, parts)),
  );
}

/** Sends the browser where `work` says, or to the console with what went wrong. */
async function onConsole(
  reply: FastifyReply,
  { context }: Parts,
  work: () => Promise<string>,
): Promise<FastifyReply> {
  reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
  try {
    return await reply.redirect(await work(), 303);
  } catch (error) {
    const code: ErrorCode = isTrustMonitorError(error) ? error.code : 'internal';
    if (code === 'internal') context.log.error({ err: error }, 'a sign-in failed');
    return reply.redirect(`${context.settings.publicUrl}/#sign-in-failed=${code}`, 303);
  }
}

async function begin(
  request: FastifyRequest<{ Querystring: { next?: unknown } }>,
  reply: FastifyReply,
  { context, provider }: Parts,
): Promise<string> {
  const { secretBox, clock, settings } = context;
  const { url, ...begun } = await provider.begin();
  const next = nextPath(request.query.next);
  const expiresAt = clock() + PENDING_SECONDS * 1_000;
  const sealed = sealPending(secretBox, { ...begun, next, expiresAt });
  const isSecure = isOverHttps(request, settings.publicUrl);
  reply.header('set-cookie', pendingCookie(sealed, PENDING_SECONDS, isSecure));
  return url.href;
}

async function finish(
  request: FastifyRequest,
  reply: FastifyReply,
  { context, oidc, provider }: Parts,
): Promise<string> {
  const { secretBox, clock, settings } = context;
  const isSecure = isOverHttps(request, settings.publicUrl);
  const sealed = pendingOf(request, isSecure);
  reply.header('set-cookie', pendingCookie('', 0, isSecure));
  const pending = sealed === null ? null : openPending(secretBox, sealed, clock());
  if (pending === null) {
    throw new TrustMonitorError('oidc.expired', 'no sign-in of this browser is on its way', {
      hint: 'Begin again. It must end within ten minutes, in the browser that it began in.',
    });
  }
  const query = request.url.split('?')[1] ?? '';
  const person = await provider.finish(query, pending);
  setSession(reply, await signIn(person, request, context, oidc), request, context);
  return settings.publicUrl + pending.next;
}

async function signIn(
  person: Person,
  request: FastifyRequest,
  { database }: ApiContext,
  oidc: OidcSettings,
): Promise<BegunSession> {
  const { issuer, subject } = person;
  try {
    return await database.transaction(async (tx) => {
      const token = await admit(tx, person, oidc);
      return beginSession(tx, token, request, { by: 'oidc', issuer, subject });
    });
  } catch (error) {
    if (isTrustMonitorError(error, 'oidc.unlisted')) {
      const actor = { name: nameOf(person), address: addressOf(request), requestId: request.id };
      const entry = { actor, action: 'session.refused', subject: actor.name };
      await insertAudit(database, { ...entry, detail: { by: 'oidc', issuer, subject } });
    }
    throw error;
  }
}
