/**
 * Every operation of the document, called wrongly in every way that the document lets one think
 * of, and about what is others': never a fault of ours, always a problem by its code, and nothing
 * changed by what is refused. Each is called well in api-document.test.ts.
 */
import {
  SCOPES,
  covers,
  problemParser,
  type CreatedToken,
  type Problem,
  type Scope,
} from '@trustmonitor/protocol';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testNetwork } from './support/network.ts';

interface Media {
  readonly schema: TSchema;
  readonly example?: unknown;
}
interface Operation {
  readonly security?: readonly unknown[];
  readonly 'x-required-scope'?: Scope;
  readonly parameters?: readonly { in: string; name: string; schema: { type?: string } }[];
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, { readonly content?: Record<string, Media> }>;
}
interface Call {
  readonly what: string;
  readonly path: string;
  readonly method: string;
  readonly raw?: string;
  readonly headers?: Record<string, string>;
  readonly token?: string | null;
  /** What the answer must be, where only one is right. */
  readonly status?: number;
}

const network = await testNetwork();
await network.start();
const { api, sql } = network;
const document = await api.get<{ paths: Record<string, Record<string, Operation>> }>(
  '/openapi.json',
);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    path,
    method: method.toUpperCase(),
    operation,
  })),
);
/** Another for each operation: whose answers are mostly errors is soon held to 20 requests a second. */
let admin = '';
const lacking = new Map<Scope, string>();
beforeEach(() => network.showLogsOnFailure());

beforeAll(async () => {
  await api.create('checkout', { enabled: false });
  const hook = { id: 'ops', type: 'webhook', url: 'http://127.0.0.1:9/' };
  await api.call('PUT', '/v1/channels/ops', { body: hook });
  for (const { operation } of operations) {
    const scope = operation['x-required-scope'];
    if (scope === undefined || lacking.has(scope)) continue;
    const scopes = SCOPES.filter((other) => !covers([other], scope));
    if (scopes.length === 0) continue;
    const body = { name: `not ${scope}`, scopes };
    const made = await api.call<CreatedToken>('POST', '/v1/tokens', { body });
    lacking.set(scope, made.body.token);
  }
});

const ABSENT: Record<string, string> = {
  id: '01900000-0000-7000-8000-000000000000',
  revision: '99',
};

/** The path with each parameter replaced by what `value` gives for its name. */
const fill = (path: string, value: (name: string) => string): string =>
  path.replace(/\{([^}]+)\}/g, (_, name: string) => value(name));
const plain = (path: string): string =>
  fill(path, (name) => {
    if (path.startsWith('/v1/monitors/')) return name === 'id' ? 'checkout' : '1';
    if (path.startsWith('/v1/channels/')) return 'ops';
    return ABSENT[name] ?? 'absent';
  });

const WRONG_VALUES: readonly unknown[] = [
  null,
  -1,
  1.5,
  1e308,
  true,
  'text\0nul',
  '\ud800',
  '\u0007\u001b[31m',
  'x'.repeat(100_000),
  [],
  [[[[]]]],
  { nested: { deeply: [1] } },
];
const WRONG_TEXTS = [
  '',
  '%00',
  '%0d%0a',
  '-1',
  '1e9',
  'x'.repeat(3_000),
  "'; drop table",
  '%F0%9F',
];

function* callsOf({ path, method, operation }: (typeof operations)[number]): Generator<Call> {
  const at = plain(path);
  const media = operation.requestBody?.content['application/json'];
  const raw = media === undefined ? undefined : JSON.stringify(media.example ?? {});
  const base = { method, path: at, ...(raw === undefined ? {} : { raw }) };
  const scope = operation['x-required-scope'];
  if (scope !== undefined) {
    yield { ...base, what: 'no token', token: null, status: 401 };
    yield { ...base, what: 'a wrong token', token: 'tm_wrong_00000000', status: 401 };
    const weak = lacking.get(scope);
    if (weak !== undefined) yield { ...base, what: 'a missing scope', token: weak, status: 403 };
  }
  yield* wrongPlaces(path, base);
  yield* wrongQueries(operation, base);
  if (method !== 'GET') {
    yield { ...base, what: 'a strange If-Match', headers: { 'if-match': 'W/"1"' } };
    yield { ...base, what: 'a strange key', headers: { 'idempotency-key': 'a b' } };
  }
  if (media !== undefined) yield* wrongBodies(media, base);
}

