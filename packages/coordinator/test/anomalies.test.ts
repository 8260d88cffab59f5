/** Answers that are right and too slow: learnt from what is stored, shown, told, and over again. */
import { checkDigest } from '@trustmonitor/evidence';
import {
  anomalyPolicyOf,
  makeUuid7,
  type BaselineResource,
  type LiveEvent,
  type MonitorResource,
  type SilenceResource,
  type StatusResource,
} from '@trustmonitor/protocol';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AnomalyKeeper } from '../src/anomalies/keeper.ts';
import { AnomalyTracker } from '../src/anomalies/tracker.ts';
import { histogramOf } from '../src/rollup/histogram.ts';
import { openDatabase, type Database } from '../src/store/database.ts';
import { selectMonitor } from '../src/store/monitors.ts';
import type { Watched } from '../src/watch-list.ts';
import { testNetwork, THREE } from './support/network.ts';
import { until } from './support/until.ts';
import { roundOf, watchedOf } from './support/watched.ts';
import { resultOf } from './store/rows.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const REGIONS = THREE.map(({ region }) => region);
/** In the middle of an hour of the past, so that no real round comes in between. */
const NOW = Math.floor((Date.now() - 3 * HOUR) / HOUR) * HOUR + 30 * MINUTE;

/** Of all monitors here. The test holds it, so that no other loop takes them up. */
const SHARD = 1;
const OWNER = 'the test';
const EPOCH = 1;

const network = await testNetwork();
let database: Database;
beforeAll(async () => {
  database = await openDatabase({ url: network.config.databaseUrl });
  await network.sql.rows(
    `update shard set owner = $2, epoch = $3, expires_at = now() + interval '1 day' where id = $1`,
    [SHARD, OWNER, EPOCH],
  );
  await network.start();
  const hook = { id: 'ops', type: 'webhook', url: 'http://127.0.0.1:9/' };
  await network.api.call('PUT', '/v1/channels/ops', { body: hook });
});
afterAll(() => database.close());
beforeEach(() => {
  network.showLogsOnFailure();
  rounds = 0;
  nowMs = NOW;
});

/** Rolled-up minutes, or hours, in which every region answered with these latencies. */
async function rolledUp(
  level: 'minute' | 'hour',
  monitor: string,
  at: number,
  latenciesUs: readonly number[],
): Promise<void> {
  const { buckets, counts } = histogramOf(latenciesUs);
  const totalUs = latenciesUs.reduce((sum, us) => sum + us, 0);
  await database.query(
    `insert into rollup_${level} (monitor, region, at, up, down, abstain, slow, total_us, buckets, counts)
     select $1, region, $3, $4, 0, 0, 0, $5, $6, $7 from unnest($2::text[]) as region`,
    [monitor, REGIONS, new Date(at), latenciesUs.length, totalUs, buckets, counts],
  );
}

/** Half an hour around 100 ms. */
async function quietHalfHour(monitor: string): Promise<void> {
  for (let i = 31; i > 0; i -= 1) {
    await rolledUp('minute', monitor, Math.floor(NOW / MINUTE) * MINUTE - i * MINUTE, [
      95_000 + ((i * 7) % 11) * 1_000,
    ]);
  }
}

/** A monitor that is stored, and followed by a tracker of the test alone. */
async function followed(id: string, anomalies: unknown = 'alert') {
  const labels = { team: id };
  await network.api.create(id, {
    ...{ enabled: false, interval: '30s', timeout: '1s', anomalies, labels },
  });
  await network.sql.rows('update monitor set shard = $2 where id = $1', [id, SHARD]);
  await network.sql.rows(
    `update monitor_revision set definition = jsonb_set(definition, '{enabled}', 'true'),
            created_at = now() - interval '30 days' where monitor = $1`,
    [id],
  );
  const stored = await selectMonitor(database, id);
  if (stored === null) throw new Error('not stored');
  const { definition, checkDigest: digest, shard } = stored;
  const watched: Watched = { ...watchedOf(id), definition, checkDigest: digest, shard };
  return { id, watched, ...coordinatorOf(watched) };
}

/** As a coordinator has them that was just started. */
function coordinatorOf(watched: Watched, id = OWNER) {
  const list = new Map([[watched.definition.id, watched]]);
  const tracker = new AnomalyTracker(list);
  const parts = {
    ...{ watchList: list, database, keyRings: { members: THREE }, me: { id } },
    tenancy: { held: new Map([[SHARD, EPOCH]]) },
    clock: () => nowMs,
    ...{ links: { apiUrl: 'https://tm.example' }, log: network.log() },
  };
  return { list, tracker, keeper: new AnomalyKeeper(parts, tracker) };
}

