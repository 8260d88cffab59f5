/** Alerts from what happened to the outbox on a real database: whole or not at all, and once. */
import type { Uuid7 } from '@trustmonitor/protocol';
import { pino } from 'pino';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { incidentFacts } from '../src/alerts/facts.ts';
import type { IncidentMessage } from '../src/alerts/incident-message.ts';
import { AlertRouter } from '../src/alerts/router.ts';
import { hasAckLapsed, insertAlertEvents, type NewAlertEvent } from '../src/store/alerts.ts';
import type { Database } from '../src/store/database.ts';
import { insertIncident } from '../src/store/incidents.ts';
import { selectMonitor } from '../src/store/monitors.ts';
import { Sql, testStore } from './support/database.ts';
import { incidentMessage } from './support/messages.ts';
import { until } from './support/until.ts';
import { monitorOf } from './support/watched.ts';
import { incidentRow, insertMonitor, newId } from './store/rows.ts';

const store = await testStore();
const { database } = store;
const other = await store.open();
const sql = new Sql(store.url);
afterAll(() => sql.close());
let nowMs = Date.now();

function routerOn(db: Database): AlertRouter {
  const log = pino({ level: 'silent' });
  const apiUrl = 'https://tm.example';
  return new AlertRouter({
    ...{ database: db, clock: () => nowMs, apiUrl, onTold: () => undefined, log },
  });
}

await insertMonitor(database, 'checkout');

beforeEach(async () => {
  await sql.rows(
    'truncate outbox, outbox_turn, event, alert_event, alert, alert_group, alert_monitor, routing',
  );
  await sql.rows('delete from channel');
  await sql.rows(
    `insert into channel (id, definition) values ('ops', '{"id": "ops", "type": "webhook"}')`,
  );
});

/** An incident that is in the database, over so that there may be many. */
async function incident(): Promise<Uuid7> {
  const row = incidentRow();
  await insertIncident(database, row);
  await sql.rows('update incident set resolved_at = now() where id = $1', [row.id]);
  return row.id;
}

function eventOf(
  id: Uuid7,
  step: NewAlertEvent['step'] = 'opened',
  as: 'down' | 'partial' = 'down',
): NewAlertEvent {
  const verdict = step === 'resolved' ? 'up' : as;
  const type = `incident.${step}` as IncidentMessage['type'];
  return {
    step,
    facts: incidentFacts(monitorOf('checkout'), { id, verdict, regionsDown: ['eu'] }),
    message: incidentMessage({ type, incident: id, verdict }),
  };
}

const told = () =>
  sql.rows<{ channel: string; type: string; incident: string | null; payload: IncidentMessage }>(
    `select channel, payload ->> 'type' as type, incident, payload from outbox order by number`,
  );

/** Looks until nothing is left to be done now. */
async function route(router: AlertRouter): Promise<void> {
  while (await router.look()) continue;
}

test('what happens is told in its words, in its order, and shown by its incident', async () => {
  const id = await incident();
  const router = routerOn(database);
  await insertAlertEvents(database, [eventOf(id), eventOf(id, 'resolved')]);
  await route(router);
  expect(await told()).toMatchObject([{ channel: 'ops', type: 'alerts.grouped', incident: id }]);
  expect((await told())[0]?.payload).toMatchObject({
    alerts: [eventOf(id).message, eventOf(id, 'resolved').message],
  });
  expect(await sql.count('alert', 'ended_at is not null')).toBe(1);
  expect(await router.look()).toBe(false);
});

test('a transaction that is broken off writes nothing, and all of it comes again', async () => {
  const id = await incident();
  await insertAlertEvents(database, [eventOf(id)]);
  const release = await sql.lock('outbox');
  const broken = routerOn(database).look();
  const failed = expect(broken).rejects.toThrow();
  await until('it to wait for the outbox', async () => {
    const [row] = await sql.rows<{ pid: number }>(
      `select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%outbox%'
          and datname = current_database()`,
    );
    if (row === undefined) return null;
    await sql.rows('select pg_terminate_backend($1)', [row.pid]);
    return true;
  });
  await failed;
  await release();
  expect(await sql.count('alert')).toBe(0);
  await route(routerOn(other));
  expect(await told()).toMatchObject([{ type: 'incident.opened', incident: id }]);
});

test('two that route at once say everything once', async () => {
  await sql.rows(`insert into routing (definition) values ('{"groupIntervalMs": 0}')`);
  const routers = [routerOn(database), routerOn(other)];
  const ids: Uuid7[] = [];
  for (let i = 0; i < 10; i++) {
    const id = await incident();
    ids.push(id);
    await insertAlertEvents(database, [eventOf(id)]);
    await Promise.all(routers.map(route));
    await insertAlertEvents(database, [eventOf(id, 'resolved')]);
    await Promise.all(routers.map(route));
    // Far enough apart not to flap.
    nowMs += 3_600_000;
  }
  const steps = (await told()).map((row) => `${row.type} ${row.incident ?? ''}`);
  expect(steps).toEqual(ids.flatMap((id) => [`incident.opened ${id}`, `incident.resolved ${id}`]));
});

test('what a router knew is not believed after another has routed', async () => {
  const [first, second] = [routerOn(database), routerOn(other)];
  const id = await incident();
  await insertAlertEvents(database, [eventOf(id)]);
  await route(first);
  await insertAlertEvents(database, [eventOf(id, 'resolved')]);
  nowMs += 10_000;
  await route(second);
  nowMs += 10_000;
  await route(first);
  expect((await told()).map(({ type }) => type)).toEqual([
    ...['incident.opened', 'incident.resolved'],
  ]);
});

