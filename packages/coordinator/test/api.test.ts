/** The API's border: who may ask, and what every refusal looks like. */
import { ERROR_CATALOGUE, makeUuid7, problemParser, type Problem } from '@trustmonitor/protocol';
import { connect } from 'node:net';
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { newToken } from '../src/api/token.ts';
import { quick, type Answer, type Request } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';

const network = await testNetwork();
await network.start();
const { api, sql } = network;
beforeEach(() => network.showLogsOnFailure());

/** That an answer is a problem in every detail that callers may rely on. */
function expectProblem(answer: Answer<Problem>, code: keyof typeof ERROR_CATALOGUE): Problem {
  expect(answer.type).toContain('application/problem+json');
  expect(problemParser.check(answer.body)).toBe(true);
  const { http, title } = ERROR_CATALOGUE[code];
  expect(answer.status).toBe(http);
  expect(answer.body).toMatchObject({ code, status: http, title });
  expect(answer.body.type).toContain(`#${code}`);
  expect(answer.body.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.body.detail).not.toBe('');
  return answer.body;
}

const pointers = ({ errors }: Problem): string[] => errors.map(({ pointer }) => pointer);

async function tokenWith(scopes: readonly string[], expires = "now() + interval '1 hour'") {
  const token = newToken();
  await sql.rows(
    `insert into token (name, hash, scopes, expires_at)
     values ($1, decode($2, 'hex'), $3, ${expires})`,
    [`token of ${scopes.join()}`, createHash('sha256').update(token).digest('hex'), scopes],
  );
  return token;
}

describe('tokens', () => {
  const GET = '/v1/monitors';

  test('none', async () => {
    const problem = expectProblem(await api.as(null).call('GET', GET), 'auth.missing');
    expect(problem.hint).toContain('Bearer');
  });

  test.each(['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer ', 'tm_abc', 'Bearer  a b'])(
    'no bearer token: %j',
    async (authorization) => {
      const answer = await api.as(null).call('GET', GET, { headers: { authorization } });
      expectProblem(answer, 'auth.missing');
    },
  );

  test('malformed, mistyped, unknown and expired ones are all refused alike', async () => {
    const real = await network.token();
    const mistyped = `${real.slice(0, 10)}${real[10] === 'a' ? 'b' : 'a'}${real.slice(11)}`;
    const expired = await tokenWith(['admin'], "now() - interval '1 second'");
    for (const token of ['x', 'tm_', 'tm__', real.slice(0, -1), mistyped, newToken(), expired]) {
      expectProblem(await api.as(token).call('GET', GET), 'auth.refused');
    }
  });

  test('a scope that is missing', async () => {
    const [reader, writer] = [await tokenWith(['read']), await tokenWith(['channels:write'])];
    expect((await api.as(reader).call('GET', GET)).status).toBe(200);
    expectProblem(await api.as(writer).call('GET', GET), 'auth.forbidden');
    const body = { monitors: [] };
    expect((await api.as(reader).call('POST', '/v1/plan', { body })).status).toBe(200);
    for (const [method, path] of [
      ['POST', '/v1/apply'],
      ['POST', '/v1/monitors'],
      ['PUT', '/v1/monitors/x'],
      ['DELETE', '/v1/monitors/x'],
      ['PUT', '/v1/channels/x'],
      ['DELETE', '/v1/channels/x'],
    ] as const) {
      expectProblem(await api.as(reader).call(method, path, { body }), 'auth.forbidden');
    }
  });

  test('are asked for before anything is read', async () => {
    const raw = '{"this is": not json';
    expectProblem(await api.as(null).call('POST', '/v1/apply', { raw }), 'auth.missing');
    expectProblem(await api.as(null).call('GET', '/v1/monitors/NOT A SLUG'), 'auth.missing');
  });

  test('are not needed by what an outsider and a load balancer ask', async () => {
    const paths = ['/healthz', '/readyz', '/openapi.json', '/v1/keys/root'];
    for (const path of [...paths, '/.well-known/trustmonitor/keyring.json']) {
      expect((await api.as(null).call('GET', path)).status).toBe(200);
    }
  });
});