let nowMs = NOW;
let rounds = 0;
const FORM = { status: 200, headers: {}, redirects: [], bodyBytes: 1_000, bodySha256: null };

/** A round of all regions closes; each of them took so long. */
function round(watched: Watched, tracker: AnomalyTracker, us: number, response: object = {}) {
  const at = NOW + rounds++ * 30_000;
  const id = makeUuid7(at, randomBytes(10));
  const { definition } = watched;
  const monitor = definition.id;
  const results = REGIONS.map((region) => {
    const result = resultOf({ monitor, round: id, region, agent: `${region}-1`, outcome: 'up' });
    const check = checkDigest(definition.check);
    const phases = { ...result.phases, totalUs: us };
    const seen = { ...FORM, ...response } as unknown as typeof result.response;
    const all = { ...result, check, phases, response: seen };
    return { result: all, leaf: '', batch: '', index: 0, counted: true };
  });
  const closed = roundOf(Object.fromEntries(REGIONS.map((region) => [region, 'up'])), { id });
  const effect = { type: 'round.closed', round: closed } as const;
  tracker.observe({ results, rounds: [{ watched, effect }] });
}

const show = (id: string) => network.api.get<MonitorResource>(`/v1/monitors/${id}`);
/** Types and summaries of what was told of the monitor, as soon as that is so many messages. */
const told = (id: string, count: number) =>
  until(`${count} messages about ${id}`, async () => {
    const rows = await network.sql.rows<{ type: string; summary: string }>(
      `select payload ->> 'type' as type, payload ->> 'summary' as summary from outbox
        where payload -> 'monitor' ->> 'id' = $1 order by number`,
      [id],
    );
    return rows.length < count ? null : rows;
  });

/** Another form, in rounds as quick as ever. */
const LOGIN = { redirects: ['https://x.example/login'], bodyBytes: 90_000 };

/** What the router knows of the monitor's alert, once it does. */
const alertOf = (id: string) =>
  until(`an alert of ${id}`, async () => {
    const [alert] = await network.sql.rows<{ held: string | null }>(
      `select state -> 'tracks' -> 0 -> 'held' ->> 'kind' as held from alert where key = $1`,
      [`anomaly/latency/${id}`],
    );
    return alert ?? null;
  });

/** Half an hour as ever, and then four rounds that took eight times as long. */
async function slowed(id: string, anomalies?: object) {
  const known = await followed(id, anomalies);
  await quietHalfHour(id);
  round(known.watched, known.tracker, 100_000);
  await known.keeper.look();
  for (let i = 0; i < 4; i += 1) round(known.watched, known.tracker, 820_000);
  expect(known.tracker.latencyOf(id)?.isAnomalous).toBe(true);
  await known.keeper.look();
  return known;
}

test('slower in every region: shown and told, over a restart, and told when it is over', async () => {
  const silence = await network.api.call<SilenceResource>('POST', '/v1/silences', {
    body: {
      ...{ match: { labels: { team: 'slow' } }, until: '2999-01-01T00:00:00.000Z' },
      reason: 'we know',
    },
  });
  const { id, watched } = await slowed('slow');
  expect(await alertOf(id)).toEqual({ held: 'silence' });
  await network.sql.rows(`insert into monitor_state (monitor, state, verdict, last_round_at)
      values ('slow', '{}', 'up', now())`);
  const shown = await show(id);
  expect(shown).toMatchObject({ verdict: 'up', shown: { state: 'degraded', reason: 'anomaly' } });
  expect(shown.openAnomalies).toMatchObject([{ kind: 'latency', regions: REGIONS }]);
  expect(shown.openAnomalies[0]?.summary).toMatch(
    /^820 ms in ap, eu, us; usually \d+ ms \(±\d+\) in the last half hour; \d+ deviations$/,
  );
  const { monitors } = await network.api.get<StatusResource>('/v1/status');
  expect(monitors.anomalous).toBe(1);
  expect(await told(id, 0)).toEqual([]);
  await network.api.call('DELETE', `/v1/silences/${silence.body.id}`);
  expect(await told(id, 1)).toMatchObject([{ type: 'monitor.anomalous' }]);

  // Another coordinator takes over: it goes on, is not told again, and ends.
  const next = coordinatorOf(watched);
  round(watched, next.tracker, 820_000);
  await next.keeper.look();
  for (let i = 0; i < 4; i += 1) round(watched, next.tracker, 820_000);
  expect(next.tracker.latencyOf(id)?.isAnomalous).toBe(true);
  await next.keeper.look();
  for (let i = 0; i < 8; i += 1) round(watched, next.tracker, 100_000);
  await next.keeper.look();
  expect((await show(id)).openAnomalies).toEqual([]);
  expect(await told(id, 2)).toMatchObject([
    { type: 'monitor.anomalous', summary: 'slow is slower than usual, seen from ap, eu, us' },
    { type: 'monitor.normal', summary: 'slow answers as usual again' },
  ]);
  const rows = await network.sql.rows<{ events: LiveEvent[] }>(
    'select events from event order by seq',
  );
  const events = rows.flatMap((row) => row.events).filter((event) => 'kind' in event);
  expect(events.map(({ type }) => type)).toEqual(['monitor.anomalous', 'monitor.normal']);
});

