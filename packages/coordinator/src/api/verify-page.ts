/** The browser verifier: one page, which trusts this server no more than any other. */
import { readVerifyPage } from '@trustmonitor/evidence/node';
import type { FastifyInstance } from 'fastify';

export function verifyPageRoutes(app: FastifyInstance): void {
  app.get(
    '/verify',
    // A page for people, and so no part of the API's document.
    { config: { scope: 'public' }, schema: { hide: true } },
    async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        // What may run in it, the page says itself: the policy goes with it into a saved file.
        .header('content-security-policy', "frame-ancestors 'none'")
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'no-referrer')
        .header('cache-control', 'no-cache')
        .send(Buffer.from(await readVerifyPage())),
  );
}
