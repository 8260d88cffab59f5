/** When people hear that a part of the monitoring fails: on a real database, with a clock by hand. */
import type { Voter } from '@trustmonitor/evidence';
import { pino } from 'pino';
import { afterAll, expect, test, vi } from 'vitest';
import { readRoutingConfig } from '../src/alerts/config.ts';
import { NoticeWatch } from '../src/notices/watch.ts';
import { Repeater } from '../src/repeater.ts';
import { findLostRegions } from '../src/quarantine/lost-regions.ts';
import { SecretBox } from '../src/secret-box.ts';
import type { BrokerState } from '../src/lease/broker-link.ts';
import { upsertAgentStatuses } from '../src/store/agents.ts';
import { deleteHeldFleets, upsertHeldFleet } from '../src/store/brake.ts';
import { register } from '../src/store/coordinators.ts';
import { openDatabase } from '../src/store/database.ts';
import { hasBlindingNotice, selectNoticePage } from '../src/store/notices.ts';
import { testStore } from './support/database.ts';
import { startPostgresProxy } from './support/postgres-proxy.ts';
import { startReceiver, status } from './support/receiver.ts';
import { until } from './support/until.ts';
import { MEMBERS, T0 } from './support/watched.ts';

const { database, url } = await testStore();
const receiver = await startReceiver();
afterAll(() => receiver.close());
await database.query(`insert into channel (id, definition) values ('ops', $1)`, [
  JSON.stringify({ id: 'ops', type: 'webhook', url: receiver.url }),
]);

let now = T0;
const bus = { connected: true };
let voters: Voter[] = [];
const watch = (on = database): NoticeWatch =>
  new NoticeWatch({
    ...{ database: on, bus, clock: () => now, apiUrl: 'https://tm.example' },
    keyRings: { members: MEMBERS, voters },
    name: 'here:8080',
    secretBox: new SecretBox(Buffer.alloc(32, 7)),
    onTold: () => undefined,
    log: pino({ level: 'silent' }),
  });

async function heardFrom(...regions: string[]): Promise<void> {
  const rows = regions.map((region) => {
    const agent = `${region}-1`;
    const times = { startedAtMs: T0, lastSeenAtMs: now };
    return { agent, region, version: '1', ...times, skewMs: 0, spooledBatches: 0 };
  });
  await upsertAgentStatuses(database, rows);
}

const subjectsOf = (payload: Record<string, unknown>) => (payload['subjects'] ?? []) as string[];

/** What was written to the channel since the last call. */
async function told(): Promise<string[]> {
  const { rows } = await database.query<{ payload: Record<string, unknown> }>(
    `with gone as (delete from outbox where channel = 'ops' returning number, payload)
     select payload from gone order by number`,
  );
  return rows.map(({ payload }) =>
    [payload['type'], payload['topic'], ...subjectsOf(payload)].join(' '),
  );
}

/** One look every five seconds; regions that are named are heard from before each. */
async function looks(by: NoticeWatch, seconds: number, ...alive: string[]): Promise<string[]> {
  for (let passed = 0; passed < seconds; passed += 5) {
    now += 5_000;
    await heardFrom(...alive);
    await by.look();
  }
  return told();
}

const ALL = ['ap', 'eu', 'us'];

test('regions that are lost are one message, told once, also by another coordinator', async () => {
  await heardFrom(...ALL, 'elsewhere');
  const first = watch();
  expect(await looks(first, 40, ...ALL)).toEqual([]);
  expect(await looks(first, 120, 'us')).toEqual(['monitoring.failing region.lost ap eu']);
  expect(await hasBlindingNotice(database)).toBe(false);
  const second = watch();
  expect(await looks(second, 60, 'us')).toEqual([]);
  expect(await looks(second, 5, 'us', 'eu')).toEqual(['monitoring.recovered region.lost eu']);
  expect(await looks(second, 60, ...ALL)).toEqual(['monitoring.recovered region.lost ap']);
});

