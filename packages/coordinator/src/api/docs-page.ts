/** `/docs`: the document for people. One page of our own, which asks nobody but this server. */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { documentOf } from './openapi/document.ts';

const PAGES = new URL('../../pages/', import.meta.url);
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FILES = [
  ['/docs', 'api.html', 'text/html; charset=utf-8'],
  ['/docs/api.js', 'api.js', 'text/javascript; charset=utf-8'],
  ['/docs/api.css', 'api.css', 'text/css; charset=utf-8'],
] as const;

export function docsRoutes(app: FastifyInstance): void {
  const options = { config: { scope: 'public' as const }, schema: { hide: true } };
  let document: unknown;
  app.get('/openapi.json', options, () => (document ??= documentOf(app)));
  for (const [path, file, type] of FILES) {
    app.get(path, options, async (_request, reply) =>
      reply
        .type(type)
        .header('content-security-policy', POLICY)
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'no-referrer')
        .header('cache-control', 'no-cache')
        .send(await readFile(new URL(file, PAGES))),
    );
  }
}
