/** The outbox under two couriers: each message once at a time, in its incident's order. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import {
  claimOutbox,
  insertOutbox,
  markDelivered,
  markFailed,
  releaseClaim,
  selectOutboxDue,
} from '../../src/store/outbox.ts';
import { insertIncident } from '../../src/store/incidents.ts';
import { Sql, testStore } from '../support/database.ts';
import { incidentRow, insertMonitor } from './rows.ts';

const store = await testStore();
const { database } = store;
const other = await store.open();
const sql = new Sql(store.url);
afterAll(() => sql.close());

await insertMonitor(database, 'checkout');
const [one, two] = [incidentRow(), incidentRow({ resolvedAtMs: 1 })];
await insertIncident(database, one);
await sql.rows('update incident set resolved_at = now() where id = $1', [one.id]);
await insertIncident(database, two);

beforeEach(async () => {
  await sql.rows('delete from outbox');
});

/** Claims until nothing is due. */
async function drain(db: typeof database, channel: string): Promise<string[]> {
  const claimed: string[] = [];
  for (;;) {
    const row = await claimOutbox(db, channel, 60);
    if (row === null) return claimed;
    claimed.push(row.id);
    await markDelivered(db, row.id);
  }
}

test('two couriers never claim one message twice', async () => {
  for (let i = 0; i < 60; i++) await insertOutbox(database, ['ops'], null, { i });
  await sql.rows("update outbox set incident = $1 where (payload->>'i')::int % 2 = 0", [one.id]);
  const claimed = (await Promise.all([database, other].map((db) => drain(db, 'ops')))).flat();
  // One of them may see the head of the line taken and stop; what is left is the other's.
  claimed.push(...(await drain(database, 'ops')));
  expect(claimed).toHaveLength(60);
  expect(new Set(claimed).size).toBe(60);
});

test('a claim runs out, and the message comes again under its id', async () => {
  await insertOutbox(database, ['ops'], null, {});
  const first = await claimOutbox(database, 'ops', 60);
  expect(await claimOutbox(other, 'ops', 60)).toBeNull();
  await sql.rows("update outbox set next_attempt_at = now() - interval '1 second'");
  const again = await claimOutbox(other, 'ops', 60);
  expect(again).toMatchObject({ id: first?.id, attempts: 2, createdAt: first?.createdAt });
});

test('a claim that was given back was no attempt', async () => {
  await insertOutbox(database, ['ops'], null, {});
  const first = await claimOutbox(database, 'ops', 60);
  await releaseClaim(database, first!.id);
  expect(await claimOutbox(other, 'ops', 60)).toMatchObject({ id: first?.id, attempts: 1 });
});

test('the end of an incident waits for its beginning, and for no other', async () => {
  await insertOutbox(database, ['ops', 'team'], one.id, { n: 'opened' });
  await insertOutbox(database, ['ops'], one.id, { n: 'resolved' });
  await insertOutbox(database, ['ops'], two.id, { n: 'other' });
  const opened = await claimOutbox(database, 'ops', 60);
  expect(opened?.payload).toEqual({ n: 'opened' });
  expect((await claimOutbox(database, 'ops', 60))?.payload).toEqual({ n: 'other' });
  expect(await claimOutbox(database, 'ops', 60)).toBeNull();
  expect(
    (await selectOutboxDue(database)).find(({ channel }) => channel === 'ops')?.dueInMs,
  ).toBeGreaterThan(50_000);

  await markFailed(database, opened!.id, 'no', 0);
  expect((await claimOutbox(database, 'ops', 60))?.id).toBe(opened?.id);
  await markDelivered(database, opened!.id);
  expect((await claimOutbox(database, 'ops', 60))?.payload).toEqual({ n: 'resolved' });
  expect((await claimOutbox(database, 'team', 60))?.payload).toEqual({ n: 'opened' });
});

test('a message that is given up makes way for the next', async () => {
  await insertOutbox(database, ['ops'], one.id, { n: 'opened' });
  await insertOutbox(database, ['ops'], one.id, { n: 'resolved' });
  const opened = await claimOutbox(database, 'ops', 60);
  await markFailed(database, opened!.id, 'gone\0', null);
  expect((await claimOutbox(database, 'ops', 60))?.payload).toEqual({ n: 'resolved' });
  const [row] = await sql.rows<{ given_up_at: Date | null }>(
    'select given_up_at from outbox where id = $1',
    [opened!.id],
  );
  expect(row?.given_up_at).not.toBeNull();
});
