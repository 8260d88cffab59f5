/** Credentials go to the target, and nowhere else. */
import { startHttpTarget } from '@trustmonitor/testkit/targets';
import { expect, it } from 'vitest';
import { runCheck } from '../src/index.ts';
import { checkOf, contextOf, probeAt, using } from './support/probing.ts';

const SECRETS = ['tok-1234567890', 'key-abcdefgh', 'body-secret-xyz', 'pass-word-77'];

it('keeps secrets out of the definition and sends them', async () => {
  const target = await using(
    startHttpTarget((request, response) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.on('end', () => response.end(JSON.stringify({ ...request.headers, body })));
    }),
  );
  const { check, secrets } = checkOf({
    url: `http://user:${SECRETS[3]}@127.0.0.1:${target.port}/`,
    http: {
      method: 'POST',
      headers: { 'X-Api-Key': SECRETS[1]!, 'x-custom': { secret: SECRETS[0]! } },
      body: { secret: SECRETS[2]! },
    },
    assertions: [
      `json($.x-api-key) == "no"`.replace('$.x-api-key', "$['x-api-key']"),
      `json($['x-custom']) == "no"`,
      'json($.body) == "no"',
      'json($.authorization) == "no"',
    ],
  });
  expect(Object.values(secrets).toSorted()).toEqual(SECRETS.toSorted());
  const definition = JSON.stringify(check);
  for (const secret of SECRETS) expect(definition).not.toContain(secret);

  // The target echoes everything, and each assertion reports what it found.
  const [attempt] = await runCheck(check, contextOf({ secrets }));
  expect(attempt?.response?.failedAssertions).toHaveLength(4);
  const report = JSON.stringify(attempt);
  for (const secret of SECRETS) expect(report).not.toContain(secret);
  expect(report).not.toContain(Buffer.from(`user:${SECRETS[3]}`).toString('base64'));
  expect(report).toContain('[secret]');
});

it.each([
  ['none', false, null],
  ['hash', true, null],
  ['excerpt', true, /^echo: \[secret\]/],
] as const)('captures of a body that fails: %s', async (captureBody, isHashed, quoted) => {
  const target = await using(
    startHttpTarget((request, response) =>
      response.end(`echo: ${String(request.headers['x-key'])} ${'x'.repeat(2_000)}`),
    ),
  );
  const settings = {
    url: `http://127.0.0.1:${target.port}/`,
    http: { headers: { 'x-key': { secret: SECRETS[0]! } } },
    evidence: { captureBody },
  };
  const { check, secrets } = checkOf({ ...settings, assertions: ['status == 500'] });
  const [failed] = await runCheck(check, contextOf({ secrets }));
  expect([failed?.outcome, failed?.response?.bodySha256 !== null]).toEqual(['down', isHashed]);
  const excerpt = failed?.response?.bodyExcerpt;
  if (quoted === null) expect(excerpt).toBeUndefined();
  else expect(excerpt).toMatch(quoted);
  expect(excerpt?.length ?? 0).toBeLessThanOrEqual(512);
  // Of an answer that is as it should be nothing is quoted.
  const sound = checkOf({ ...settings, assertions: ['status == 200'] });
  const [up] = await runCheck(sound.check, contextOf({ secrets }));
  expect([up?.outcome, up?.response?.bodyExcerpt]).toEqual(['up', undefined]);
});

it('takes a reference back in, and sends the value it stands for', async () => {
  const met: unknown[] = [];
  const target = await using(
    startHttpTarget((request, response) => {
      met.push(request.headers.authorization);
      response.end();
    }),
  );
  const headers = { authorization: { secretRef: 'http.headers.authorization' } };
  const secrets = { 'http.headers.authorization': 'Bearer kept' };
  const attempt = await probeAt({ url: target.url, http: { headers } }, { secrets });
  expect(attempt.outcome).toBe('up');
  expect(met).toEqual(['Bearer kept']);
});

it('does not let a secret end its header', async () => {
  const target = await using(startHttpTarget());
  const headers = { authorization: { secretRef: 'x' } };
  const attempt = await probeAt(
    { url: target.url, http: { headers } },
    { secrets: { x: 'a\r\nhost: evil' } },
  );
  expect(attempt).toMatchObject({ outcome: 'abstain', failure: { class: 'internal_error' } });
  expect(target.connections).toBe(0);
});

it('adds secret parameters to the query, reports none, and takes none elsewhere', async () => {
  const asked: string[] = [];
  const elsewhere = await using(
    startHttpTarget((request, response) => {
      asked.push(`elsewhere ${request.url}`);
      response.end('there');
    }),
  );
  const target = await using(
    startHttpTarget((request, response) => {
      asked.push(`${request.url}`);
      const isFirst = request.url?.startsWith('/first') === true;
      const location = isFirst ? '/second' : `http://127.0.0.1:${elsewhere.port}/`;
      response.writeHead(302, { location, server: `told ${request.url}` }).end();
    }),
  );
  const secret = 'a b&c=d+e';
  const { check, secrets } = checkOf({
    url: `http://127.0.0.1:${target.port}/first?page=2&api_key=${encodeURIComponent(secret)}`,
    assertions: ['body contains "nothing"'],
  });
  const [attempt] = await runCheck(check, contextOf({ secrets }));
  const encoded = encodeURIComponent(secret);
  expect(asked).toEqual([`/first?page=2&api_key=${encoded}`, '/second', 'elsewhere /']);
  const report = JSON.stringify([check, attempt]);
  for (const form of [secret, encoded]) expect(report).not.toContain(form);
});
