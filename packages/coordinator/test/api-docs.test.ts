/** docs/api.md, run as it stands: each request gives the answer that stands below it. */
import { SCOPES } from '@trustmonitor/protocol';
import { readFile } from 'node:fs/promises';
import { beforeEach, expect, test } from 'vitest';
import { testNetwork } from './support/network.ts';

const text = await readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8');
const blocks = [...text.matchAll(/```http\n([\s\S]*?)```/g)].map(([, block = '']) => {
  const [head = '', body = ''] = block.split('\n\n');
  const [first = '', ...lines] = head.trim().split('\n');
  const headers = lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]);
  return { first, headers, body: body.trim() };
});
const exchanges = blocks.flatMap((block, i) =>
  block.first.startsWith('HTTP/') ? [] : [[block.first, block, blocks[i + 1]!] as const],
);

const network = await testNetwork();
await network.start();
beforeEach(() => network.showLogsOnFailure());

test.each(exchanges)('%s', async (first, request, answer) => {
  const [method = '', path = ''] = first.split(' ');
  const got = await network.api.call<object>(method, path, {
    headers: Object.fromEntries(request.headers),
    ...(request.body === '' ? {} : { raw: request.body }),
  });
  expect([`HTTP/1.1 ${got.status}`, got.text]).toEqual([answer.first, got.text]);
  for (const [name, value] of answer.headers) expect(got.headers.get(name)).toContain(value);
  expect(got.body).toMatchObject(JSON.parse(answer.body) as object);
});

test('has examples, and names every scope', () => {
  expect(exchanges.length).toBeGreaterThan(7);
  expect(SCOPES.filter((scope) => !text.includes(`\`${scope}\``))).toEqual([]);
});

test('is beside a page that asks nobody else', async () => {
  const page = await network.api.as(null).call('GET', '/docs');
  expect([page.status, page.type]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  for (const path of ['/docs/api.js', '/docs/api.css']) {
    const part = await network.api.as(null).call('GET', path);
    expect([path, part.status, part.text.match(/https?:\/\//)]).toEqual([path, 200, null]);
  }
  expect(page.text).not.toMatch(/(?:src|href)="(?!\/)/);
});
