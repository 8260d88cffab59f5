import { createServer } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ApiClient } from '../src/api/client.ts';
import { locateApi, type ApiOptions } from '../src/api/locate.ts';
import { readSettings } from '../src/settings.ts';
import { listen, stop } from '../src/demo-target/shop.ts';
import { createServer as createHttpServer } from 'node:http';
import { fakeApi, problem, type FakeAnswer } from './fake-api.ts';
import { scratchFolder } from './harness.ts';

const TOKEN = 'tm_secret';
const region = (name: string) => ({
  region: name,
  group: `${name}-group`,
  agents: 1,
  alive: 1,
  flagged: 0,
  agreement: null,
  quarantine: null,
  drain: null,
  location: null,
});

function clientOf(url: string): ApiClient {
  return new ApiClient({ url: new URL(url), token: TOKEN });
}

async function clientWith(answer: FakeAnswer): Promise<ApiClient> {
  return clientOf((await fakeApi(() => answer)).url);
}

describe('an answer', () => {
  test('is asked for with the token, page by page', async () => {
    const api = await fakeApi(({ url }) => ({
      body: url.includes('cursor=c1')
        ? { data: [region('us-east')], nextCursor: null }
        : { data: [region('eu-west')], nextCursor: 'c1' },
    }));
    expect(await clientOf(api.url).network.regions()).toEqual([
      region('eu-west'),
      region('us-east'),
    ]);
    expect(api.asked.map(({ url }) => url)).toEqual([
      '/v1/regions?limit=200',
      '/v1/regions?limit=200&cursor=c1',
    ]);
    expect(api.asked[0]?.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test('is no longer than was asked for', async () => {
    const api = await fakeApi(() => ({ body: { data: [], nextCursor: null } }));
    await clientOf(api.url).rounds('shop', { limit: 5 });
    expect(api.asked[0]?.url).toBe('/v1/monitors/shop/rounds?limit=5');
  });

  test('of evidence is handed on byte by byte', async () => {
    const client = await clientWith({ body: '{ "spelling":  "kept" }' });
    expect(new TextDecoder().decode(await client.evidence('latest', 'bundle'))).toBe(
      '{ "spelling":  "kept" }',
    );
  });

  test('that does not fit the schema is refused with its field', async () => {
    const client = await clientWith({ body: { data: [{ region: 'x' }], nextCursor: null } });
    await expect(client.network.regions()).rejects.toMatchObject({
      code: 'message.malformed',
      where: expect.stringMatching(/^\/data\/0\//),
    });
  });

  test('of changes is checked too', async () => {
    const client = await clientWith({
      body: { owner: 'default', changes: [{ id: 'a', action: 'explode', previousOwner: null }] },
    });
    const body = { monitors: [], defaults: {}, channels: [] };
    await expect(client.plan(body)).rejects.toMatchObject({ code: 'message.malformed' });
  });

  test('of readiness may be 503, and says why', async () => {
    const checks = [{ name: 'database', ok: false, detail: 'gone' }];
    const client = await clientWith({ status: 503, body: { status: 'failing', checks } });
    expect(await client.readiness()).toEqual({ status: 'failing', checks });
  });

  test('keeps ids from reaching other paths', async () => {
    const api = await fakeApi(() => problem(404, 'not_found'));
    await expect(clientOf(api.url).incident('../tokens?x=1')).rejects.toThrow();
    expect(api.asked[0]?.url).toBe('/v1/incidents/..%2Ftokens%3Fx%3D1');
  });
});

describe('a problem becomes an error of ours:', () => {
  test('code, hint and fields are the API’s', async () => {
    const errors = [{ pointer: '/monitors/0/quorum', detail: 'is too large' }];
    const client = await clientWith(
      problem(422, 'quorum.unreachable', { hint: 'lower it', errors }),
    );
    await expect(client.monitors()).rejects.toMatchObject({
      code: 'quorum.unreachable',
      message: 'what happened in this case',
      hint: 'lower it',
      fields: errors,
    });
  });

  test.each([
    [401, 'auth.refused'],
    [403, 'auth.forbidden'],
    [404, 'not_found'],
    [409, 'conflict'],
    [422, 'input.invalid'],
    [429, 'rate.limited'],
    [503, 'api.unreachable'],
  ])('%i with a code of tomorrow is %s', async (status, code) => {
    const client = await clientWith(problem(status, 'code.of_tomorrow'));
    await expect(client.monitors()).rejects.toMatchObject({ code });
  });

  test('a proxy’s page is no answer of ours', async () => {
    const client = await clientWith({ status: 502, body: '<html>Bad Gateway</html>' });
    await expect(client.monitors()).rejects.toMatchObject({
      code: 'api.unreachable',
      hint: expect.stringContaining('proxy'),
    });
  });

  test('a redirect is not followed: the token stays here', async () => {
    const client = await clientWith({ status: 302, body: '' });
    await expect(client.monitors()).rejects.toMatchObject({ code: 'input.malformed' });
  });
});

describe('no answer', () => {
  test('where nobody listens', async () => {
    const server = createHttpServer();
    const port = await listen(server, 0);
    await stop(server);
    await expect(clientOf(`http://127.0.0.1:${port}`).monitors()).rejects.toMatchObject({
      code: 'api.unreachable',
      message: `the API at http://127.0.0.1:${port} does not answer: the connection was refused`,
    });
  });

  test('where somebody hangs up', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      await expect(clientOf(`http://127.0.0.1:${port}`).monitors()).rejects.toMatchObject({
        code: 'api.unreachable',
      });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('the API is found', () => {
  /** Its coordinators are down: nothing listens on these ports. */
  async function folderWithStack(): Promise<string> {
    const folder = await scratchFolder();
    const coordinators = [1, 2].map((port) => ({
      url: `http://127.0.0.1:${port}`,
      pid: port,
    }));
    const apiUrl = coordinators[0]?.url;
    const stack = { apiUrl, coordinators, natsUrl: '', pids: {}, demo: null };
    await writeFile(join(folder, 'stack.json'), JSON.stringify(stack));
    await writeFile(join(folder, 'admin.token'), 'local-token\n');
    return folder;
  }

  const locate = (options: ApiOptions, env: NodeJS.ProcessEnv = {}) =>
    locateApi(options, readSettings(env, '0', 'trustmonitor'));

  test('by what the local stack has written', async () => {
    const { url, token } = await locate({ data: await folderWithStack() });
    expect([url.origin, token]).toEqual(['http://127.0.0.1:1', 'local-token']);
  });

  test('by flags, which win over variables', async () => {
    const file = join(await scratchFolder(), 'token');
    await writeFile(file, 'from-file');
    const env = { TM_URL: 'http://env.example', TM_TOKEN: 'from-env' };
    const flags = { url: 'http://flag.example', tokenFile: file, data: '/nonexistent' };
    expect(await locate(flags, env)).toMatchObject({ token: 'from-file' });
    expect((await locate(flags, env)).url.hostname).toBe('flag.example');
    expect(await locate({ data: '/nonexistent' }, env)).toMatchObject({ token: 'from-env' });
  });

  test('and the local admin token is sent to nobody else', async () => {
    const data = await folderWithStack();
    await expect(locate({ data, url: 'http://elsewhere.example' })).rejects.toMatchObject({
      code: 'auth.missing',
    });
    for (const url of ['http://127.0.0.1:1', 'http://127.0.0.1:2']) {
      expect(await locate({ data, url })).toMatchObject({ token: 'local-token' });
    }
    await expect(locate({ data, url: 'http://127.0.0.1:7072' })).rejects.toMatchObject({
      code: 'auth.missing',
    });
  });

  test('or not, and then the folder is named', async () => {
    await expect(locate({ data: '/nonexistent/data' })).rejects.toMatchObject({
      code: 'stack.not_running',
      message: 'no stack runs in /nonexistent/data',
    });
  });

  test.each(['shop', 'ftp://x', ''])('never at "%s"', async (url) => {
    const code = 'config.invalid';
    await expect(locate({ url, data: '/nonexistent' })).rejects.toMatchObject({ code });
  });

  test('without a token file nothing is sent', async () => {
    await expect(
      locate({ url: 'http://x', tokenFile: '/nonexistent/token' }),
    ).rejects.toMatchObject({ code: 'auth.missing', where: '/nonexistent/token' });
  });
});
