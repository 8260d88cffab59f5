/** Secrets of channels over the API: written once, kept, moved to no other place, shown nowhere. */
import type { AuditResource, Channel, DeliveryResource } from '@trustmonitor/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import type { List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';
import { startReceiver, status } from './support/receiver.ts';
import { until } from './support/until.ts';

const receiver = await startReceiver();
const network = await testNetwork();
await network.start();
const { api } = network;
afterAll(() => receiver.close());

const PLANTED = 'Planted0Secret0Planted0Secret012';
const { origin } = new URL(receiver.url);
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';
const base64 = Buffer.from(PLANTED).toString('base64');

/** One of each kind; each delivery fails in its own way. */
const WRITTEN: readonly Record<string, unknown>[] = [
  { type: 'webhook', url: receiver.url, secrets: [`whsec_${base64}`] },
  { type: 'slack', url: `${origin}/slack/${PLANTED}` },
  { type: 'discord', url: `${NOWHERE}/${PLANTED}` },
  { type: 'teams', url: `${origin}/teams?sig=${PLANTED}` },
  { type: 'telegram', apiUrl: origin, chatId: '-1', botToken: `1:${PLANTED}` },
  { type: 'pagerduty', apiUrl: origin, routingKey: PLANTED },
  { type: 'opsgenie', apiUrl: origin, apiKey: PLANTED },
  { type: 'ntfy', url: origin, topic: PLANTED, token: PLANTED },
  { type: 'alertmanager', url: origin, username: 'tm', password: PLANTED },
  { type: 'apprise', url: origin, urls: [`json://${PLANTED}`, 'json://x'] },
  {
    ...{ type: 'email', host: '127.0.0.1', port: 9, security: 'tls' },
    ...{ username: 'tm', password: PLANTED, from: 'a@b.example', to: ['c@d.example'] },
  },
].map((fields) => ({ id: `c-${fields.type}`, ...fields }));

const put = (channel: Record<string, unknown>, headers: Record<string, string> = {}) =>
  api.call<Channel>('PUT', `/v1/channels/${String(channel['id'])}`, { body: channel, headers });

