/** Incidents and channels over the API: acknowledged, noted, told of, and found again. */
import { addSignatureLines, cosign, signCheckpoint, signerFromSeed } from '@trustmonitor/evidence';
import type {
  AuditResource,
  Channel,
  CheckpointResource,
  DeliveryResource,
  IncidentDetail,
  IncidentNoteResource,
  IncidentResource,
  RoundResource,
  SilenceResource,
} from '@trustmonitor/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';
import { startReceiver } from './support/receiver.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

const receiver = await startReceiver();
const network = await testNetwork();
await network.start();
const { api } = network;
beforeEach(() => network.showLogsOnFailure());
afterAll(() => receiver.close());

const hook = { id: 'hook', type: 'webhook', url: receiver.url } as const;
const dead = { id: 'dead', type: 'webhook', url: 'http://127.0.0.1:9/' } as const;
const deliveries = async (id: string) =>
  (await api.get<List<DeliveryResource>>(`/v1/channels/${id}/deliveries`)).data;

let id = '';
beforeAll(async () => {
  expect((await api.call('POST', '/v1/channels', { body: hook })).status).toBe(201);
  network.voteAll('broken', 'up');
  await api.create('broken');
  await api.verdict('broken', 'up');
  network.voteAll('broken', 'down');
  id = (await api.incidentOf('broken', 'open')).id;
});

