/** Maintenance: written, announced in the log, shown, ended, and left out of figures. */
import {
  parseMaintenance,
  payloadOf,
  verifyReport,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import type {
  AuditResource,
  MaintenanceInput,
  MaintenanceResource,
  MonitorResource,
  RootFile,
  StatusResource,
} from '@trustmonitor/protocol';
import { readFile } from 'node:fs/promises';
import pino from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { MaintenancePlanner, announcing } from '../src/maintenance/planner.ts';
import {
  applyWindows,
  endWindow,
  prepareWindow,
  removeWindow,
  writeWindow,
  type Change,
} from '../src/maintenance/windows.ts';
import { lockById } from '../src/store/advisory-locks.ts';
import { SYSTEM } from '../src/store/audit.ts';
import type { Queryable } from '../src/store/database.ts';
import { lockLogTree, selectLogEntries, selectLoggedEnvelope } from '../src/store/log.ts';
import { selectWindow } from '../src/store/maintenance.ts';
import { selectNewestOccurrences } from '../src/store/occurrences.ts';
import { insertMonitor } from './store/rows.ts';
import type { List } from './support/api-client.ts';
import { testStore } from './support/database.ts';
import { testNetwork } from './support/network.ts';
import { IN_VAIN_MS, until } from './support/until.ts';

const { database } = await testStore();
const network = await testNetwork();
await network.start();
const { api } = network;
beforeEach(() => network.showLogsOnFailure());

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const MINUTE = 60_000;

describe('over the API', () => {
  test('a window is planned, shown, ended, and left out of the figure', async () => {
    const startedMs = Date.now();
    network.voteAll('shop', 'up');
    await api.create('shop', { labels: { team: 'a' } });
    await api.create('cart');
    await api.verdict('shop', 'up');
    const window = {
      ...{ id: 'upgrade', selector: { labels: { team: '*' } }, reason: 'upgrade' },
      ...{ from: inMs(-MINUTE), until: inMs(60 * MINUTE) },
    };
    const made = await api.call<MaintenanceResource>('POST', '/v1/maintenance', { body: window });
    expect([made.status, made.body.state]).toEqual([201, 'running']);
    expect(made.body.occurrences).toMatchObject([{ monitors: 1, startsAt: window.from }]);
    const shop = await api.get<MonitorResource>('/v1/monitors/shop');
    expect(shop.inMaintenance).toEqual({
      window: 'upgrade',
      until: window.until,
      reason: 'upgrade',
    });
    expect((await api.get<MonitorResource>('/v1/monitors/cart')).inMaintenance).toBeNull();
    const status = await api.get<StatusResource>('/v1/status');
    expect(status.monitors.inMaintenance).toBe(1);

    // What has begun stays as it was announced.
    const again = await api.call('POST', '/v1/maintenance', { body: window });
    expect([again.status, again.body.code]).toEqual([409, 'maintenance.exists']);
    const changed = { ...window, until: inMs(90 * MINUTE) };
    const late = await api.call('PUT', '/v1/maintenance/upgrade', { body: changed });
    expect([late.status, late.body.code]).toEqual([409, 'maintenance.begun']);

    // An incident in it is recorded, and its time taken out from when it was announced.
    network.voteAll('shop', 'down');
    const incident = await api.incidentOf('shop', 'open');
    network.voteAll('shop', 'up');
    await api.incidentOf('shop', 'resolved');
    const ended = await api.call<MaintenanceResource>('POST', '/v1/maintenance/upgrade/end');
    expect([ended.status, ended.body.state]).toEqual([200, 'over']);
    const { startsAt, endsAt, announcedAt, statements } = ended.body.occurrences[0]!;
    expect([startsAt, statements.length]).toEqual([window.from, 2]);
    const idle = await api.call('POST', '/v1/maintenance/upgrade/end');
    expect([idle.status, idle.body.code]).toEqual([409, 'maintenance.idle']);

    const period = `from=${new Date(startedMs - 1_000).toISOString()}&to=${inMs(0)}`;
    const settled = async () => {
      const answer = await api.call('GET', `/v1/monitors/shop/report?${period}`);
      return answer.status === 422 ? null : answer;
    };
    const file = await until('the period to be settled', settled, 15_000, IN_VAIN_MS);
    const root = JSON.parse(await readFile(network.keys.rootFile, 'utf8')) as RootFile;
    const bytes = new TextEncoder().encode(file.text);
    const report = verifyReport(bytes, root, { verifier: nodeVerifier });
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    const { time, maintenance, incidents } = report.statement!.predicate;
    expect(maintenance).toMatchObject([
      { window: 'upgrade', startsAt, endsAt, excludedFrom: announcedAt, statements },
    ]);
    expect(time.maintenanceMs).toBe(Date.parse(endsAt) - Date.parse(announcedAt));
    expect(incidents).toMatchObject([{ incident: incident.id, downMs: 0 }]);
    expect(time.downMs).toBe(0);

    const { data } = await api.get<List<AuditResource>>('/v1/audit?subject=upgrade');
    expect(data.map(({ action }) => action)).toEqual(['maintenance.ended', 'maintenance.created']);
  });

  test.each<[string, object, string]>([
    ['over already', { from: inMs(-2 * MINUTE), until: inMs(-MINUTE) }, '/until'],
    ['without an end', { from: inMs(0) }, '/until'],
    ['of no time', {}, '/from'],
    ['of both kinds', { cron: '0 3 * * 0', from: inMs(0) }, '/from'],
    ['by no cron', { cron: '0 99 * * 0', duration: '1h', timezone: 'UTC' }, '/cron'],
    ['in no zone', { cron: '0 3 * * 0', duration: '1h', timezone: 'Mars/Rim' }, '/timezone'],
  ])('one that is %s is refused', async (_, when, pointer) => {
    const body = { id: 'bad', selector: {}, reason: 'x', ...when };
    const answer = await api.call('POST', '/v1/maintenance', { body });
    expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([422, pointer]);
  });

  test('windows of a file are applied under its name, and pruned with it', async () => {
    const apply = (maintenance: readonly object[], owner = 'acme/shop') =>
      api.call('POST', '/v1/apply', { body: { owner, prune: true, monitors: [], maintenance } });
    const window = {
      ...{ id: 'sundays', selector: {}, reason: 'restart' },
      ...{ cron: '0 3 * * 0', duration: '1h', timezone: 'Europe/Berlin', uptime: 'counted' },
    };
    const old = { ...window, id: 'old', cron: undefined, duration: undefined };
    const past = { ...old, timezone: undefined, from: inMs(-2 * MINUTE), until: inMs(-MINUTE) };
    expect((await apply([window, past])).status).toBe(200);
    const stored = await api.get<MaintenanceResource>('/v1/maintenance/sundays');
    expect(stored).toMatchObject({ owner: 'acme/shop', state: 'planned', uptime: 'counted' });
    expect(Date.parse(stored.nextAt!)).toBeGreaterThan(Date.now());
    expect((await api.call('GET', '/v1/maintenance/old')).status).toBe(404);
    expect((await apply([window], 'acme/other')).body.code).toBe('maintenance.exists');
    expect((await apply([])).status).toBe(200);
    expect((await api.call('GET', '/v1/maintenance/sundays')).status).toBe(404);
  });
});

describe('in the log', () => {
  const ring = { version: 1, digest: '00'.repeat(32) } as TrustedKeyRing;
  const parts = {
    ...{ database, log: pino({ enabled: false }), network: 'test', isLogged: true },
    ...{ signer: generateSigner() },
    keyRings: {
      current: { ring, envelopes: [], members: [] },
      refresh: () => Promise.resolve(false),
    },
  };
  const change = (nowMs: number, work: (tx: Queryable, change: Change) => Promise<void>) =>
    announcing(database, parts, (announcer) =>
      database.transaction((tx) => work(tx, { actor: SYSTEM, nowMs, announcer })),
    );
  const planAt = (nowMs: number) => new MaintenancePlanner({ ...parts, clock: () => nowMs }).plan();
  const day = (n: number) => Date.UTC(2026, 2, 27 + n);

  /** Step, start and end of everything logged, with when it was recorded. */
  async function announced(): Promise<string[]> {
    const entries = await selectLogEntries(database, 0, 99);
    return Promise.all(
      entries.map(async ({ kind, digest }) => {
        const envelope = await selectLoggedEnvelope(database, digest);
        const { predicate } = parseMaintenance(payloadOf(envelope!, envelope!.payloadType));
        const { step, startsAt, endsAt, recordedAt, monitors } = predicate;
        const times = [startsAt, endsAt, recordedAt].map((at) => at.slice(5, 16));
        return [kind, step, ...times, ...monitors].join(' ');
      }),
    );
  }

  test('occurrences are announced a day ahead, across the change of the clock, and once', async () => {
    await insertMonitor(database, 'checkout');
    const window = prepareWindow(
      {
        ...{ id: 'nights', selector: { monitors: ['check*'] }, reason: 'restart' },
        ...{ cron: '30 1 * * *', duration: '1h', timezone: 'Europe/Berlin' },
      },
      day(0),
    );
    await change(day(0), (tx, all) => writeWindow(tx, window, null, null, all));
    await Promise.all([planAt(day(1)), planAt(day(1))]);
    await planAt(day(2));
    // The clock is put forward on 29 March: the hour is 00:30 UTC, then 23:30 UTC of the day before.
    expect(await announced()).toEqual([
      'maintenance plan 03-27T00:30 03-27T01:30 03-27T00:00 checkout',
      'maintenance plan 03-28T00:30 03-28T01:30 03-28T00:00 checkout',
      'maintenance plan 03-29T00:30 03-29T01:30 03-29T00:00 checkout',
      'maintenance plan 03-29T23:30 03-30T00:30 03-29T00:00 checkout',
    ]);
  });

  test('what is announced and called off, or ended, is said to be', async () => {
    const nowMs = day(2) + 60 * MINUTE;
    await change(nowMs, async (tx, all) => {
      await lockById(tx, 'window', 'nights');
      await removeWindow(tx, (await selectWindow(tx, 'nights'))!, all);
    });
    expect((await announced()).slice(4)).toEqual([
      'maintenance end 03-29T00:30 03-29T01:00 03-29T01:00 checkout',
      'maintenance end 03-29T23:30 03-29T23:30 03-29T01:00 checkout',
    ]);
    const left = await selectNewestOccurrences(database, 'nights', 2);
    expect(left.map(({ startsAtMs, endsAtMs }) => endsAtMs - startsAtMs)).toEqual([30 * MINUTE, 0]);
    await planAt(day(9));
    expect(await announced()).toHaveLength(6);
  });

  const write = (nowMs: number, input: MaintenanceInput) =>
    change(nowMs, async (tx, all) => {
      await lockById(tx, 'window', input.id);
      const stored = await selectWindow(tx, input.id);
      await writeWindow(tx, prepareWindow(input, nowMs), stored, null, all);
    });
  const endAt = (nowMs: number, id: string) =>
    change(nowMs, async (tx, all) => endWindow(tx, (await selectWindow(tx, id))!, all));
  const spans = async (id: string) =>
    (await selectNewestOccurrences(database, id, 9)).map(({ startsAtMs, endsAtMs }) =>
      [startsAtMs, endsAtMs].map((ms) => (ms - day(20)) / MINUTE),
    );

  test('what was ended stays ended when its window is changed', async () => {
    const restarts = {
      ...{ id: 'restarts', selector: { monitors: ['check*'] }, reason: 'restart' },
      ...{ cron: '0 3 * * *', duration: '1h', timezone: 'UTC' },
    };
    await write(day(20), restarts);
    await endAt(day(20) + 200 * MINUTE, 'restarts');
    await write(day(20) + 210 * MINUTE, { ...restarts, reason: 'a longer one', duration: '2h' });
    expect(await spans('restarts')).toEqual([
      [180, 200],
      [1620, 1740],
    ]);
    // One that should run by the new times does.
    await write(day(20) + 215 * MINUTE, { ...restarts, cron: '25 3 * * *' });
    expect((await spans('restarts')).slice(1)).toEqual([
      [205, 265],
      [1620, 1620],
      [1645, 1705],
    ]);

    const from = new Date(day(20) + 180 * MINUTE).toISOString();
    const until = new Date(day(20) + 360 * MINUTE).toISOString();
    const once = { id: 'once', selector: {}, reason: 'move', from, until };
    await write(day(20), once);
    await endAt(day(20) + 200 * MINUTE, 'once');
    await expect(
      write(day(20) + 210 * MINUTE, { ...once, reason: 'the second move' }),
    ).rejects.toMatchObject({ code: 'maintenance.begun' });
    expect(await spans('once')).toEqual([[180, 200]]);
  });

  const applied = (owner: string, ids: readonly string[], prune = false) => ({
    ...{ owner, prune, takeOver: true },
    windows: ids.map((id) => {
      const cron = { cron: '0 3 * * *', duration: '1h', timezone: 'UTC' };
      return prepareWindow({ id, selector: {}, reason: 'x', ...cron }, day(30));
    }),
  });

  test('a window that runs goes to another owner as it is', async () => {
    const nowMs = day(30) + 190 * MINUTE;
    await change(nowMs, (tx, all) => applyWindows(tx, applied('a', ['shared']), all));
    await change(nowMs, (tx, all) => applyWindows(tx, applied('b', ['shared']), all));
    expect((await selectWindow(database, 'shared'))?.owner).toBe('b');
    expect(await selectNewestOccurrences(database, 'shared', 9)).toHaveLength(2);
  });

  test('who applies windows waits for all of them before anything is logged', async () => {
    await change(day(30), (tx, all) => applyWindows(tx, applied('c', ['w1', 'w9']), all));
    let applying: Promise<unknown> = Promise.resolve();
    await database.transaction(async (tx) => {
      await lockById(tx, 'window', 'w9');
      const less = applied('c', ['w0', 'w2'], true);
      applying = change(day(30), (other, all) => applyWindows(other, less, all));
      await until('it to wait for the window', async () => {
        const { rows } = await database.query(
          `select from pg_locks l join pg_database d on d.oid = l.database
            where d.datname = current_database() and locktype = 'advisory' and not granted`,
        );
        return rows.length > 0;
      });
      // As whoever announces that window does next.
      await lockLogTree(tx);
    });
    await applying;
    expect(await selectWindow(database, 'w9')).toBeNull();
  });
});
