/** Runbooks are there for whoever asks, and nothing else is. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import Fastify from 'fastify';
import { runbookRoutes } from '../src/api/runbooks.ts';
import { RUNBOOK_NAMES } from '../src/runbooks.ts';

test('each is served as it is written', async () => {
  const app = Fastify();
  runbookRoutes(app);
  for (const name of RUNBOOK_NAMES) {
    const page = new URL(`../../../docs/runbooks/${name}.md`, import.meta.url);
    const answer = await app.inject(`/runbooks/${name}.md`);
    expect([answer.statusCode, answer.body]).toEqual([200, await readFile(page, 'utf8')]);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  }
  for (const path of ['nothing.md', '..%2Fapi.md', 'incident.down', '%2e%2e%2f%2e%2e%2fpackage.json']) {
    expect((await app.inject(`/runbooks/${path}`)).statusCode).not.toBe(200);
  }
  await app.close();
});
