/** Signing in with a real OpenID provider: who gets in, as whom, and every way in which nobody does. */
import type { AuditResource, SessionResource, SignInWays } from '@trustmonitor/protocol';
import { CLIENT, startIdentityProvider } from '@trustmonitor/testkit/identity';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openPending, sealPending, type Pending } from '../src/oidc/pending.ts';
import type { OidcSettings } from '../src/oidc/settings.ts';
import { openSecretBox } from '../src/secret-box.ts';
import type { List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';
import { PUBLIC_URL, TestBrowser } from './support/test-browser.ts';

const OURS = { 'x-trustmonitor-console': '1' };
const provider = await startIdentityProvider([`${PUBLIC_URL}/v1/session/oidc/callback`]);
afterAll(() => provider.close());
const oidc: OidcSettings = {
  issuer: provider.issuer,
  clientId: CLIENT.id,
  clientSecret: CLIENT.secret,
  name: 'Example ID',
  scope: 'openid email groups',
  groupsClaim: 'groups',
  admission: { admin: ['email:ada@example.com'], operator: ['group:sre'], reader: ['group:staff'] },
  sessionHours: 2,
};
/** Browsers here are behind a proxy that ends TLS. */
const trustedProxies = ['127.0.0.0/8'];
const SESSION = '__Host-tm_session';
const SIGN_IN = '__Host-tm_sign_in';
const network = await testNetwork();
await network.start({ trustedProxies, oidc });
const box = await openSecretBox(network.config.secretKeyFile);
const ADA = { email: 'Ada@example.com', email_verified: true };
beforeEach(() => {
  network.showLogsOnFailure();
  provider.become('ada-1', ADA);
});

const browse = () => new TestBrowser(() => network.api.url);
const failed = (code: string) => `${PUBLIC_URL}/#sign-in-failed=${code}`;
const sessionOf = (browser: TestBrowser) =>
  network.api.as(null).call<SessionResource>('GET', '/v1/session', { headers: browser.headers() });

/** A browser that has been to the provider, and has not come back yet; where it is sent. */
async function onItsWay(next = '/'): Promise<{ browser: TestBrowser; back: string }> {
  const browser = browse();
  const begin = `${PUBLIC_URL}/v1/session/oidc?next=${encodeURIComponent(next)}`;
  return { browser, back: await browser.goUntil(begin, '/v1/session/oidc/callback') };
}

/** Changes what waits in the browser, as only somebody with the key can. */
function tamper(browser: TestBrowser, changes: Partial<Pending>): void {
  const pending = openPending(box, browser.cookie(SIGN_IN) ?? '', Date.now());
  if (pending === null) throw new Error('the browser has begun no sign-in');
  browser.setCookie(SIGN_IN, sealPending(box, { ...pending, ...changes }));
}

describe('who is on a list', () => {
  test('is let in as who they are, for as long as it is configured, and is in the audit log', async () => {
    const { body } = await network.api.as(null).call<SignInWays>('GET', '/v1/session/ways');
    const url = `${PUBLIC_URL}/v1/session/oidc`;
    expect(body.oidc).toEqual({ name: 'Example ID', url, isReachable: true });
    const { browser, back } = await onItsWay('/incidents?state=open');
    expect(await browser.go(back)).toBe(`${PUBLIC_URL}/incidents?state=open`);
    expect(browser.cookie(SIGN_IN)).toBeNull();
    expect(browser.attributes(SESSION)).toMatch(
      /; Path=\/; Max-Age=(7200|719\d); HttpOnly; SameSite=Strict; Secure$/,
    );
    const who = await sessionOf(browser);
    expect(who.body).toMatchObject({ name: 'oidc:ada@example.com', scopes: ['admin'] });

    const body2 = { name: 'made by Ada', scopes: ['read'] };
    const headers = { ...browser.headers(), ...OURS };
    await network.api.as(null).call('POST', '/v1/tokens', { body: body2, headers });
    const made = await network.api.get<List<AuditResource>>('/v1/audit?action=token.created');
    expect(made.data[0]?.actor).toBe('oidc:ada@example.com');
    const begun = await network.api.get<List<AuditResource>>('/v1/audit?action=session.begun');
    expect(begun.data[0]).toMatchObject({
      actor: 'oidc:ada@example.com',
      detail: { by: 'oidc', issuer: provider.issuer, subject: 'ada-1' },
    });
  });

  test('gets what the group gives, and is the same person the next time', async () => {
    provider.become('bob', { email: 'bob@example.com', email_verified: true, groups: ['staff'] });
    for (const scopes of [['read'], ['read', 'monitors:write']]) {
      const { browser, back } = await onItsWay();
      await browser.go(back);
      expect((await sessionOf(browser)).body).toMatchObject({
        name: 'oidc:bob@example.com',
        scopes: expect.arrayContaining(scopes),
      });
      provider.become('bob', { email: 'bob@example.com', email_verified: true, groups: ['sre'] });
    }
    expect(await network.sql.count('token', `name = 'oidc:bob@example.com'`, [])).toBe(1);
  });

  test('is sent nowhere but to the public address', async () => {
    for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
      const { browser, back } = await onItsWay(next);
      const landed = await browser.go(back);
      expect([next, new URL(landed).origin]).toEqual([next, PUBLIC_URL]);
    }
  });
});