test('what every night brings is none, and what is stored comes near what is usual', async () => {
  const { id, watched, tracker, keeper } = await followed('calm', { z: 4 });
  expect(anomalyPolicyOf(watched.definition)).toMatchObject({ mode: 'show', z: 4, times: 5 });
  await quietHalfHour(id);
  const nightly = [...Array<number>(30).fill(100_000), ...Array<number>(15).fill(800_000)];
  for (let day = 1; day <= 7; day += 1) {
    await rolledUp('hour', id, NOW - 30 * MINUTE - day * 24 * HOUR, nightly);
  }
  round(watched, tracker, 100_000);
  await keeper.look();
  const known = [...(tracker.latencyOf(id)?.regions.values() ?? [])];
  expect(known.map(({ baseline }) => baseline.hourly.length)).toEqual([1, 1, 1]);
  for (const { baseline } of known) {
    expect(Math.exp(baseline.estimate?.center ?? 0)).toBeGreaterThan(96_000);
    expect(Math.exp(baseline.estimate?.center ?? 0)).toBeLessThan(105_000);
  }
  for (let i = 0; i < 6; i += 1) round(watched, tracker, 820_000);
  expect(tracker.latencyOf(id)?.isAnomalous).toBe(false);
  // Elsewhere it is read from the same rows, and the API of this hour has none.
  const elsewhere = await coordinatorOf(watched).keeper.usualOf(watched.definition);
  expect([...elsewhere.regions.keys()].toSorted()).toEqual(REGIONS);
  const shown = await network.api.get<BaselineResource>(`/v1/monitors/${id}/baseline`);
  expect(shown).toMatchObject({ monitor: id, anomalies: [], regions: [] });
});

test('another form in every region: told where the monitor asks for it, and known after a restart', async () => {
  const { id, watched, tracker, keeper } = await followed('form', { shape: 'alert' });
  round(watched, tracker, 100_000);
  await keeper.look();
  for (let i = 0; i < 130; i += 1) round(watched, tracker, 100_000);
  nowMs = NOW + 3_700_000;
  await keeper.look();
  // Whoever takes over knows the usual form from what is stored.
  const next = coordinatorOf(watched);
  round(watched, next.tracker, 100_000, LOGIN);
  await next.keeper.look();
  for (let i = 0; i < 4; i += 1) round(watched, next.tracker, 100_000, LOGIN);
  await next.keeper.look();
  // The API's own coordinator does not follow it: it reads what is stored.
  const { form } = await network.api.get<BaselineResource>(`/v1/monitors/${id}/baseline`);
  expect(form).toContainEqual({
    ...{ facet: 'status', steady: true, values: ['200'] },
    since: new Date(NOW + 30_000).toISOString(),
  });
  expect((await show(id)).openAnomalies).toMatchObject([
    {
      ...{ kind: 'shape', regions: REGIONS, z: null },
      summary: expect.stringMatching(/^it leads to https:.*login, led nowhere; .* \(ap, eu, us\)$/),
    },
  ]);
  expect(await told(id, 1)).toMatchObject([
    { summary: 'form answers in another form than usual, seen from ap, eu, us' },
  ]);
  const last = coordinatorOf(watched);
  round(watched, last.tracker, 100_000);
  await last.keeper.look();
  // Whoever has just taken over hears each region before it ends what went on.
  for (let i = 0; i < 5; i += 1) round(watched, last.tracker, 100_000);
  expect(last.tracker.shapeOf(id)?.isAnomalous).toBe(true);
  round(watched, last.tracker, 100_000);
  await last.keeper.look();
  expect((await told(id, 2))[1]).toEqual({
    ...{ type: 'monitor.normal', summary: 'form answers as usual again' },
  });
  expect((await show(id)).openAnomalies).toEqual([]);
});