describe('refusals', () => {
  const post = (request: Request) => api.call('POST', '/v1/monitors', request);

  test.each([
    ['', 'input.malformed'],
    ['{"name": ', 'input.malformed'],
    ['not json', 'input.malformed'],
    ['{"__proto__": {"name": "x"}}', 'input.malformed'],
    ['null', 'input.invalid'],
    ['[]', 'input.invalid'],
    ['"text"', 'input.invalid'],
  ] as const)('a body of %j', async (raw, code) => {
    expectProblem(await post({ raw, headers: { 'content-type': 'application/json' } }), code);
  });

  test('a body of another media type', async () => {
    const answer = await post({ raw: 'name: x', headers: { 'content-type': 'text/yaml' } });
    expectProblem(answer, 'input.malformed');
  });

  test('a body that is too large', async () => {
    const raw = JSON.stringify({ name: 'x'.repeat(4 * 1024 * 1024) });
    expectProblem(await post({ raw }), 'input.too_large');
  });

  test.each([
    ['an unknown field', { urll: 'https://a.example' }, ['/urll']],
    ['an unknown field in a block', { http: { metod: 'GET' } }, ['/http/metod']],
    ['a wrong type', { retries: 'two' }, ['/retries']],
    [
      'several at once',
      { retries: 'two', enabled: 1, regionz: [] },
      ['/retries', '/enabled', '/regionz'],
    ],
    ['a duration that is none', { interval: 'soon' }, ['/interval']],
    ['an interval that is too short', { interval: '10ms' }, ['/interval']],
    ['an interval that is too long', { interval: '400d' }, ['/interval']],
    ['a timeout that agents would refuse', { interval: '1h', timeout: '30m' }, ['/timeout']],
    ['a timeout longer than the interval', { interval: '5s', timeout: '6s' }, ['/timeout']],
    ['a quorum that is none', { quorum: 'most' }, ['/quorum']],
    ['a quorum that cannot be reached', { quorum: 4 }, ['/quorum']],
    ['a region that is not there', { regions: ['mars'] }, ['/regions']],
    ['an assertion that is none', { assertions: ['status is fine'] }, ['/assertions/0']],
    [
      'a path that does not compile',
      { assertions: ['status < 400', 'json($.) == 1'] },
      ['/assertions/1'],
    ],
    ['a channel that is not there', { alerts: [{ notify: 'nobody' }] }, ['/alerts/0/notify']],
    ['a dependency that is not there', { dependsOn: ['nobody'] }, ['/dependsOn/0']],
    ['a monitor that depends on itself', { dependsOn: ['refused'] }, ['/dependsOn/0']],
    [
      'a reminder that never rests',
      { alerts: [{ notify: 'x', remindEvery: '1s' }] },
      ['/alerts/0/remindEvery'],
    ],
    ['a NUL in a name', { name: 'a\0b' }, ['/name']],
    ['half a character', { runbook: 'a\ud800' }, ['/runbook']],
    ['a NUL in a key', { labels: { 'a\0': 'b' } }, ['/labels']],
  ])('%s is named by its pointer', async (_what, settings, expected) => {
    const answer = await post({ body: quick('refused', settings) });
    expect(answer.status).toBe(422);
    expect(pointers(expectProblem(answer, answer.body.code as 'input.invalid'))).toEqual(
      expect.arrayContaining(expected),
    );
    expect(await sql.count('monitor', "id = 'refused'")).toBe(0);
  });

  test('a check that no job could carry', async () => {
    const big = Array.from({ length: 60 }, (_, i) => `body contains "${'x'.repeat(4_000)}${i}"`);
    const assertions = [...big];
    const body = { ...quick('big', { assertions }), http: { body: 'x'.repeat(65_000) } };
    const more = { headers: Object.fromEntries(manyHeaders()) };
    const answer = await post({ body: { ...body, http: { ...body.http, ...more } } });
    expect([answer.body.detail, answer.body.code]).toEqual([expect.anything(), 'input.too_large']);
    expectProblem(answer, 'input.too_large');
  });

  test.each([
    ['GET', '/v1/nothing', 'not_found'],
    ['PATCH', '/v1/monitors', 'not_found'],
    ['GET', '/no-such-page', 'not_found'],
    ['GET', '/v1/monitors/no-such-monitor', 'not_found'],
    ['GET', '/v1/monitors/no-such-monitor/rounds', 'not_found'],
    ['DELETE', '/v1/monitors/no-such-monitor', 'not_found'],
    ['DELETE', '/v1/channels/no-such-channel', 'not_found'],
    ['GET', '/v1/rounds/01900000-0000-7000-8000-000000000000', 'not_found'],
    ['GET', '/v1/incidents/01900000-0000-7000-8000-000000000000', 'not_found'],
    ['GET', '/v1/incidents/01900000-0000-7000-8000-000000000000/evidence', 'not_found'],
    ['GET', '/v1/monitors/Not_A_Slug', 'input.invalid'],
    ['GET', '/v1/rounds/not-a-uuid', 'input.invalid'],
    ['GET', '/v1/incidents/not-a-uuid', 'input.invalid'],
    ['GET', '/v1/monitors?limit=0', 'input.invalid'],
    ['GET', '/v1/monitors?limit=201', 'input.invalid'],
    ['GET', '/v1/monitors?limit=many', 'input.invalid'],
    ['GET', '/v1/monitors?page=2', 'input.invalid'],
    ['GET', '/v1/monitors?cursor=%%%', 'input.malformed'],
    ['GET', '/v1/monitors?cursor=bm90IGEgc2x1Zw', 'input.invalid'],
    ['GET', '/v1/incidents?cursor=!!!', 'input.invalid'],
    ['GET', '/v1/incidents?state=closed', 'input.invalid'],
    ['GET', '/v1/monitors/%zz', 'input.malformed'],
  ] as const)('%s %s: %s', async (method, path, code) => {
    const answer = await api.call(method, path);
    // A query string that cannot be decoded is taken as it stands.
    if (path.includes('%%%')) expect([400, 422]).toContain(answer.status);
    else expectProblem(answer, code);
  });

  test('what is no HTTP is answered in the same form, and hung up on', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write('NONSENSE\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const [head, body] = Buffer.concat(chunks).toString().split('\r\n\r\n');
    expect(head).toContain('400');
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body!)).toMatchObject({ code: 'input.malformed', status: 400 });
  });

  test('a fault of our own shows nothing of itself, and is in the log under its request', async () => {
    await sql.rows('alter table channel rename to hidden');
    const answer = await api.call('GET', '/v1/channels');
    await sql.rows('alter table hidden rename to channel');
    const problem = expectProblem(answer, 'internal');
    expect(answer.text).not.toContain('relation');
    expect(network.logs).toContainEqual(
      expect.objectContaining({ msg: 'request failed', requestId: problem.requestId }),
    );
  });
});

