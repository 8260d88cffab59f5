/**
 * The public status pages as they are seen: `/status/PAGE/`. No token is needed and none is looked at.
 * A page is made at most every few seconds, however many look.
 */
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MadePages, type MadeFile } from '../status-page/made-pages.ts';
import { listPage } from '../status-page/list.ts';
import { selectListedPages } from '../store/status-pages.ts';
import type { ApiContext } from './context.ts';
import { requireStatusPage } from './status-pages.ts';

/** At `/status`. */
const MOST_LISTED = 200;

const options = { config: { scope: 'public' as const }, schema: { hide: true } };

export function publicPageRoutes(app: FastifyInstance, context: ApiContext): void {
  const { database, settings } = context;
  const pages = new MadePages({
    ...context,
    requirePage: (id) => requireStatusPage(database, id),
    baseOf: (id) => `${settings.publicUrl.replace(/\/$/, '')}/status/${id}/`,
  });

  app.get('/status', options, async (_request, reply) => {
    const listed = await selectListedPages(database, MOST_LISTED);
    const [first] = listed;
    if (first === undefined) throw noPage('There is none yet: PUT /v1/status-pages/ID makes one.');
    if (listed.length === 1) return reply.redirect(`/status/${first.id}/`);
    const { text, policy } = listPage(listed);
    return secured(reply, policy).type('text/html; charset=utf-8').send(text);
  });

  app.get<{ Params: { id: string } }>('/status/:id', options, ({ params }, reply) =>
    reply.redirect(`/status/${encodeURIComponent(params.id)}/`),
  );

  app.get<{ Params: { id: string; '*': string } }>(
    '/status/:id/*',
    options,
    async (request, reply) => {
      const { id, '*': path } = request.params;
      const made = await pages.get(id);
      const file = await made.file(path === '' ? 'index.html' : path);
      if (file === null) throw noPage('Begin at the address of the page itself.');
      return send(request, reply, file);
    },
  );
}

function send(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { type, content, etag, policy }: MadeFile,
): FastifyReply {
  secured(reply, policy).header('etag', etag);
  if (headers['if-none-match'] === etag) return reply.status(304).send();
  return reply.type(type).send(content);
}

/** What every answer says. */
function secured(reply: FastifyReply, policy: string | null): FastifyReply {
  reply
    .header('cache-control', 'public, max-age=15, stale-if-error=86400')
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('access-control-allow-origin', '*');
  return policy === null ? reply : reply.header('content-security-policy', policy);
}

function noPage(hint: string): TrustMonitorError {
  return new TrustMonitorError('not_found', 'there is no such status page', { hint });
}