function* wrongPlaces(path: string, base: Omit<Call, 'what'>): Generator<Call> {
  if (!path.includes('{')) return;
  for (const text of ['Not_A_Slug', '%00', '%zz', 'x'.repeat(200), '..%2F..%2Fetc', '💥']) {
    yield { ...base, what: `the place ${text.slice(0, 20)}`, path: fill(path, () => text) };
  }
  const absent = fill(path, (name) => ABSENT[name] ?? 'absent');
  yield { ...base, what: 'what is not there', path: absent };
}

function* wrongQueries({ parameters = [] }: Operation, base: Omit<Call, 'what'>): Generator<Call> {
  const names = parameters.filter((parameter) => parameter.in === 'query');
  for (const { name } of names) {
    for (const text of WRONG_TEXTS) {
      const path = `${base.path}?${name}=${encodeURI(text)}`;
      yield { ...base, what: `${name}=${text.slice(0, 20)}`, path };
    }
  }
  if (names.length === 0) return;
  yield { ...base, what: 'a parameter that is none', path: `${base.path}?nonsense=1`, status: 422 };
}

function* wrongBodies({ schema, example }: Media, base: Omit<Call, 'what'>): Generator<Call> {
  const known = (example ?? {}) as Record<string, unknown>;
  const properties = Object.keys((schema as { properties?: object }).properties ?? {});
  yield { ...base, what: 'no JSON', raw: '{"a":', status: 400 };
  yield { ...base, what: 'no JSON at all', headers: { 'content-type': 'text/plain' } };
  yield { ...base, what: 'a poisoned key', raw: '{"__proto__":{"a":1}}', status: 400 };
  yield { ...base, what: 'too much', raw: `"${'x'.repeat(4_200_000)}"`, status: 413 };
  for (const value of [null, [], 'text', 7]) {
    yield { ...base, what: `a body of ${JSON.stringify(value)}`, raw: JSON.stringify(value) };
  }
  const more = { ...known, nonsense: 1 };
  yield { ...base, what: 'a field that is none', raw: JSON.stringify(more), status: 422 };
  for (const [i, name] of properties.entries()) {
    // Two of the wrong values for each field: all of them come up, and the test stays short.
    for (const k of [0, 5]) {
      const value = WRONG_VALUES[(i + k) % WRONG_VALUES.length];
      const body = { ...known, [name]: value };
      if (Value.Check(schema, body)) continue;
      yield { ...base, what: `${name} is ${k}/${i}`, raw: JSON.stringify(body) };
    }
  }
}

/** All that requests can change, in one text. */
async function stored(): Promise<string> {
  const parts = [
    'monitor',
    'monitor_revision',
    'channel',
    // Without what the network does and says by itself meanwhile: regions without agents are left alone.
    `(select * from audit where actor <> 'system')`,
    'incident',
    'incident_note',
    // Without what the network says of itself meanwhile.
    `(select * from outbox where payload ->> 'type' not like 'monitoring.%')`,
    'idempotency',
    'ban',
    'deployment',
    'slo',
    'maintenance_window',
    'gate_decision',
    'keyring',
    // Nor what it decides: nobody answers for the monitors here, which takes as long as it takes.
    `(select * from event where events -> 0 ->> 'type' !~ '^(region|agent|verdict)[.]')`,
    '(select uid, name, scopes, revoked_at from token)',
    '(select hash, token_id from session)',
    'sign_in_code',
    'person',
    'region_location',
    'drain',
  ].map(
    (from) =>
      `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as d from ${from} t`,
  );
  const rows = await sql.rows<{ d: string }>(parts.join(' union all '));
  return rows.map(({ d }) => d).join();
}

