/** The beginning of a session, whatever it is begun with. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { insertAudit } from '../../store/audit.ts';
import type { Queryable } from '../../store/database.ts';
import { insertSession } from '../../store/sessions.ts';
import type { StoredToken } from '../../store/tokens.ts';
import type { ApiContext } from '../context.ts';
import { addressOf } from '../defence/caller.ts';
import { hashToken, newSecret } from '../token.ts';
import { isOverHttps, sessionCookie } from './cookie.ts';

const SESSION_DAYS = 7;

export interface BegunSession {
  /** What the browser gets. */
  readonly id: string;
  readonly endsAt: Date;
}

/** Begins a session that stands for `token`. `how`: for the audit log. */
export async function beginSession(
  tx: Queryable,
  token: StoredToken,
  request: FastifyRequest,
  how: Readonly<Record<string, string>>,
): Promise<BegunSession> {
  const id = newSecret();
  const days = SESSION_DAYS;
  const endsAt = await insertSession(tx, { hash: hashToken(id), token: token.id, days });
  await insertAudit(tx, {
    actor: { name: token.name, address: addressOf(request), requestId: request.id },
    action: 'session.begun',
    subject: token.id,
    detail: how,
  });
  return { id, endsAt };
}

export function setSession(
  reply: FastifyReply,
  { id, endsAt }: BegunSession,
  request: FastifyRequest,
  { settings, clock }: ApiContext,
): void {
  const seconds = Math.floor((endsAt.getTime() - clock()) / 1_000);
  reply.header('set-cookie', sessionCookie(id, seconds, isOverHttps(request, settings.publicUrl)));
}
