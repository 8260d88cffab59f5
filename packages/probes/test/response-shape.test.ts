/** The form of an HTTP answer: the same whatever it says, and another where keys or types are. */
import { gzipSync } from 'node:zlib';
import { startHttpTarget } from '@trustmonitor/testkit/targets';
import { expect, test } from 'vitest';
import { probeAt, using } from './support/probing.ts';

test('says what form an answer has: names of headers, keys and types', async () => {
  interface Served {
    readonly type: string;
    readonly body: string | Buffer;
    readonly encoding?: string;
    readonly more?: string;
  }
  let answer: Served = { type: '', body: '' };
  const target = await using(
    startHttpTarget((_request, response) => {
      if (answer.more !== undefined) response.setHeader(answer.more, 'x');
      if (Buffer.isBuffer(answer.body)) {
        response.setHeader('content-encoding', answer.encoding ?? 'gzip');
      }
      response.setHeader('content-type', answer.type).end(answer.body);
    }),
  );
  const shapeOf = async (next: Served, settings: object = {}) => {
    answer = next;
    const attempt = await probeAt({ url: `http://127.0.0.1:${target.port}/`, ...settings });
    return attempt.response!.shape!;
  };
  const type = 'application/problem+json; charset=utf-8';
  const first = await shapeOf({ type, body: '{"a":1,"b":[{"c":"x"},{"c":"y"}],"d":null}' });
  expect(first).toEqual({
    headers: expect.stringMatching(/^[0-9a-f]{16}$/),
    json: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  // Values, order of keys and numbers of like elements are no form.
  expect(await shapeOf({ type, body: '{"d":null,"b":[{"c":""}],"a":7}' })).toEqual(first);
  // In any charset that it names, and with a byte order mark.
  const text = '{"a":1,"b":[{"c":"x"}],"d":null}';
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
  const wide = { type: 'application/json; charset=utf-16le', body: utf16, encoding: 'identity' };
  expect((await shapeOf(wide)).json).toBe(first.json);
  expect((await shapeOf({ type, body: `\ufeff${text}` })).json).toBe(first.json);
  const packed = gzipSync(text);
  expect((await shapeOf({ type, body: packed })).json).toBe(first.json);
  for (const body of ['{"a":"1","b":[{"c":""}],"d":null}', '{"a":1,"b":[],"d":null}', '[]']) {
    expect((await shapeOf({ type, body })).json).not.toBe(first.json);
  }
  const deep = await shapeOf({ type, body: '['.repeat(30_000) + ']'.repeat(30_000) });
  expect(deep.json).not.toBeNull();
  const more = await shapeOf({ type, body: '[]', more: 'x-new' });
  expect(more.headers).not.toBe(first.headers);
  const large = `["${'x'.repeat(70_000)}"]`;
  for (const other of [
    { type: 'text/html', body: '{}' },
    { type, body: '<html>' },
    { type, body: large },
  ]) {
    expect((await shapeOf(other)).json).toBeNull();
  }
  expect(
    (await shapeOf({ type, body: '{}' }, { evidence: { captureBody: 'none' } })).json,
  ).toBeNull();
});

test('has no form of an answer that is only passed through', async () => {
  const target = await using(
    startHttpTarget(({ url }, response) => {
      response.setHeader('content-type', 'application/json');
      if (url === '/') response.writeHead(302, { location: 'http://127.0.0.1:1/' });
      response.end('{}');
    }),
  );
  const url = `http://127.0.0.1:${target.port}/`;
  const through = await probeAt({ url });
  expect(through).toMatchObject({ outcome: 'down', response: { status: 302 } });
  expect(through.response).not.toHaveProperty('shape');
  const looked = await probeAt({ url, http: { followRedirects: false } });
  expect(looked.response?.shape?.json).toMatch(/^[0-9a-f]{16}$/);
});
