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
