/** The places of those who listen: one that could not be served leaves its own to others. */
import Fastify from 'fastify';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import type { ApiContext } from '../src/api/context.ts';
import { eventRoutes } from '../src/api/events/routes.ts';
import { testStore } from './support/database.ts';

const { database } = await testStore();
const app = Fastify();
eventRoutes(app, { database, log: pino({ level: 'silent' }) } as ApiContext);
const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/v1/events`;
afterAll(() => app.close());

async function listen(): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

test('as many failures as there are places take none of them', async () => {
  await database.query('alter table event rename to event_away');
  const statuses = new Set<number>();
  for (let i = 0; i < 20; i++) {
    const answers = await Promise.all(Array.from({ length: 25 }, () => app.inject('/v1/events')));
    answers.forEach(({ statusCode }) => statuses.add(statusCode));
  }
  expect([...statuses]).toEqual([500]);
  await database.query('alter table event_away rename to event');
  expect(await listen()).toBe(200);
});
