/** The outbox under two couriers: each message once at a time, in the order of what it is about. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { enqueue } from '../../src/notify/enqueue.ts';
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
import { incidentMessage, GROUP, INCIDENT, PAYLOADS } from '../support/messages.ts';
import { incidentRow, insertMonitor } from './rows.ts';

const store = await testStore();
const { database } = store;
const other = await store.open();
const sql = new Sql(store.url);
afterAll(() => sql.close());

await insertMonitor(database, 'checkout');
const [one, two] = [incidentRow({ id: INCIDENT }), incidentRow({ resolvedAtMs: 1 })];
await insertIncident(database, one);
await sql.rows('update incident set resolved_at = now() where id = $1', [one.id]);
await insertIncident(database, two);

beforeEach(async () => {
  await sql.rows('delete from outbox');
});

/** A message that says `n`, about all of `keys`. */
async function write(n: number | string, keys: readonly string[] = [], channels = ['ops']) {
  await insertOutbox(database, { channels, incidents: [], keys, payload: { n } });
}

const claim = async (channel = 'ops') =>
  (await claimOutbox(database, channel, 60))?.payload ?? null;

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
  for (let n = 0; n < 60; n++) await write(n, n % 2 === 0 ? ['even'] : [String(n)]);
  const claimed = (await Promise.all([database, other].map((db) => drain(db, 'ops')))).flat();
  // One of them may see the head of the line taken and stop; what is left is the other's.
  claimed.push(...(await drain(database, 'ops')));
  expect(claimed).toHaveLength(60);
  expect(new Set(claimed).size).toBe(60);
});

test('a claim runs out, and the message comes again under its id', async () => {
  await write(1);
  const first = await claimOutbox(database, 'ops', 60);
  expect(await claimOutbox(other, 'ops', 60)).toBeNull();
  await sql.rows("update outbox set next_attempt_at = now() - interval '1 second'");
  const again = await claimOutbox(other, 'ops', 60);
  expect(again).toMatchObject({ id: first?.id, attempts: 2, createdAt: first?.createdAt });
});

test('a claim that was given back was no attempt', async () => {
  await write(1);
  const first = await claimOutbox(database, 'ops', 60);
  await releaseClaim(database, first!.id);
  expect(await claimOutbox(other, 'ops', 60)).toMatchObject({ id: first?.id, attempts: 1 });
});

test('an end waits for its beginning, and for no other', async () => {
  await write('opened', [one.id], ['ops', 'team']);
  await write('resolved', [one.id]);
  await write('other', [two.id]);
  const opened = await claimOutbox(database, 'ops', 60);
  expect(opened?.payload).toEqual({ n: 'opened' });
  expect(await claim()).toEqual({ n: 'other' });
  expect(await claim()).toBeNull();
  const due = await selectOutboxDue(database);
  expect(due.find(({ channel }) => channel === 'ops')?.dueInMs).toBeGreaterThan(50_000);

  await markFailed(database, opened!.id, { error: 'no', retryInSeconds: 0, refusedFor: null });
  expect((await claimOutbox(database, 'ops', 60))?.id).toBe(opened?.id);
  await markDelivered(database, opened!.id);
  expect(await claim()).toEqual({ n: 'resolved' });
  expect(await claim('team')).toEqual({ n: 'opened' });
});

test('a message about several waits for each of them, and each later one for it', async () => {
  await write('a opened', ['a']);
  await write('both', ['b', 'a']);
  await write('b resolved', ['b']);
  await write('c', ['c']);
  const first = await claimOutbox(database, 'ops', 60);
  expect(first?.payload).toEqual({ n: 'a opened' });
  expect(await claim()).toEqual({ n: 'c' });
  expect(await claim()).toBeNull();
  await markDelivered(database, first!.id);
  expect(await claim()).toEqual({ n: 'both' });
  expect(await claim()).toBeNull();
});

test('what is refused for days holds back nothing but what is about the same', async () => {
  const kinds = PAYLOADS.filter(({ type }) => !type.startsWith('incident.'));
  for (const message of kinds) await enqueue(database, ['ops'], message);
  // Every one of them is refused.
  const seen: string[] = [];
  for (;;) {
    const row = await claimOutbox(database, 'ops', 3_600);
    if (row === null) break;
    seen.push((row.payload as { type: string }).type);
  }
  expect(seen).toEqual([
    ...['monitoring.unknown', 'monitoring.failing', 'monitoring.agents_flagged'],
    ...['slo.burning', 'monitor.flapping', 'alerts.grouped', 'monitor.anomalous', 'channel.test'],
  ]);
});

test('what the release before writes, and has written, has its place too', async () => {
  const messages = [...PAYLOADS, incidentMessage({ type: 'incident.updated' })];
  for (const message of messages) await enqueue(database, ['now'], message);
  for (const message of messages) {
    await sql.rows('insert into outbox (channel, payload) values ($1, $2)', ['before', message]);
  }
  const keysOf = (channel: string) =>
    sql.rows('select payload, keys from outbox where channel = $1 order by number', [channel]);
  const now = await keysOf('now');
  expect(now).toHaveLength(messages.length);
  expect(await keysOf('before')).toEqual(now);
  const [group] = await sql.rows<{ incidents: string[]; keys: string[] }>(
    `select incidents, keys from outbox where channel = 'now' and incidents is not null`,
  );
  expect(group?.incidents).toHaveLength(GROUP.alerts.length);
  expect(group?.keys).toEqual(group?.incidents);
});

test('a message that is given up makes way for the next', async () => {
  await write('opened', ['a']);
  await write('resolved', ['a']);
  const opened = await claimOutbox(database, 'ops', 60);
  const failure = { error: 'gone\0', retryInSeconds: null, refusedFor: ['a@example.com'] };
  await markFailed(database, opened!.id, failure);
  expect(await claim()).toEqual({ n: 'resolved' });
  const [row] = await sql.rows<{ given_up_at: Date | null }>(
    'select given_up_at, recipients, last_error from outbox where id = $1',
    [opened!.id],
  );
  expect(row).toMatchObject({ recipients: failure.refusedFor, last_error: 'gone' });
  expect(row?.given_up_at).not.toBeNull();
});
