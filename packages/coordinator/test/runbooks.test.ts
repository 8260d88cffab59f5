/** Runbooks are there for whoever asks, and nothing else is. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import Fastify from 'fastify';
import { runbookRoutes } from '../src/api/runbooks.ts';
import type { Message } from '../src/announce.ts';
import { RUNBOOK_BY_TYPE, RUNBOOK_NAMES } from '../src/runbooks.ts';

test('every type of message says which is its own', () => {
  // Does not compile where a type is left out.
  const all: Readonly<Record<Message['type'], string | null>> = RUNBOOK_BY_TYPE;
  const named = Object.values(all).filter((name) => name !== null);
  expect(RUNBOOK_NAMES).toEqual(expect.arrayContaining(named));
});

test('each is served as it is written', async () => {
  const app = Fastify();
  runbookRoutes(app);
  for (const name of RUNBOOK_NAMES) {
    const page = new URL(`../../../docs/runbooks/${name}.md`, import.meta.url);
    const answer = await app.inject(`/runbooks/${name}.md`);
    expect([answer.statusCode, answer.body]).toEqual([200, await readFile(page, 'utf8')]);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  }
  for (const path of [
    'nothing.md',
    '..%2Fapi.md',
    'incident.down',
    '%2e%2e%2f%2e%2e%2fpackage.json',
  ]) {
    expect((await app.inject(`/runbooks/${path}`)).statusCode).not.toBe(200);
  }
  await app.close();
});