test('a channel that monitors tell cannot be deleted under them', async () => {
  const channel = { id: 'told', type: 'webhook', url: 'http://127.0.0.1:9/' };
  await api.call('PUT', '/v1/channels/told', { body: channel });
  const monitor = quick('teller', { alerts: [{ notify: 'told' }] });
  expect((await api.call('POST', '/v1/monitors', { body: monitor })).status).toBe(201);
  const problem = expectProblem(await api.call('DELETE', '/v1/channels/told'), 'channel.busy');
  expect(problem.detail).toContain('teller');
  await api.call('DELETE', '/v1/monitors/teller');
  expect((await api.call('DELETE', '/v1/channels/told')).status).toBe(204);
});

function* manyHeaders(): Generator<[string, string]> {
  for (let i = 0; i < 100; i++) yield [`x-header-${i}`, 'y'.repeat(4_000)];
}

test('a round of days that are dropped is gone; one of days before or since never was', async () => {
  await sql.rows(`update monitor set created_at = now() - interval '30 days'`);
  const answerTo = (daysAgo: number) => {
    const id = makeUuid7(Date.now() - daysAgo * 86_400_000, new Uint8Array(10));
    return api.call('GET', `/v1/rounds/${id}`);
  };
  expectProblem(await answerTo(40), 'not_found');
  const gone = await answerTo(20);
  expectProblem(gone, 'gone');
  expect(gone.body.hint).toContain('14 days');
  expectProblem(await answerTo(1), 'not_found');
});
