/** The web console at `/`: files that anybody may read; what they show, the API lets them read. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ConsoleSite, type SiteFile } from './site.ts';

/** Where `packages/console` is built to: it is served if it is there, and nothing here imports it. */
const BUILT = new URL('../../../../console/dist/', import.meta.url);

/** Its pages; one script shows all of them (`packages/console/src/routes.ts`). */
export const CONSOLE_PATHS = [
  '/',
  '/monitors/*',
  '/incidents',
  '/incidents/*',
  '/check',
  '/regions',
  '/slos',
  '/slos/*',
  '/notifications',
  '/maintenance',
  '/transparency',
  '/settings',
] as const;

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

export function consoleRoutes(app: FastifyInstance): void {
  const site = new ConsoleSite(BUILT);
  const options = { config: { scope: 'public' as const }, schema: { hide: true } };

  for (const path of CONSOLE_PATHS) {
    app.get(path, options, async (request, reply) => {
      const index = await site.index();
      if (index === null) {
        throw new TrustMonitorError('not_found', 'the console has not been built', {
          hint: 'Build it with `npm run build`. The API is described at /docs.',
        });
      }
      return send(request, reply.header('cache-control', 'no-cache'), index);
    });
  }

  app.get<{ Params: { name: string } }>('/assets/:name', options, async (request, reply) => {
    const asset = await site.asset(request.params.name);
    if (asset === null) {
      throw new TrustMonitorError('not_found', 'there is no such part of the console', {
        hint: 'It may have been built anew: load the page again.',
      });
    }
    return send(
      request,
      reply.header('cache-control', 'public, max-age=31536000, immutable'),
      asset,
    );
  });
}

function send(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { type, bytes, gzipped, etag }: SiteFile,
): FastifyReply {
  reply
    .header('content-security-policy', POLICY)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('vary', 'accept-encoding')
    .header('etag', etag);
  if (headers['if-none-match'] === etag) return reply.status(304).send();
  reply.type(type);
  if (!/\bgzip\b/.test(headers['accept-encoding'] ?? '')) return reply.send(bytes);
  return reply.header('content-encoding', 'gzip').send(gzipped);
}