test('a form that was accepted is stored with its end: who takes over then tells nobody again', async () => {
  const { id, watched, tracker, keeper } = await followed('moved', { shape: 'alert' });
  const see = async (by: ReturnType<typeof coordinatorOf>, count: number, response = {}) => {
    for (let i = 0; i < count; i += 1) round(watched, by.tracker, 100_000, response);
    await by.keeper.look();
  };
  const first = { list: new Map(), tracker, keeper };
  await see(first, 1);
  nowMs = NOW + 3_700_000;
  await see(first, 130);
  await see(first, 5, LOGIN);
  expect(await told(id, 1)).toMatchObject([{ type: 'monitor.anomalous' }]);
  // Fifty minutes of it are left out: it lasts for an hour all the same.
  rounds += 100;
  await see(first, 30, LOGIN);
  const accepted = `The anomaly of ${id} ended because what was new has lasted for an hour, and is usual now`;
  expect((await told(id, 2))[1]).toEqual({ type: 'monitor.normal', summary: accepted });

  const next = coordinatorOf(watched);
  await see(next, 1, LOGIN);
  await see(next, 6, LOGIN);
  expect(next.tracker.shapeOf(id)?.isAnomalous).toBe(false);
  expect((await show(id)).openAnomalies).toEqual([]);
});

const setTo = (path: string, value: string) => (id: string) =>
  network.sql.rows(
    `update monitor_revision set definition = jsonb_set(definition, $2, $3) where monitor = $1`,
    [id, path, value],
  );

test('of one kind that is turned off nothing goes on, and it can begin anew; forms stay known', async () => {
  const { id, watched, list, tracker, keeper } = await slowed('half', {
    ...{ mode: 'alert', shape: 'show' },
  });
  expect(await told(id, 1)).toMatchObject([{ type: 'monitor.anomalous' }]);
  const forms = tracker.formsOf(watched);
  const turn = async (changes: Partial<ReturnType<typeof anomalyPolicyOf>>) => {
    const anomalies = { ...anomalyPolicyOf(watched.definition), ...changes };
    list.set(id, { ...watched, definition: { ...watched.definition, anomalies } });
    await setTo('{anomalies}', JSON.stringify(anomalies))(id);
    nowMs += 6_000;
    await keeper.look();
  };
  await turn({ mode: 'off' });
  expect([tracker.latencyOf(id), tracker.shapeOf(id)?.isAnomalous]).toEqual([null, false]);
  expect(await told(id, 2)).toMatchObject([{}, { type: 'monitor.normal' }]);
  expect((await show(id)).openAnomalies).toEqual([]);
  const { regions } = await keeper.usualOf(list.get(id)!.definition);
  expect(regions.size).toBe(0);

  await turn({ mode: 'alert', shape: 'off' });
  expect([tracker.latencyOf(id)?.isAnomalous, tracker.shapeOf(id)]).toEqual([false, null]);
  expect(tracker.formsOf(watched)).toBe(forms);
  // It is as slow as before, against what is stored: that is news.
  for (let i = 0; i < 4; i += 1) round(list.get(id)!, tracker, 820_000);
  await keeper.look();
  expect(tracker.latencyOf(id)?.isAnomalous).toBe(true);
  expect((await show(id)).openAnomalies).toMatchObject([{ kind: 'latency' }]);
  await turn({ mode: 'off', shape: 'off' });
  expect((await show(id)).openAnomalies).toEqual([]);
  expect(tracker.formsOf(watched)).toBeNull();
});

test('of a monitor that is no longer watched none goes on, whoever looks', async () => {
  const ways = {
    gone: (id: string) => network.api.call('DELETE', `/v1/monitors/${id}`),
    paused: setTo('{enabled}', 'false'),
    off: setTo('{anomalies,mode}', '"off"'),
  };
  for (const [id, way] of Object.entries(ways)) {
    const { watched } = await slowed(id);
    expect(await told(id, 1)).toMatchObject([{ type: 'monitor.anomalous' }]);
    await way(id);
    // Nobody of those who look now has followed it.
    await coordinatorOf(watched).keeper.look();
    const over = `The anomaly of ${id} ended because the monitor is no longer watched`;
    expect((await told(id, 2))[1]).toEqual({ type: 'monitor.normal', summary: over });
  }
  expect(await network.sql.count('monitor_anomaly')).toBe(0);
});

test('a changed check ends what was; nothing is written of shards that are not held', async () => {
  const { id, watched, tracker, keeper } = await followed('changed');
  const stored = [id, 'latency', 'other', new Date(NOW), 'slow', 9, '{"eu": null}'];
  const insert = 'insert into monitor_anomaly values ($1, $2, $3, $4, $5, $6, $7)';
  await database.query(insert, stored);
  round(watched, tracker, 100_000);
  await keeper.look();
  expect((await show(id)).openAnomalies).toEqual([]);

  await database.query(insert, stored.with(2, watched.checkDigest));
  const lost = coordinatorOf(watched, 'nobody');
  lost.tracker.end(watched, 'latency', NOW, 'usual');
  await lost.keeper.look();
  expect(lost.tracker.takeChanges()).toEqual([]);
  expect((await show(id)).openAnomalies).toHaveLength(1);
});