describe('nobody gets in', () => {
  test.each<[string, string, (browser: TestBrowser, back: string) => string]>([
    [
      'with another state',
      'oidc.refused',
      (_browser, back) => back.replace(/state=[^&]+/, 'state=another'),
    ],
    ['without a state', 'oidc.refused', (_browser, back) => back.replace(/state=[^&]+/, '')],
    [
      'with an answer of another issuer',
      'oidc.refused',
      (_browser, back) => back.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example'),
    ],
    [
      'with an ID token that was made for another sign-in',
      'oidc.refused',
      (browser, back) => (tamper(browser, { nonce: 'another' }), back),
    ],
    [
      'with a code that was asked for elsewhere',
      'oidc.refused',
      (browser, back) => (tamper(browser, { verifier: 'v'.repeat(43) }), back),
    ],
    [
      'too late',
      'oidc.expired',
      (browser, back) => (tamper(browser, { expiresAt: Date.now() - 1 }), back),
    ],
    [
      'in another browser',
      'oidc.expired',
      (browser, back) => (browser.setCookie(SIGN_IN, null), back),
    ],
    [
      'with a cookie that is none of ours',
      'oidc.expired',
      (browser, back) => (browser.setCookie(SIGN_IN, 'AAAA'), back),
    ],
    [
      'whom the provider turned away',
      'oidc.refused',
      (_browser, back) => back.replace(/code=[^&]+/, 'error=access_denied'),
    ],
  ])('%s', async (_how, code, change) => {
    const { browser, back } = await onItsWay();
    expect(await browser.go(change(browser, back))).toBe(failed(code));
    expect([browser.cookie(SESSION), browser.cookie(SIGN_IN)]).toEqual([null, null]);
  });

  test('by a sign-in of somebody else, planted by a page of another subdomain', async () => {
    const somebody = await onItsWay();
    const victim = browse();
    victim.setCookie('tm_sign_in', somebody.browser.cookie(SIGN_IN));
    expect(await victim.go(somebody.back)).toBe(failed('oidc.expired'));
    expect(victim.cookie(SESSION)).toBeNull();
  });

  test('with a code that was used before', async () => {
    const { browser, back } = await onItsWay();
    const kept = browser.cookie(SIGN_IN);
    await browser.go(back);
    const thief = browse();
    thief.setCookie(SIGN_IN, kept);
    expect(await thief.go(back)).toBe(failed('oidc.refused'));
    expect(thief.cookie(SESSION)).toBeNull();
  });

  test.each([
    ['whom no list has', { email: 'eve@example.com', email_verified: true, groups: ['guests'] }],
    ['whose address nobody has verified', { email: 'ada@example.com', email_verified: false }],
    ['of whom nothing is told', {}],
  ])('%s, and it is noted who tried', async (_who, claims) => {
    provider.become('eve-1', claims);
    const { browser, back } = await onItsWay();
    expect(await browser.go(back)).toBe(failed('oidc.unlisted'));
    expect(browser.cookie(SESSION)).toBeNull();
    const noted = await network.api.get<List<AuditResource>>('/v1/audit?action=session.refused');
    expect(noted.data[0]).toMatchObject({ detail: { issuer: provider.issuer, subject: 'eve-1' } });
  });
});

describe('a session by a provider', () => {
  test('ends when its token is revoked; whoever is still on the list can come back', async () => {
    const { browser, back } = await onItsWay();
    await browser.go(back);
    const [token] = await network.sql.rows<{ uid: string }>(
      `select uid from token where name = 'oidc:ada@example.com' and revoked_at is null`,
    );
    await network.api.call('DELETE', `/v1/tokens/${token?.uid}`);
    expect((await sessionOf(browser)).status).toBe(401);
    const again = await onItsWay();
    await again.browser.go(again.back);
    expect((await sessionOf(again.browser)).status).toBe(200);
  });

  test('ends when its person is taken off the list, and nobody else’s does', async () => {
    const [ada, bob] = [await onItsWay(), browse()];
    await ada.browser.go(ada.back);
    provider.become('bob', { groups: ['sre'] });
    await bob.go(`${PUBLIC_URL}/v1/session/oidc`);
    await network.stop();
    await network.start({
      trustedProxies,
      oidc: { ...oidc, admission: { ...oidc.admission, admin: [] } },
    });
    expect([(await sessionOf(ada.browser)).status, (await sessionOf(bob)).status]).toEqual([
      401, 200,
    ]);
    await network.stop();
    await network.start({ trustedProxies, oidc: null });
    expect((await sessionOf(bob)).status).toBe(401);
    expect((await bob.get(`${PUBLIC_URL}/v1/session/oidc`)).status).toBe(404);
  });

  test.each([
    ['is away', { issuer: 'http://localhost:9' }, false],
    [
      'is another one than it says',
      { issuer: provider.issuer.replace('localhost', '127.0.0.1') },
      false,
    ],
    ['does not know us', { clientSecret: 'another' }, true],
  ])(
    'cannot begin where the provider %s; a token still does',
    async (_how, changes, isReachable) => {
      await network.stop();
      await network.start({ trustedProxies, oidc: { ...oidc, ...changes } });
      const nobody = network.api.as(null);
      const { body } = await nobody.call<SignInWays>('GET', '/v1/session/ways');
      expect(body.oidc).toMatchObject({ isReachable });
      expect(await browse().go(`${PUBLIC_URL}/v1/session/oidc`)).toBe(failed('oidc.unavailable'));
      const token = await network.token();
      const signed = await nobody.call('POST', '/v1/session', { body: { token }, headers: OURS });
      expect(signed.status).toBe(201);
      expect(JSON.stringify(network.logs)).not.toContain(oidc.clientSecret);
    },
  );
});
