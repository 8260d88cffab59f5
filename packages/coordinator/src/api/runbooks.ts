/** The runbooks of the system's own alerts, as they are written: there also when nothing else is. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { FastifyInstance } from 'fastify';
import { readFile } from 'node:fs/promises';
import { RUNBOOK_NAMES } from '../runbooks.ts';

/** From `src` and from `dist` alike. */
const FOLDER = new URL('../../../../docs/runbooks/', import.meta.url);

export function runbookRoutes(app: FastifyInstance): void {
  app.get<{ Params: { file: string } }>(
    '/runbooks/:file',
    // Pages for people, and so no part of the API's document. They hold no secrets.
    { config: { scope: 'public' }, schema: { hide: true } },
    async ({ params: { file } }, reply) => {
      // Only names of the list become paths.
      const known = RUNBOOK_NAMES.find((name) => `${name}.md` === file);
      if (known === undefined) {
        throw new TrustMonitorError('not_found', `there is no runbook ${file}`, {
          hint: `There are: ${RUNBOOK_NAMES.map((name) => `${name}.md`).join(', ')}.`,
        });
      }
      return reply
        .type('text/plain; charset=utf-8')
        .header('x-content-type-options', 'nosniff')
        .send(await readFile(new URL(`${known}.md`, FOLDER), 'utf8'));
    },
  );
}