test('a region that has joined and was never heard is lost too, unless it sends results', async () => {
  const by = watch();
  const joined = { sinceMs: now, region: 'us' };
  await database.query(`delete from agent_status where region = 'us'`);
  voters = ['us-1', 'us-2'].map((agent) => ({ ...joined, agent }));
  const found = async () =>
    (await findLostRegions(database, { voters }, 15_000, now)).filter((one) => one !== 'elsewhere');
  expect(await looks(watch(), 55, 'ap', 'eu')).toEqual([]);
  expect(await found()).toEqual([]);
  expect(await looks(watch(), 60, 'ap', 'eu')).toEqual(['monitoring.failing region.lost us']);
  expect(await found()).toEqual(['us']);
  await database.query(
    `insert into batch (digest, agent, seq, envelope, leaf_hashes) values ($1, 'us-2', 1, '{}', '')`,
    [Buffer.alloc(32)],
  );
  expect(await found()).toEqual([]);
  expect(await looks(by, 5, 'ap', 'eu')).toEqual(['monitoring.recovered region.lost us']);
  await database.query('delete from batch');
  voters = [];
  await heardFrom('us');
});

test('of a region that is drained nobody is told, unless they were told before', async () => {
  const by = watch();
  const drain = (region: string) =>
    database.query(
      `insert into drain (kind, name, since, by, reason) values ($1, $2, $3, 'a', '')`,
      ['region', region, new Date(now)],
    );
  await drain('eu');
  expect(await looks(by, 60, 'ap', 'us')).toEqual([]);
  // Nor of what it alone saw.
  const { regionsOut } = await readRoutingConfig(database, now);
  expect([...regionsOut]).toEqual([['eu', 'it is drained']]);
  expect(await looks(by, 60, 'us')).toEqual(['monitoring.failing region.lost ap']);
  await drain('ap');
  expect(await looks(by, 60, 'us')).toEqual([]);
  expect(await looks(by, 5, 'ap', 'us')).toEqual(['monitoring.recovered region.lost ap']);
  // All that have a vote: that blinds, whoever is drained.
  await database.query(`delete from drain where name = 'ap'`);
  expect(await looks(by, 60)).toEqual(['monitoring.failing region.lost ap us']);
  expect(await hasBlindingNotice(database)).toBe(true);
  await database.query('delete from drain');
  expect(await looks(by, 40, 'ap', 'us')).toEqual([
    'monitoring.recovered region.lost ap us',
    'monitoring.failing region.lost eu',
  ]);
  await heardFrom(...ALL);
  expect(await looks(by, 5, ...ALL)).toEqual(['monitoring.recovered region.lost eu']);
  // Agents that take no jobs say nothing, though they are heard.
  await database.query(
    `insert into drain (kind, name, since, by, reason) values ('agent', 'eu-1', $1, 'a', '')`,
    [new Date(now)],
  );
  expect(await looks(by, 60, ...ALL)).toEqual(['monitoring.failing region.lost eu']);
  await database.query('delete from drain');
  expect(await looks(by, 5, ...ALL)).toEqual(['monitoring.recovered region.lost eu']);
});

test('two coordinators that look at once tell people once', async () => {
  const both = [watch(), watch()];
  for (let passed = 0; passed < 60; passed += 5) {
    now += 5_000;
    await heardFrom('ap', 'eu');
    await Promise.all(both.map((one) => one.look()));
  }
  expect(await told()).toEqual(['monitoring.failing region.lost us']);
  expect(await looks(both[0]!, 5, ...ALL)).toHaveLength(1);
});

test('a broker that is away is one trouble that hides no other, and a short gap none', async () => {
  const by = watch();
  bus.connected = false;
  expect(await looks(by, 25)).toEqual([]);
  bus.connected = true;
  expect(await looks(by, 60, 'ap', 'eu')).toEqual(['monitoring.failing region.lost us']);
  bus.connected = false;
  expect(await looks(by, 120)).toEqual(['monitoring.failing broker.away']);
  expect(await hasBlindingNotice(database)).toBe(true);
  bus.connected = true;
  expect(await looks(by, 5, ...ALL)).toEqual([
    'monitoring.recovered broker.away',
    'monitoring.recovered region.lost us',
  ]);
});