describe('an incident', () => {
  test('is acknowledged once, by whoever was first', async () => {
    const ack = (note: string) =>
      api.call<IncidentNoteResource>('POST', `/v1/incidents/${id}/ack`, { body: { note } });
    const [one, two] = [await ack('on it'), await ack('me too')];
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(two.body).toEqual(one.body);
    const shown = { by: 'admin', at: one.body.at, note: 'on it' };
    expect((await api.incident(id)).acknowledged).toEqual(shown);
    expect((await api.incidents('broken')).data[0]?.acknowledged).toEqual(shown);
    const { data } = await api.get<List<AuditResource>>(`/v1/audit?subject=${id}`);
    expect(data.map(({ action }) => action)).toEqual(['incident.acknowledged']);
  });

  test('shows what was recorded, said and sent, in order of time', async () => {
    const body = { note: 'the database is full' };
    expect((await api.call('POST', `/v1/incidents/${id}/notes`, { body })).status).toBe(201);
    const { timeline } = await until('the message to arrive', async () => {
      const detail = await api.get<IncidentDetail>(`/v1/incidents/${id}`);
      const told = detail.timeline.filter((e) => e.type === 'notified' && e.state === 'delivered');
      return told.length === 2 ? detail : null;
    });
    expect(timeline.map(({ type }) => type).toSorted()).toEqual([
      'acknowledged',
      'noted',
      'notified',
      'notified',
      'recorded',
    ]);
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).toSorted());
    expect(timeline).toContainEqual(expect.objectContaining({ type: 'recorded', step: 'open' }));
    // Not for the public, as nobody said so.
    const noted = { type: 'noted', ...body, public: false };
    expect(timeline).toContainEqual(expect.objectContaining(noted));
  });

  test('is found by when it was opened', async () => {
    const { openedAt } = await api.incident(id);
    const later = new Date(Date.parse(openedAt) + 1).toISOString();
    const found = async (query: string) =>
      (await api.get<List<IncidentResource>>(`/v1/incidents?monitor=broken&${query}`)).data.length;
    expect(await found(`from=${openedAt}`)).toBe(1);
    expect(await found(`from=${later}`)).toBe(0);
    expect(await found(`to=${openedAt}`)).toBe(0);
    expect(await found(`to=${later}`)).toBe(1);
    for (const time of ['2026-02-31T00:00:00Z', '2026-13-01T00:00:00Z', 'yesterday', '']) {
      expect([time, (await api.call('GET', `/v1/incidents?from=${time}`)).status]).toEqual([
        time,
        422,
      ]);
    }
  });

  test('has rounds that are found by when they were opened', async () => {
    const all = await until('three rounds', async () => {
      const { data } = await api.rounds('broken');
      return data.length < 3 ? null : data;
    });
    const [third, second, first] = all.slice(-3);
    const page = (query: string) =>
      api.get<List<RoundResource>>(`/v1/monitors/broken/rounds?${query}`);
    const found = async (query: string) => (await page(query)).data.map((round) => round.id);
    expect(await found(`to=${second!.openedAt}`)).toEqual([first!.id]);
    expect(await found(`from=${first!.openedAt}&to=${third!.openedAt}`)).toEqual([
      second!.id,
      first!.id,
    ]);
    expect((await found(`from=${second!.openedAt}&limit=200`)).at(-1)).toBe(second!.id);
    const span = `to=${third!.openedAt}&limit=1`;
    const newest = await page(span);
    const rest = await page(`${span}&cursor=${newest.nextCursor}`);
    expect([newest, rest].map(({ data }) => data[0]?.id)).toEqual([second!.id, first!.id]);
    expect(rest.nextCursor).toBeNull();
    const wrong = await api.call('GET', '/v1/monitors/broken/rounds?from=2026-02-31T00:00:00Z');
    expect([wrong.status, wrong.body.code]).toEqual([422, 'input.invalid']);
  });

  test('says of each record where it stands in the log, once witnesses have seen it', async () => {
    const { sql } = network;
    const logs = async () => (await api.incident(id)).records.map(({ log }) => log);
    const [record] = (await api.incident(id)).records;
    expect(await logs()).toEqual([null]);
    const logged = `insert into log_entry (idx, kind, digest, body)
                    values (5, 'record', decode($1, 'hex'), ''), (4, 'batch', sha256('x'), '')`;
    await sql.rows(logged, [record!.digest]);
    const signer = signerFromSeed(new Uint8Array(32).fill(7));
    const head = async (size: number, times: readonly number[]) => {
      const root = new Uint8Array(32).fill(size);
      const note = signCheckpoint({ origin: 'test/log', size, root }, signer);
      const lines = times.map((timeS, i) => cosign(note, `test/eu-${i + 1}`, signer, timeS));
      const cosigned = times.length === 0 ? null : addSignatureLines(note, lines);
      await sql.rows(
        `insert into checkpoint (size, root, note, cosigned, created_at)
         values ($1, $2, $3, $4, '2026-01-31T12:00:00Z')`,
        [size, Buffer.from(root), note, cosigned],
      );
      return cosigned;
    };
    // Neither is over it: one is too small, and nobody has cosigned the other.
    const small = await head(5, [1_800_000_000]);
    await head(6, []);
    expect(await logs()).toEqual([null]);
    const first = await head(7, [1_800_000_009, 1_800_000_004]);
    await head(8, [1_800_000_100]);
    const place = { index: 5, size: 7, witnesses: ['test/eu-1', 'test/eu-2'] };
    // An older release has not measured it: there is the witnesses' word, in whole seconds.
    expect(await logs()).toEqual([{ ...place, cosignedAt: '2027-01-15T08:00:09.000Z' }]);
    const measured = '2027-01-15T08:00:09.417Z';
    await sql.rows('update checkpoint set cosigned_at = $1 where size = 7', [measured]);
    expect(await logs()).toEqual([{ ...place, cosignedAt: measured }]);

    const anybody = api.as(null);
    const heads = (query: string) =>
      anybody.get<List<CheckpointResource>>(`/v1/log/checkpoints?${query}`);
    const newest = await heads('limit=1');
    const rest = await heads(`limit=2&cursor=${newest.nextCursor}`);
    expect([...newest.data, ...rest.data].map(({ size }) => size)).toEqual([8, 7, 5]);
    expect([rest.nextCursor, rest.data.map(({ note }) => note)]).toEqual([null, [first, small]]);
    expect(rest.data[0]).toMatchObject({
      ...{ signedAt: '2026-01-31T12:00:00.000Z', cosignedAt: measured },
      cosignatures: [
        { witness: 'test/eu-1', at: '2027-01-15T08:00:09.000Z' },
        { witness: 'test/eu-2', at: '2027-01-15T08:00:04.000Z' },
      ],
    });
  });

  test('that is not there takes no words', async () => {
    const path = '/v1/incidents/01900000-0000-7000-8000-000000000000';
    expect((await api.call('POST', `${path}/ack`, { body: {} })).status).toBe(404);
    expect((await api.call('POST', `${path}/notes`, { body: { note: 'x' } })).status).toBe(404);
    expect((await api.call('POST', `/v1/incidents/${id}/notes`, { body: {} })).status).toBe(422);
  });
});