test('a thousand incidents of one second are a handful of messages about each of them', async () => {
  const router = routerOn(database);
  const ids = Array.from({ length: 1_000 }, () => newId());
  await sql.rows(
    `insert into incident (id, monitor, kind, verdict, summary, opened_at, resolved_at)
     select id, 'checkout', 'down', 'down', '{}', now(), now() from unnest($1::uuid[]) as id`,
    [ids],
  );
  const events = ids.map((id, i): NewAlertEvent => {
    const event = eventOf(id);
    const monitor = { id: `m${i}`, group: null, labels: {} };
    return { ...event, facts: { ...event.facts, monitor } };
  });
  await insertAlertEvents(database, events.slice(0, 40));
  await route(router);
  await insertAlertEvents(database, events.slice(40));
  await route(router);
  nowMs += 10_000;
  await route(router);
  const messages = await told();
  expect(messages).toHaveLength(1 + 10);
  const about = await sql.rows<{ n: number }>(
    'select count(distinct one)::int as n from outbox, unnest(incidents) as one',
  );
  expect(about).toEqual([{ n: 1_000 }]);
});

test('a monitor that flaps is said to, once, and is shown as such until it is calm', async () => {
  await sql.rows(`insert into routing (definition) values ('{"groupIntervalMs": 0}')`);
  const router = routerOn(database);
  for (let i = 0; i < 10; i++) {
    const id = await incident();
    for (const step of ['opened', 'resolved'] as const) {
      await insertAlertEvents(database, [eventOf(id, step)]);
      await route(router);
      nowMs += 45_000;
    }
  }
  expect((await selectMonitor(database, 'checkout'))?.flappingSince).not.toBeNull();
  const [flapping] = (await told()).slice(-1);
  expect(flapping?.payload).toMatchObject({
    ...{ type: 'monitor.flapping', monitor: { id: 'checkout' } },
    summary: expect.stringContaining('again and again, and is up now') as string,
    links: { runbook: 'https://tm.example/runbooks/monitor.flapping.md' },
  });
  expect(await told()).toHaveLength(3);
  // As after 90 days of it: what it began with is forgotten.
  const last = 'select max(id) from alert_event';
  await sql.rows(`delete from alert_event where id < (${last})`);
  // Calm since half an hour ago, and an hour after it was said that it flaps.
  nowMs += 3_600_000;
  await route(router);
  expect((await told()).slice(-1)[0]?.payload).toMatchObject({
    ...{ type: 'monitor.settled', summary: 'Checkout does not flap any more: it is up' },
  });
  expect((await selectMonitor(database, 'checkout'))?.flappingSince).toBeNull();
  const events = await sql.rows<{ type: string }>(
    `select e ->> 'type' as type from event, jsonb_array_elements(events) as e order by seq`,
  );
  expect(events.map(({ type }) => type)).toEqual(['monitor.flapping', 'monitor.settled']);
});

test('who had a lesser incident in hand has not got a worse one', async () => {
  const id = await incident();
  const router = routerOn(database);
  const hear = async (...event: Parameters<typeof eventOf>): Promise<boolean> => {
    await insertAlertEvents(database, [eventOf(...event)]);
    await route(router);
    return hasAckLapsed(database, id);
  };
  await hear(id, 'opened', 'partial');
  expect(await hear(id, 'acknowledged', 'partial')).toBe(false);
  expect(await hear(id, 'updated')).toBe(true);
  await insertAlertEvents(database, [eventOf(id, 'acknowledged')]);
  // It is on its way.
  expect(await hasAckLapsed(database, id)).toBe(false);
  await route(router);
  expect(await hasAckLapsed(database, id)).toBe(false);
});

test('an alert whose words are gone is left out, and does not keep back the others', async () => {
  const [lost, kept] = [await incident(), await incident()];
  const router = routerOn(database);
  const onItsOwn = (id: Uuid7): NewAlertEvent => {
    const event = eventOf(id);
    return { ...event, facts: { ...event.facts, monitor: { id, group: null, labels: {} } } };
  };
  await insertAlertEvents(database, [onItsOwn(await incident())]);
  await route(router);
  await insertAlertEvents(database, [onItsOwn(lost), onItsOwn(kept)]);
  await route(router);
  await sql.rows('delete from alert_event where key = $1', [lost]);
  nowMs += 60_000;
  await route(routerOn(other));
  expect((await told()).slice(1)).toMatchObject([{ type: 'incident.opened', incident: kept }]);
});

test('nobody is told of what opens in maintenance, until it is over and still open', async () => {
  const begin = nowMs;
  const definition = { id: 'disks', selector: { monitors: ['checkout'] }, reason: 'New disks' };
  await sql.rows(
    `insert into maintenance_window (id, definition, planned_until) values ('disks', $1, now())`,
    [definition],
  );
  await sql.rows(
    `insert into maintenance_occurrence (id, window_id, definition, starts_at, ends_at, monitors)
     values (gen_random_uuid(), 'disks', $1, $2, $3, '{checkout}')`,
    [definition, new Date(begin - 1_000), new Date(begin + 60_000)],
  );
  const id = await incident();
  const router = routerOn(database);
  await insertAlertEvents(database, [eventOf(id)]);
  await route(router);
  expect(await told()).toEqual([]);
  nowMs = begin + 60_001;
  await route(router);
  expect(await told()).toMatchObject([{ channel: 'ops', type: 'incident.opened', incident: id }]);
  await sql.rows('delete from maintenance_occurrence');
  nowMs = begin;
});
