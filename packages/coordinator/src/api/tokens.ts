/** API tokens: made, listed, revoked. A token is shown once, and gives nothing its maker lacks. */
import {
  CreatedToken,
  PageOf,
  PageQuery,
  Strict,
  TokenInput,
  TokenResource,
  TrustMonitorError,
  Uuid7,
  covers,
  parseTimestamp,
  type Scope,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import {
  countLastingAdmins,
  insertToken,
  revokeToken,
  selectToken,
  selectTokenPage,
  type ListedToken,
} from '../store/tokens.ts';
import type { ApiContext } from './context.ts';
import { digestOfState } from '../state-digest.ts';
import { NO_CONTENT, UUID7_CURSOR, limitOf, pageOf, readCursor } from './page.ts';
import { hashToken, newToken } from './token.ts';

const tags = ['tokens'];
const Path = Strict({ id: Uuid7 });
const READ = { scope: 'tokens:read' as const };
const WRITE = { scope: 'tokens:write' as const };

export function tokenRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database, clock } = context;

  app.get(
    '/v1/tokens',
    {
      config: READ,
      schema: {
        summary: 'Tokens, newest first; also those that were revoked',
        tags,
        querystring: PageQuery,
        response: { 200: PageOf(TokenResource) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const before = readCursor(query.cursor, UUID7_CURSOR);
      const rows = await selectTokenPage(database, before, limit + 1);
      return pageOf(
        rows,
        limit,
        ({ id }) => id,
        (row) => showToken(row, clock()),
      );
    },
  );

  app.get(
    '/v1/tokens/:id',
    {
      config: READ,
      schema: { summary: 'A token', tags, params: Path, response: { 200: TokenResource } },
    },
    async ({ params: { id } }) => showToken(await requireToken(database, id), clock()),
  );

  app.post(
    '/v1/tokens',
    {
      config: WRITE,
      schema: {
        summary: 'Make a token; the answer is the only place where it is shown',
        tags,
        body: TokenInput,
        response: { 201: CreatedToken },
      },
    },
    async ({ body, actor, token }, reply) => {
      requireHeld(body.scopes, token?.scopes ?? []);
      const made = newToken();
      const stored = await storeToken(context, body, made, actor);
      reply.status(201).header('location', `/v1/tokens/${stored.id}`);
      return { ...showToken(stored, clock()), token: made };
    },
  );

  app.delete(
    '/v1/tokens/:id',
    {
      config: WRITE,
      schema: {
        summary: 'Revoke a token, from the next request on',
        tags,
        params: Path,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params, actor, token }, reply) => {
      await revoke(database, params.id, token?.scopes ?? [], actor);
      return reply.status(204).send(null);
    },
  );
}

async function requireToken(db: Queryable, id: Uuid7): Promise<ListedToken> {
  const stored = await selectToken(db, id);
  if (stored === null) throw new TrustMonitorError('not_found', `there is no token ${id}`);
  return stored;
}

/** Nobody gives away, or takes away, more than they have. */
function requireHeld(scopes: readonly string[], held: readonly string[]): void {
  const lacking = scopes.find((scope) => !covers(held, scope as Scope));
  if (lacking === undefined) return;
  throw new TrustMonitorError('auth.forbidden', `your own token lacks "${lacking}"`, {
    where: '/scopes',
    hint: 'A token can give only scopes that it has.',
  });
}

async function storeToken(
  { database, clock }: ApiContext,
  { name, scopes, expiresAt }: TokenInput,
  made: string,
  actor: Actor,
): Promise<ListedToken> {
  const expiresAtMs = (expiresAt ?? null) === null ? null : parseTimestamp(expiresAt ?? '');
  // Written so that an impossible date (NaN) is refused too.
  if (expiresAtMs !== null && !(expiresAtMs > clock())) {
    throw new TrustMonitorError('input.invalid', '/expiresAt is not a time in the future', {
      where: '/expiresAt',
    });
  }
  return database.transaction(async (tx) => {
    const expires = expiresAtMs === null ? null : new Date(expiresAtMs);
    const row = { name, hash: hashToken(made), scopes, createdBy: actor.name, expiresAt: expires };
    const id = await insertToken(tx, row);
    const stored = id && (await selectToken(tx, id));
    if (!stored) throw new TrustMonitorError('internal', 'a new token was not stored');
    const after = digestOfState({ name, scopes, expiresAt: expiresAt ?? null });
    await insertAudit(tx, {
      actor,
      action: 'token.created',
      subject: stored.id,
      detail: { name, scopes },
      after,
    });
    return stored;
  });
}

async function revoke(
  database: Database,
  id: Uuid7,
  held: readonly string[],
  actor: Actor,
): Promise<void> {
  await database.transaction(async (tx) => {
    const stored = await requireToken(tx, id);
    requireHeld(stored.scopes.filter(isScope), held);
    await requireAnotherAdmin(tx, stored);
    if (!(await revokeToken(tx, id))) return;
    const detail = { name: stored.name };
    await insertAudit(tx, { actor, action: 'token.revoked', subject: id, detail });
  });
}

function isScope(scope: string): boolean {
  return scope === 'admin' || scope === 'read' || scope.includes(':');
}

/** Without one nobody could make another. */
async function requireAnotherAdmin(tx: Queryable, token: ListedToken): Promise<void> {
  const isLasting = token.scopes.includes('admin') && token.expiresAt === null;
  if (!isLasting || token.revokedAt !== null) return;
  if ((await countLastingAdmins(tx)) > 1) return;
  throw new TrustMonitorError('token.last_admin', `${token.name} is the last admin token`, {
    hint: 'Make another with the scope "admin" and no end first.',
  });
}

function showToken(token: ListedToken, nowMs: number): TokenResource {
  const { id, name, scopes, createdBy, expiresAt, revokedAt } = token;
  const isExpired = expiresAt !== null && expiresAt.getTime() <= nowMs;
  return {
    id,
    name,
    scopes: [...scopes],
    state: revokedAt !== null ? 'revoked' : isExpired ? 'expired' : 'active',
    createdAt: token.createdAt.toISOString(),
    createdBy,
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