describe('a channel', () => {
  test('is written under its ETag', async () => {
    const read = await api.call<Channel>('GET', '/v1/channels/hook');
    const etag = read.headers.get('etag')!;
    expect(read.body).toEqual(hook);
    const twice = await api.call('POST', '/v1/channels', { body: hook });
    expect([twice.status, twice.body.code]).toEqual([409, 'channel.exists']);
    const put = (condition: string) =>
      api.call('PUT', '/v1/channels/hook', { body: hook, headers: { 'if-match': condition } });
    expect((await put('"other"')).status).toBe(412);
    expect((await put(etag)).status).toBe(200);
    const headers = { 'if-match': '"other"' };
    expect((await api.call('DELETE', '/v1/channels/hook', { headers })).status).toBe(412);
  });

  test('is tested by hand, and says what its receiver said', async () => {
    await api.call('PUT', '/v1/channels/dead', { body: dead });
    const tested = (channel: string) =>
      api.call<DeliveryResource>('POST', `/v1/channels/${channel}/test`);
    const [good, bad] = [await tested('hook'), await tested('dead')];
    expect(good.body).toMatchObject({ type: 'channel.test', state: 'delivered', lastError: null });
    expect(bad.body).toMatchObject({ state: 'given_up', attempts: 1, nextAttemptAt: null });
    expect(bad.body.lastError).not.toBe('');
    expect((await deliveries('dead')).map(({ id: delivery }) => delivery)).toEqual([bad.body.id]);
    expect((await deliveries('hook')).map(({ type }) => type)).toEqual([
      'channel.test',
      'incident.acknowledged',
      'incident.opened',
    ]);
    expect((await api.call('POST', '/v1/channels/nobody/test')).status).toBe(404);
  });

  test('is listed in pages', async () => {
    const first = await api.get<List<Channel>>('/v1/channels?limit=1');
    expect(first.data).toEqual([dead]);
    const second = await api.get<List<Channel>>(`/v1/channels?cursor=${first.nextCursor}`);
    expect([second.data, second.nextCursor]).toEqual([[hook], null]);
  });
});

test('what is silenced is shown as such, and told when the silence ends', async () => {
  const until_ = '2999-01-01T00:00:00.000Z';
  const silence = (body: object) => api.call<SilenceResource>('POST', '/v1/silences', { body });
  const past = await silence({ match: {}, until: '2020-01-01T00:00:00.000Z', reason: 'x' });
  expect([past.status, past.body]).toMatchObject([422, { errors: [{ pointer: '/until' }] }]);
  const body = { match: { monitors: ['quiet*'] }, until: until_, reason: 'moving racks' };
  const { body: made } = await silence(body);
  expect(made).toMatchObject({ state: 'active', createdBy: 'admin', ...body });

  network.voteAll('quiet', 'down');
  await api.create('quiet');
  const { id: quiet } = await api.incidentOf('quiet', 'open');
  const alertOf = async () => (await api.incident(quiet)).alerts.find((a) => a.channel === 'hook');
  const held = await until('it to be held', alertOf);
  expect(held).toMatchObject({
    firstToldAt: null,
    held: { kind: 'silence', why: 'moving racks', by: made.id, until: until_ },
  });
  expect((await api.call('DELETE', `/v1/silences/${made.id}`)).status).toBe(204);
  await until('it to be told', async () =>
    ((await alertOf())?.firstToldAt ?? null) === null ? null : true,
  );
  expect(await alertOf()).toMatchObject({ held: null });
  const { data } = await api.get<List<AuditResource>>(`/v1/audit?subject=${made.id}`);
  expect(data.map(({ action }) => action)).toEqual(['silence.ended', 'silence.created']);
  const open = await api.get<List<SilenceResource>>('/v1/silences?state=open');
  expect(open.data.map(({ id: each }) => each)).not.toContain(made.id);
});