describe('a secret', () => {
  test('of any kind is shown nowhere: not in answers, deliveries, audit, logs or the database', async () => {
    const answers: unknown[] = [];
    for (const channel of WRITTEN) {
      const id = String(channel['id']);
      receiver.always(`/slack/${PLANTED}`, status(404));
      const written = await put(channel);
      expect([id, written.status]).toEqual([id, 200]);
      const tested = await api.call<DeliveryResource>('POST', `/v1/channels/${id}/test`, {
        body: {},
      });
      expect([id, tested.status]).toEqual([id, 200]);
      const read = await api.call('GET', `/v1/channels/${id}`);
      answers.push(written.body, [...written.headers], tested.body, read.body, [...read.headers]);
      answers.push(await api.get(`/v1/channels/${id}/deliveries`));
    }
    answers.push(await api.get('/v1/channels'), await api.get('/v1/audit'));
    for (const table of ['channel', 'outbox', 'audit']) {
      answers.push(await network.sql.rows(`select t::text from ${table} t`));
    }
    const shown = JSON.stringify([answers, network.logs]);
    expect(shown).toContain('"secretRef"');
    for (const spelling of [PLANTED, base64]) expect(shown).not.toContain(spelling);
    expect(receiver.messages.map(({ path }) => path)).toContain(`/slack/${PLANTED}`);
  });

  test('is kept by its reference, and replaced under another ETag', async () => {
    const channel = { id: 'kept', type: 'slack', url: `${origin}/kept/${PLANTED}` };
    const first = await put(channel);
    expect(first.body).toEqual({ ...channel, url: { secretRef: 'url' } });
    const again = await put({ ...first.body });
    const same = await put(channel);
    const etags = [first, again, same].map(({ headers }) => headers.get('etag'));
    expect(new Set(etags).size).toBe(1);
    await api.call('POST', '/v1/channels/kept/test');
    expect(receiver.of(`/kept/${PLANTED}`)).toHaveLength(1);
    const other = await put({ ...channel, url: `${origin}/other` }, { 'if-match': etags[0]! });
    expect(other.body).toEqual(first.body);
    expect(other.headers.get('etag')).not.toBe(etags[0]);
    const { data } = await api.get<List<AuditResource>>('/v1/audit?subject=kept');
    const written = data.filter(({ action }) => action === 'channel.written');
    expect(written).toHaveLength(2);
  });

  test('of several moves up when one before it is taken out', async () => {
    const [one, two] = ['A', 'B'].map((letter) => `whsec_${letter.repeat(40)}`);
    const channel = {
      id: 'rotated',
      type: 'webhook',
      url: `${origin}/rotated`,
      secrets: [one, two],
    };
    expect((await put(channel)).status).toBe(200);
    const signatures = async () => {
      await api.call('POST', '/v1/channels/rotated/test');
      const sent = receiver.of('/rotated').at(-1)!;
      return String(sent.headers['webhook-signature']).split(' ').length;
    };
    expect(await signatures()).toBe(2);
    const secrets = [{ secretRef: 'secrets.1' }, `whsec_${'C'.repeat(40)}`];
    const rotated = await put({ ...channel, secrets });
    expect(rotated.body).toMatchObject({
      secrets: [{ secretRef: 'secrets.0' }, { secretRef: 'secrets.1' }],
    });
    expect(await signatures()).toBe(2);
    // The secrets sign and are not sent: they are kept at another address.
    const moved = { ...rotated.body, url: `${origin}/rotated?x` };
    expect((await put(moved)).status).toBe(200);
  });

  test('is not sent to another place by who does not know it', async () => {
    const channel = { id: 'bound', type: 'opsgenie', apiUrl: origin, apiKey: PLANTED };
    const { body } = await put(channel);
    const stolen = await put({ ...body, apiUrl: NOWHERE });
    expect([stolen.status, stolen.body]).toMatchObject([
      422,
      { code: 'input.invalid', errors: [{ pointer: '/apiKey' }] },
    ]);
    expect((await put({ ...body, tags: ['shop'] })).status).toBe(200);
    expect((await put({ ...channel, apiUrl: NOWHERE })).status).toBe(200);
  });

  test('that was never written cannot be referred to', async () => {
    const channel = { id: 'new', type: 'pagerduty', routingKey: { secretRef: 'routingKey' } };
    const refused = await put(channel);
    expect([refused.status, refused.body]).toMatchObject([
      422,
      { errors: [{ pointer: '/routingKey', detail: 'there is no stored secret routingKey' }] },
    ]);
    const plan = { monitors: [], channels: [{ ...channel, routingKey: PLANTED }, { ...channel }] };
    const applied = await api.call('POST', '/v1/apply', {
      body: { ...plan, channels: [plan.channels[0], { ...channel, id: 'newer' }] },
    });
    expect([applied.status, applied.body]).toMatchObject([
      422,
      { errors: [{ pointer: '/channels/1/routingKey' }] },
    ]);
    expect((await api.call('GET', '/v1/channels/new')).status).toBe(404);
  });
});

test('one that is being deleted is not named meanwhile, and one that is named not deleted', async () => {
  expect((await put({ id: 'going', type: 'webhook', url: receiver.url })).status).toBe(200);
  const release = await network.sql.lock('routing', 'share');
  const routed = api.call('PUT', '/v1/routing', { body: { notify: ['going'] } });
  const waiting = (n: number) =>
    until(`${n} to wait`, async () => {
      const rows = await network.sql.rows(
        `select from pg_locks l join pg_database d on d.oid = l.database
          where not granted and datname = current_database()`,
      );
      return rows.length === n;
    });
  await waiting(1);
  const deleted = api.call('DELETE', '/v1/channels/going');
  const settled = Promise.all([routed, deleted]);
  await Promise.race([waiting(2), settled]);
  await release();
  const [named, gone] = await settled;
  expect([named.status, gone.status, gone.body.code]).toEqual([200, 409, 'channel.busy']);
  expect((await api.call('PUT', '/v1/routing', { body: {} })).status).toBe(200);
});

test.each([
  [{ type: 'pigeon' }, '/type', 'must be one of webhook, slack'],
  [{ type: 'slack', url: 'hooks.slack.com' }, '/url', 'must match pattern'],
  [{ type: 'slack', routingKey: 'x', url: 'http://x' }, '/routingKey', 'is not a known field'],
  [{ type: 'telegram', chatId: '1' }, '/botToken', 'is required'],
  [{ type: 'apprise', url: 'http://x' }, '/key', 'or urls is required'],
])('what is wrong with %j is said of its own kind', async (fields, pointer, detail) => {
  const { status: code, body } = await put({ id: 'wrong', ...fields });
  expect(code).toBe(422);
  const { errors } = body as unknown as { errors: { pointer: string; detail: string }[] };
  expect(errors).toContainEqual({ pointer, detail: expect.stringContaining(detail) as string });
  const ofOthers = errors.filter((error) => error.pointer !== pointer);
  expect(ofOthers).toEqual([]);
});