test('one coordinator without the broker is told of by its name, and blinds nobody', async () => {
  const isRegistered = (name: string, broker: BrokerState) =>
    register(database, { id: name, name }, broker, 600);
  await isRegistered('host-1:7070', 'there');
  await isRegistered('host-2:7070', 'away');
  const by = watch();
  expect(await looks(by, 60, ...ALL)).toEqual(['monitoring.failing broker.away host-2:7070']);
  // The one that looks has just lost it too: the other hears agents, and regions are judged by that.
  await isRegistered('host-2:7070', 'there');
  bus.connected = false;
  expect(await looks(by, 60, 'ap', 'eu')).toEqual([
    'monitoring.recovered broker.away host-2:7070',
    'monitoring.failing region.lost us',
  ]);
  await isRegistered('host-1:7070', 'away');
  await isRegistered('host-2:7070', 'doubtful');
  expect(await looks(by, 60)).toEqual(['monitoring.failing broker.away']);
  expect(await hasBlindingNotice(database)).toBe(true);
  bus.connected = true;
  await database.query('delete from coordinator');
  expect(await looks(by, 5, ...ALL)).toEqual([
    'monitoring.recovered broker.away',
    'monitoring.recovered region.lost us',
  ]);
});

test('what blinds the whole network is told once: that monitors are unknown says it too', async () => {
  await database.query('update self_alert set unknown = 7');
  const by = watch();
  expect(await looks(by, 60)).toEqual([]);
  const shown = await selectNoticePage(database, { state: 'open', before: null }, 10);
  expect(shown.map(({ subject, told }) => [subject, told]).toSorted()).toEqual(
    ALL.map((region) => [region, false]),
  );
  // They are known again, and yet no agent is: now it is told.
  await database.query('update self_alert set unknown = 0');
  expect(await looks(by, 5)).toEqual(['monitoring.failing region.lost ap eu us']);
  expect(await looks(by, 5, ...ALL)).toEqual(['monitoring.recovered region.lost ap eu us']);
});

test('rounds that are overdue and messages that wait are told of, each once', async () => {
  await database.query(`
    insert into monitor (id, revision, shard) values ('slow', 1, 0), ('paused', 1, 0), ('new', 1, 0)`);
  await database.query(
    `insert into monitor_revision (monitor, revision, definition, check_digest, created_at)
     select id, 1, jsonb_build_object('enabled', id <> 'paused', 'intervalMs', 30000), $1, $2
       from monitor`,
    [Buffer.alloc(32), new Date(now)],
  );
  await database.query(
    `insert into monitor_state (monitor, state, last_round_at)
     select id, '{}', $1 from monitor where id <> 'new'`,
    [new Date(now)],
  );
  const by = watch();
  expect(await looks(by, 90, ...ALL)).toEqual([]);
  expect(await looks(by, 60, ...ALL)).toEqual(['monitoring.failing rounds.overdue']);
  const [overdue] = await selectNoticePage(database, { state: 'open', before: null }, 1);
  expect(overdue?.detail).toMatch(/^2 monitors were/);
  await database.query(
    `insert into monitor_state (monitor, state, last_round_at) select id, '{}', $1 from monitor
     on conflict (monitor) do update set last_round_at = excluded.last_round_at`,
    [new Date(now + 3_600_000)],
  );
  expect(await looks(by, 5, ...ALL)).toEqual(['monitoring.recovered rounds.overdue']);

  await database.query(
    `insert into outbox (channel, payload, created_at) values ('pager', '{}', $1)`,
    [new Date(now - 300_000)],
  );
  expect(await looks(by, 60, ...ALL)).toEqual(['monitoring.failing outbox.growing pager']);
  await database.query(`update outbox set delivered_at = now()`);
  expect(await looks(by, 5, ...ALL)).toEqual(['monitoring.recovered outbox.growing pager']);
});

test('messages that were given up are told of, though none waits, and by hand ones are not', async () => {
  const by = watch();
  // Days pass, and nobody asks.
  await database.query('update monitor set deleted_at = now()');
  const giveUp = (payload: object) =>
    database.query(
      `insert into outbox (channel, payload, given_up_at, last_error)
       values ('broken', $1, $2, 'it answered 410')`,
      [payload, new Date(now)],
    );
  await giveUp({ type: 'incident.opened' });
  expect(await looks(by, 60, ...ALL)).toEqual([]);
  await database.query(
    `insert into channel (id, definition) values ('broken', '{"id": "broken", "type": "webhook"}')`,
  );
  expect(await looks(by, 60, ...ALL)).toEqual(['monitoring.failing outbox.given_up broken']);
  const [shown] = await selectNoticePage(database, { state: 'open', before: null }, 1);
  expect(shown?.detail).toBe(
    '1 message to the channel broken given up within a day, the last as it answered 410',
  );
  // What says so is given up as well, and does not make it last.
  now += 43_200_000;
  await giveUp({ type: 'monitoring.failing', topic: 'outbox.given_up' });
  await giveUp({ type: 'channel.test' });
  now += 43_200_000;
  expect(await looks(by, 5, ...ALL)).toEqual(['monitoring.recovered outbox.given_up broken']);
  await database.query(`delete from channel where id = 'broken'`);
});