test('the tree is read as it is written, and names channels that there are', async () => {
  const put = (body: object) => api.call('PUT', '/v1/routing', { body });
  const tree = { groupInterval: '0s', routes: [{ severity: ['info'], notify: ['hook'] }] };
  expect((await put(tree)).status).toBe(200);
  expect(await api.get('/v1/routing')).toEqual({ groupIntervalMs: 0, routes: tree.routes });
  const wrong = await put({ routes: [{ escalate: [{ after: '1m', notify: ['nobody'] }] }] });
  expect([wrong.status, wrong.body]).toMatchObject([
    422,
    { errors: [{ pointer: '/routes/0/escalate/0/notify/0' }] },
  ]);
  const zone = { from: '22:00', to: '07:00', timezone: 'Mars/Base' };
  expect((await put({ quietHours: zone })).status).toBe(422);
});

describe('an incident that no vote will end', () => {
  const resolve = (incident: string, reason = 'retired') =>
    api.call<IncidentResource>('POST', `/v1/incidents/${incident}/resolve`, { body: { reason } });

  test('of a disabled monitor is resolved by hand, with a record that verifies', async () => {
    network.voteAll('retired', 'down');
    await api.create('retired');
    const { id: stuck } = await api.incidentOf('retired', 'open');
    await api.create('retired', { enabled: false });
    expect((await resolve(stuck, ' ')).status).toBe(422);
    const resolved = await resolve(stuck);
    expect([resolved.status, resolved.body.state, resolved.body.verdict]).toEqual([
      200,
      'resolved',
      'down',
    ]);
    expect((await resolve(stuck)).status).toBe(409);
    const { records } = await api.incident(stuck);
    expect(records.map(({ step }) => step)).toEqual(['open', 'amend']);
    await expectVerified(network, stuck);
    await until('the message to arrive', async () => {
      const { timeline } = await api.get<IncidentDetail>(`/v1/incidents/${stuck}`);
      const told = timeline.filter((e) => e.type === 'notified' && e.state === 'delivered');
      return told.length === 2 ? true : null;
    });
    const { data } = await api.get<List<AuditResource>>(`/v1/audit?subject=${stuck}`);
    expect(data.map(({ action }) => action)).toEqual(['incident.resolved']);
  });

  test('of a monitor that is watched and still fails is followed by another', async () => {
    network.voteAll('watched', 'down');
    await api.create('watched');
    const first = await api.incidentOf('watched', 'open');
    expect((await resolve(first.id)).status).toBe(200);
    const second = await until('another incident', async () => {
      const { data } = await api.incidents('watched');
      return data.find(({ state }) => state === 'open') ?? null;
    });
    expect(second.id).not.toBe(first.id);
    network.voteAll('watched', 'up');
    await api.incidentOf('watched', 'resolved');
    for (const { id: each } of [first, second]) await expectVerified(network, each);
  });
});

test('what has become worse is acknowledged again, and who was first stays', async () => {
  const { sql } = network;
  await sql.rows(
    `update alert set state = jsonb_set(state, '{acknowledged}', 'null') where key = $1`,
    [id],
  );
  const body = { note: 'all of it' };
  const again = await api.call<IncidentNoteResource>('POST', `/v1/incidents/${id}/ack`, { body });
  expect([again.status, again.body.note]).toEqual([200, 'on it']);
  const about = "key = $1 and step = 'acknowledged'";
  expect(
    await sql.count('alert_event', `${about} and message ->> 'summary' like '%all of it'`, [id]),
  ).toBe(1);
  expect(await sql.count('audit', "subject = $1 and action = 'incident.acknowledged'", [id])).toBe(
    2,
  );
});
