/** Runbooks are there for whoever asks, and nothing else is. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import Fastify from 'fastify';
import { runbookRoutes } from '../src/api/runbooks.ts';
import type { Message } from '../src/announce.ts';
import { storiesOf, storyOf } from '../src/notify/story.ts';
import { RUNBOOK_BY_TYPE, RUNBOOK_NAMES } from '../src/runbooks.ts';
import { PAYLOADS } from './support/messages.ts';

test('every type of message says which is its own', () => {
  // Does not compile where a type is left out.
  const all: Readonly<Record<Message['type'], string | null>> = RUNBOOK_BY_TYPE;
  const named = Object.values(all).filter((name) => name !== null);
  expect(RUNBOOK_NAMES).toEqual(expect.arrayContaining(named));
});

test('every message that has one links to it, in every form that people read', () => {
  const types = new Set<Message['type']>(PAYLOADS.map(({ type }) => type));
  expect(Object.keys(RUNBOOK_BY_TYPE).filter((type) => !types.has(type as never))).toEqual([
    // The same as when it began.
    'slo.recovered',
  ]);
  for (const payload of PAYLOADS) {
    const links = storiesOf(payload).map((story) => {
      return story.links.filter(({ label }) => label === 'Runbook').map(({ url }) => url);
    });
    const expected = RUNBOOK_BY_TYPE[payload.type];
    const isNone = payload.type === 'channel.test';
    for (const found of links) expect(found).toHaveLength(isNone ? 0 : 1);
    if (expected?.startsWith('monitor.')) {
      expect(links).toEqual([[`https://tm.example/runbooks/${expected}.md`]]);
    }
  }
  // A monitor's own comes first, also where it is no address.
  const [anomaly] = PAYLOADS.filter(({ type }) => type === 'monitor.anomalous');
  const [flapping] = PAYLOADS.filter(({ type }) => type === 'monitor.flapping');
  for (const payload of [anomaly, flapping]) {
    const own = { ...payload, runbook: 'https://wiki.example/own' } as Message;
    expect(storyOf(own).links).toContainEqual({
      label: 'Runbook',
      url: 'https://wiki.example/own',
    });
    const words = storyOf({ ...payload, runbook: 'Ask Ada' } as Message);
    expect(words.facts).toContainEqual({ label: 'Runbook', value: 'Ask Ada' });
    expect(words.links.map(({ label }) => label)).toContain('Runbook');
  }
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
