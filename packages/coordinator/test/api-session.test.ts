/** Signing in to the console: what a cookie lets do, for whom, and when that ends. */
import type {
  AuditResource,
  CreatedToken,
  SessionResource,
  SignInCode,
} from '@trustmonitor/protocol';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ConsoleSite } from '../src/api/console/site.ts';
import { isOverHttps, pendingOf, sessionCookie, sessionIdOf } from '../src/api/session/cookie.ts';
import { quick, type List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';

const network = await testNetwork();
await network.start();
const { api, sql } = network;
const nobody = api.as(null);
const OURS = { 'x-trustmonitor-console': '1' };
beforeEach(() => network.showLogsOnFailure());

/** A browser that has signed in; `cookie` is what it sends along. */
async function signIn(by: { token: string } | { code: string }): Promise<string> {
  const answer = await nobody.call<SessionResource>('POST', '/v1/session', {
    body: by,
    headers: OURS,
  });
  expect([answer.status, answer.status === 201 ? '' : answer.text]).toEqual([201, '']);
  const set = answer.headers.get('set-cookie') ?? '';
  expect(set).toMatch(/^tm_session=[\w-]{43}; Path=\/; Max-Age=6\d{5}; HttpOnly; SameSite=Strict$/);
  return set.split(';')[0]!;
}

const makeToken = async (scopes: readonly string[]): Promise<CreatedToken> =>
  (await api.call<CreatedToken>('POST', '/v1/tokens', { body: { name: 'browser', scopes } })).body;

describe('a session', () => {
  test('stands for its token: the same scopes, and the same name in the audit log', async () => {
    const made = await makeToken(['monitors:write']);
    const cookie = await signIn({ token: made.token });
    const who = await nobody.call<SessionResource>('GET', '/v1/session', { headers: { cookie } });
    expect(who.body).toMatchObject({ name: 'browser', scopes: ['monitors:write'] });
    expect(who.body.expiresAt).not.toBeNull();

    const body = quick('by-browser', { enabled: false });
    const headers = { cookie, ...OURS };
    expect((await nobody.call('POST', '/v1/monitors', { body, headers })).status).toBe(201);
    const { data } = await api.get<List<AuditResource>>('/v1/audit?subject=by-browser');
    expect(data[0]).toMatchObject({ actor: 'browser', action: 'monitor.created' });
    expect((await nobody.call('GET', '/v1/incidents', { headers })).status).toBe(403);
    const begun = await api.get<List<AuditResource>>(`/v1/audit?subject=${made.id}`);
    expect(begun.data[0]).toMatchObject({ action: 'session.begun', detail: { by: 'token' } });
    expect(JSON.stringify(await sql.rows('select * from session'))).not.toContain(
      cookie.slice('tm_session='.length),
    );
  });

  test('ends when its token is revoked, when it is signed out, and when nobody uses it', async () => {
    const made = await makeToken(['read']);
    const get = async (cookie: string) =>
      (await nobody.call('GET', '/v1/agents', { headers: { cookie } })).status;
    const [revoked, left, idle] = [
      await signIn({ token: made.token }),
      await signIn({ token: await network.token() }),
      await signIn({ token: await network.token() }),
    ];
    expect([await get(revoked), await get(left), await get(idle)]).toEqual([200, 200, 200]);
    await api.call('DELETE', `/v1/tokens/${made.id}`);
    const out = await nobody.call('DELETE', '/v1/session', { headers: { cookie: left, ...OURS } });
    expect([out.status, out.headers.get('set-cookie')]).toEqual([
      204,
      expect.stringContaining('Max-Age=0'),
    ]);
    await sql.rows("update session set last_used_at = now() - interval '13 hours'");
    expect([await get(revoked), await get(left), await get(idle)]).toEqual([401, 401, 401]);
  });

  test.each([
    ['without the header of the console', {}],
    ['from another origin', { ...OURS, origin: 'https://evil.example' }],
    ['from the same site, and another port', { ...OURS, 'sec-fetch-site': 'same-site' }],
  ])('writes nothing %s', async (_what, headers) => {
    const cookie = await signIn({ token: await network.token() });
    const body = quick('forged', { enabled: false });
    const refused = await nobody.call('POST', '/v1/monitors', {
      body,
      headers: { cookie, ...headers },
    });
    expect([refused.status, refused.body.code]).toEqual([403, 'auth.forbidden']);
    expect(await sql.count('monitor', "id = 'forged'", [])).toBe(0);
    // Nor is anybody signed in as somebody else by another page.
    const token = await network.token();
    const pushed = await nobody.call('POST', '/v1/session', { body: { token }, headers });
    expect(pushed.status).toBe(403);
  });

  test('is begun by a link once, and by no wrong token', async () => {
    const { code } = (await api.call<SignInCode>('POST', '/v1/session/codes')).body;
    const cookie = await signIn({ code });
    const again = await nobody.call('POST', '/v1/session', { body: { code }, headers: OURS });
    expect([again.status, again.body.code]).toEqual([401, 'auth.refused']);
    // Whoever has only the session cannot make it last.
    const more = await nobody.call('POST', '/v1/session/codes', { headers: { cookie, ...OURS } });
    expect(more.status).toBe(403);
    const old = (await api.call<SignInCode>('POST', '/v1/session/codes')).body;
    await sql.rows("update sign_in_code set expires_at = now() - interval '1 s'");
    for (const body of [{ code: old.code }, { token: 'tm_wrong_00000000' }, { token: 'x' }]) {
      const { status } = await nobody.call('POST', '/v1/session', { body, headers: OURS });
      expect([body, status]).toEqual([body, 401]);
    }
  });
});

test('the cookie is for https alone where there is https', () => {
  const asked = (protocol: 'http' | 'https', host: string) =>
    isOverHttps({ protocol, host }, 'https://tm.example');
  const ways = [asked('http', 'tm.example'), asked('https', 'x'), asked('http', '127.0.0.1:8080')];
  expect(ways).toEqual([true, true, false]);
  expect(sessionCookie('x', 5, true)).toBe(
    '__Host-tm_session=x; Path=/; Max-Age=5; HttpOnly; SameSite=Strict; Secure',
  );
  const [own, planted] = ['A'.repeat(43), 'B'.repeat(43)];
  for (const [name, of] of [
    ['tm_session', sessionIdOf],
    ['tm_sign_in', pendingOf],
  ] as const) {
    // Another subdomain can plant the plain name, for a longer path and so before ours.
    const both = { headers: { cookie: `${name}=${planted}; a=b; __Host-${name}=${own}; c=d` } };
    expect([of(both, true), of(both, false)]).toEqual([own, planted]);
    expect(of({ headers: { cookie: `${name}=${planted}` } }, true)).toBeNull();
    expect(of({ headers: { cookie: `__Host-${name}=${own}` } }, false)).toBeNull();
    for (const cookie of [`not${name}=${own}`, `${name}=sh-rt`, `${name}=${own}%`, '']) {
      expect(of({ headers: { cookie } }, false)).toBeNull();
    }
  }
  for (const cookie of ['tm_session=short', `tm_session=${own}A`]) {
    expect(sessionIdOf({ headers: { cookie } }, false)).toBeNull();
  }
});

test('the console is served where it was built, and no path leads out of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tm-console-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const site = new ConsoleSite(pathToFileURL(`${folder}/dist/`));
  expect([await site.index(), await site.asset('main.js')]).toEqual([null, null]);
  await mkdir(join(folder, 'dist/assets'), { recursive: true });
  await writeFile(join(folder, 'dist/index.html'), '<p>console');
  await writeFile(join(folder, 'dist/assets/main.js'), 'run()');
  await writeFile(join(folder, 'dist/secret.js'), 'secret');
  const index = await site.index();
  expect(index?.bytes.toString()).toBe('<p>console');
  expect(await site.index()).toBe(index);
  // The next version, with the time that its archive says.
  await writeFile(join(folder, 'dist/index.html'), '<p>another console');
  await utimes(join(folder, 'dist/index.html'), 0, 0);
  const next = await site.index();
  expect(next?.bytes.toString()).toBe('<p>another console');
  await writeFile(join(folder, 'dist/index.html'), '<p>and one more, as old');
  await utimes(join(folder, 'dist/index.html'), 0, 0);
  expect((await site.index())?.etag).not.toBe(next?.etag);
  expect(await site.asset('main.js')).toMatchObject({ type: 'text/javascript; charset=utf-8' });
  for (const name of ['../secret.js', '..%2fsecret.js', '.main.js', 'main', 'main.exe', '']) {
    expect([name, await site.asset(name)]).toEqual([name, null]);
  }
});