async function ask({ method, path, raw, headers, token = admin }: Call) {
  const response = await fetch(api.url + path, {
    method,
    headers: {
      ...(raw === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(raw === undefined ? {} : { body: raw }),
  });
  const type = response.headers.get('content-type') ?? '';
  if (response.ok) {
    // Some go on for ever.
    await response.body?.cancel();
    return { status: response.status, type, body: null };
  }
  return { status: response.status, type, body: await response.json() };
}

let called = 0;
describe('an operation that is called wrongly', () => {
  test.each(operations)('$name', async (operation) => {
    const caller = { name: 'caller', scopes: ['admin'] };
    admin = (await api.call<CreatedToken>('POST', '/v1/tokens', { body: caller })).body.token;
    let before = await stored();
    for (const call of callsOf(operation)) {
      called += 1;
      const { status, type, body } = await ask(call);
      const told = `${call.what}: ${JSON.stringify(body)}`;
      expect([told, status < 500]).toEqual([told, true]);
      if (call.status !== undefined) expect([told, status]).toEqual([told, call.status]);
      const after = await stored();
      if (status >= 400) {
        expect([told, type]).toEqual([told, expect.stringContaining('application/problem+json')]);
        expect([told, problemParser.check(body)]).toEqual([told, true]);
        expect(body).toMatchObject({ status, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
        expect([told, after === before]).toEqual([told, true]);
      }
      before = after;
    }
  });

  test('has been in some hundreds of ways', () => {
    expect(called).toBeGreaterThan(300);
  });
});

test('what is others’ is refused, and left as it was', async () => {
  const call = <T = Problem>(method: string, path: string, body?: unknown, headers = {}) =>
    api.call<T>(method, path, { body, headers });
  const window = { from: '2999-01-01T00:00:00Z', until: '2999-01-01T01:00:00Z', reason: 'r' };
  const plan = {
    monitors: [{ id: 'theirs', name: 'Theirs', url: 'https://a.example/', enabled: false }],
    slos: [{ id: 'theirs', name: 'Theirs', selector: { monitors: ['theirs'] }, target: 99 }],
    maintenance: [{ id: 'theirs', selector: { monitors: ['theirs'] }, ...window }],
  };
  const { monitors, slos, maintenance } = plan;
  expect((await call('POST', '/v1/apply', { owner: 'them', ...plan })).status).toBe(200);
  const strong = { name: 'strong', scopes: ['admin'] };
  const { body: theirs } = await call<CreatedToken>('POST', '/v1/tokens', strong);
  const keyed = { 'idempotency-key': 'theirs' };
  const hook = { id: 'theirs', type: 'webhook', url: 'http://127.0.0.1:9/' };
  const made = await call<object>('POST', '/v1/channels', hook, keyed);
  expect(made.status).toBe(201);
  const weak = { name: 'weak', scopes: ['tokens:write', 'channels:write', 'read'] };
  const as = api.as((await call<CreatedToken>('POST', '/v1/tokens', weak)).body.token);

  const before = await stored();
  const mine = { owner: 'us' };
  const answers = [
    ...(await Promise.all(
      ['plan', 'apply'].map((path) => call('POST', `/v1/${path}`, { ...mine, monitors })),
    )),
    ...(await Promise.all(
      ['plan', 'apply'].map((path) => call('POST', `/v1/${path}`, { ...mine, monitors: [], slos })),
    )),
    await call('POST', '/v1/apply', { ...mine, monitors: [], maintenance }),
    await call('PUT', '/v1/slos/theirs', { ...slos[0], target: 98 }),
    await call('DELETE', '/v1/slos/theirs', undefined, { 'if-match': '*' }),
    await as.call('DELETE', `/v1/tokens/${theirs.id}`),
    await as.call('POST', '/v1/tokens', { body: { name: 'more', scopes: ['admin'] } }),
    // The key of another token is another key: nothing of their answer is given out.
    await as.call('POST', '/v1/channels', { body: hook, headers: keyed }),
  ];
  expect(answers.map(({ status, body }) => `${status} ${body.code}`)).toEqual([
    ...Array.from({ length: 4 }, () => '409 monitor.owned'),
    '409 maintenance.exists',
    '412 conflict',
    '412 conflict',
    ...Array.from({ length: 2 }, () => '403 auth.forbidden'),
    '409 channel.exists',
  ]);
  expect(await stored()).toBe(before);
  // Pruning under a name takes what bears it, and nothing else.
  const pruned = { ...mine, monitors: [], slos: [], maintenance: [], prune: true };
  expect((await call('POST', '/v1/apply', pruned)).status).toBe(200);
  expect(await stored()).toBe(before);
});

describe('the examples of the document', () => {
  test.each(operations)('$name fit what they are examples of', ({ operation }) => {
    const bodies = [operation.requestBody, ...Object.values(operation.responses)];
    for (const { schema, example } of bodies.flatMap((body) =>
      Object.values(body?.content ?? {}),
    )) {
      expect(example, JSON.stringify(schema).slice(0, 800)).toBeDefined();
      expect([...Value.Errors(schema, example)]).toEqual([]);
    }
  });
});
