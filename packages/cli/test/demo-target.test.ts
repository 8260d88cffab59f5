import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { controlServer } from '../src/demo-target/control.ts';
import {
  WELL,
  describeState,
  modeFor,
  parseState,
  type DemoState,
} from '../src/demo-target/modes.ts';
import { listen, openShop, stop } from '../src/demo-target/shop.ts';
import { ensureSecret, readState, writeState } from '../src/demo-target/target-files.ts';
import { scratchFolder, tm } from './harness.ts';

/** A target in this process, with a data folder in which the commands find it. */
async function target(state: DemoState = WELL) {
  const data = await scratchFolder();
  const folder = join(data, 'demo');
  const { mkdir } = await import('node:fs/promises');
  await mkdir(folder);
  const secret = await ensureSecret(folder);
  const shop = await openShop(0, state);
  const control = controlServer({ shop, secret, remember: (next) => writeState(folder, next) });
  const controlUrl = `http://127.0.0.1:${await listen(control, 0)}/`;
  const url = `http://127.0.0.1:${shop.port}/`;
  onTestFinished(async () => {
    await Promise.all([shop.close(), stop(control)]);
  });
  const demo = { url, controlUrl };
  const stack = { apiUrl: 'http://127.0.0.1:1', coordinators: [], natsUrl: '', pids: {}, demo };
  await writeFile(join(data, 'stack.json'), JSON.stringify(stack));
  return { data, folder, url, controlUrl, secret, shop };
}

const from = (region: string) => ({
  headers: { 'user-agent': `TrustMonitor/0.1.0 (region ${region})` },
});

describe('the demo target', () => {
  test('answers as each command says', async () => {
    const { data, url } = await target();
    expect(await (await fetch(url)).json()).toEqual({ shop: 'open', itemsInStock: 128 });

    await tm(['demo', 'break', '--data', data]);
    expect((await fetch(url)).status).toBe(503);

    await tm(['demo', 'wrong', '--data', data]);
    const wrong = await fetch(url);
    expect([wrong.status, await wrong.json()]).toEqual([
      200,
      { shop: 'unknown', itemsInStock: -1 },
    ]);

    await tm(['demo', 'slow', '--data', data]);
    const slow = fetch(url, { signal: AbortSignal.timeout(200) });
    await expect(slow).rejects.toMatchObject({ name: 'TimeoutError' });

    await tm(['demo', 'break', '--hard', '--data', data]);
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });

    const mended = await tm(['demo', 'mend', '--data', data]);
    expect(mended).toMatchObject({
      code: 0,
      stdout: `The demo target ${url} answers as it should.\n`,
    });
    expect((await fetch(url)).status).toBe(200);
  });

  test('may be broken for some regions only', async () => {
    const { data, url } = await target();
    await tm(['demo', 'break', '--region', 'eu-west', '--data', data]);
    const statuses = await Promise.all(
      [from('eu-west'), from('us-east'), {}].map(async (init) => (await fetch(url, init)).status),
    );
    expect(statuses).toEqual([503, 200, 200]);
    const { stdout } = await tm(['demo', 'status', '--json', '--data', data]);
    expect(JSON.parse(stdout)).toEqual({ url, mode: 'broken', regions: ['eu-west'] });
  });

  test('remembers how it was, and keeps its secret to itself', async () => {
    const { data, folder, secret } = await target();
    await tm(['demo', 'wrong', '--data', data]);
    expect(await readState(folder)).toEqual({ mode: 'wrong', regions: [] });
    expect(await ensureSecret(folder)).toBe(secret);
    expect((await stat(join(folder, 'control.secret'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'control.secret'), 'utf8')).toBe(`${secret}\n`);
  });

  test('that was closed is closed after a restart, and opens on its port', async () => {
    const { shop, url } = await target({ mode: 'closed', regions: [] });
    await expect(fetch(url)).rejects.toThrow();
    await shop.setState(WELL);
    expect((await fetch(url)).status).toBe(200);
  });

  test.each([
    ['without the secret', 'GET', '/state', 'Bearer wrong', undefined, 403],
    ['elsewhere', 'GET', '/', null, undefined, 404],
    ['in another way', 'POST', '/state', null, '{}', 405],
    ['to something else', 'PUT', '/state', null, '{"mode":"explode","regions":[]}', 400],
    ['with too much', 'PUT', '/state', null, 'x'.repeat(5_000), 400],
  ])('is not controlled %s', async (_name, method, path, authorization, body, status) => {
    const { controlUrl, secret, shop } = await target();
    const answer = await fetch(new URL(path, controlUrl), {
      method,
      headers: { authorization: authorization ?? `Bearer ${secret}` },
      body: body ?? null,
    });
    expect(answer.status).toBe(status);
    expect(shop.state).toEqual(WELL);
  });

  test('that does not run is said to', async () => {
    const data = await scratchFolder();
    expect(await tm(['demo', 'break', '--data', data])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining(`no stack runs in ${data}`),
    });
  });
});

describe('a state', () => {
  test.each(['', '{', '{"mode":"ok"}', '{"mode":"closed","regions":["eu-west"]}'])(
    'is never %s',
    (text) => expect(parseState(text)).toBeNull(),
  );

  test('holds for the regions it names', () => {
    const state: DemoState = { mode: 'slow', regions: ['eu-west'] };
    expect(modeFor(state, 'TrustMonitor/0.1.0 (region eu-west)')).toBe('slow');
    expect(modeFor(state, 'TrustMonitor/0.1.0 (region eu-west-2)')).toBe('ok');
    expect(modeFor(state, undefined)).toBe('ok');
    expect(describeState(state)).toBe(
      'answers later than its monitor waits to agents in eu-west only',
    );
  });
});