test('regions in quarantine are told of at once, those that are lost as such only', async () => {
  await database.query(`insert into quarantine (region, reason, since)
    values ('ap', 'canaries', now()), ('eu', 'lost', now())`);
  const by = watch();
  expect(await looks(by, 5, ...ALL)).toEqual(['monitoring.failing region.quarantined ap']);
  const shown = await selectNoticePage(database, { state: 'open', before: null }, 10);
  expect(shown.map(({ subject }) => subject).toSorted()).toEqual(['ap', 'eu']);
  await database.query(`update quarantine set since = null, withheld_at = $1`, [
    new Date(now + 3_600_000),
  ]);
  expect(await looks(by, 60, ...ALL)).toEqual([
    'monitoring.recovered region.quarantined ap',
    'monitoring.failing quarantine.withheld',
  ]);
  await database.query(`update quarantine set withheld_at = null`);
  expect(await looks(by, 5, ...ALL)).toEqual(['monitoring.recovered quarantine.withheld']);
});

test('a fleet that is held is told once for all coordinators, until the last says so no more', async () => {
  const note = (coordinator: string) =>
    upsertHeldFleet(
      database,
      coordinator,
      { sinceMs: now, flipped: 20, settled: 40 },
      new Date(now),
    );
  const by = watch();
  await note('a');
  expect(await looks(by, 5, ...ALL)).toEqual(['monitoring.failing fleet.held']);
  await note('b');
  await deleteHeldFleets(database, 'a', new Date(0));
  expect(await looks(by, 25, ...ALL)).toEqual([]);
  const [shown] = await selectNoticePage(database, { state: 'open', before: null }, 1);
  expect(shown?.detail).toContain('20 of 40 monitors');
  // It died: nobody notes it anew.
  expect(await looks(by, 10, ...ALL)).toEqual(['monitoring.recovered fleet.held']);
});

test('a database that is away is told straight to the channels, once, and its return', async () => {
  const proxy = await startPostgresProxy(url);
  const far = await openDatabase({ url: proxy.url, poolSize: 1 });
  const by = watch(far);
  expect(await looks(by, 5, ...ALL)).toEqual([]);
  receiver.react('/hook', status(503));
  proxy.cut();
  for (let passed = 0; passed < 120; passed += 5) {
    now += 5_000;
    await by.look();
  }
  const { messages } = receiver;
  expect(messages.map(({ body }) => [body['type'], body['topic'], body['subjects']])).toEqual(
    Array(2).fill(['monitoring.failing', 'database.away', ['here:8080']]),
  );
  expect(messages[0]?.body['summary']).toContain('here:8080 cannot reach the database');
  expect(new Set(messages.map(({ id }) => id)).size).toBe(1);
  proxy.mend();
  expect(await looks(by, 10, ...ALL)).toEqual(['monitoring.recovered database.away here:8080']);
  const [notice] = await selectNoticePage(database, { state: 'ended', before: null }, 1);
  expect(notice).toMatchObject({ topic: 'database.away', told: true });

  // Cut off alone, it loses the duty before it looks: the end is told all the same, and once.
  proxy.cut();
  for (let passed = 0; passed < 60; passed += 5) {
    now += 5_000;
    await by.look();
  }
  expect(messages).toHaveLength(3);
  await by.stop();
  proxy.mend();
  const end = await until('the end to be told', async () => {
    const heard = await told();
    return heard.length > 0 ? heard : null;
  });
  expect(end).toEqual(['monitoring.recovered database.away here:8080']);
  // With nothing owed there is nothing to come back for.
  const begun = vi.spyOn(Repeater.prototype, 'start');
  await by.start();
  await by.stop();
  expect(begun).toHaveBeenCalledTimes(1);
  begun.mockRestore();
  await by.close();
  expect(await told()).toEqual([]);
  await far.close();
  await proxy.close();
});
