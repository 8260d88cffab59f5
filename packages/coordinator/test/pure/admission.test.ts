/** Whom an identity provider's word lets in. */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import { entriesOf, mergeClaims, readEntry, scopesOf } from '../../src/oidc/admission.ts';
import { nextPath, openPending, sealPending } from '../../src/oidc/pending.ts';
import { readOidcSettings } from '../../src/oidc/settings.ts';
import { SecretBox } from '../../src/secret-box.ts';

const ADMISSION = {
  admin: ['email:ada@example.com', 'group:root'],
  operator: ['group:sre'],
  reader: ['group:staff', 'group:team@example.com'],
};
const scopesFor = (claims: Record<string, unknown>, groups = 'groups') =>
  scopesOf(entriesOf(claims, groups, ADMISSION), ADMISSION);

test('lets in by a verified address or a group, with the most that any of them gives', () => {
  const ada = { email: 'Ada@Example.com', email_verified: true };
  expect(scopesFor(ada)).toEqual(['admin']);
  expect(scopesFor({ groups: ['staff', 'sre'] })).toContain('incidents:write');
  expect(scopesFor({ groups: ['staff'] })).toEqual(['read']);
  expect(scopesFor({ groups: 'staff' })).toEqual(['read']);
  expect(scopesFor({ roles: ['root'] }, 'roles')).toEqual(['admin']);
});

test.each([
  ['nobody in particular', {}],
  ['an address that nobody has verified', { email: 'ada@example.com' }],
  [
    'one that is said to be verified in words',
    { email: 'ada@example.com', email_verified: 'true' },
  ],
  ['a stranger', { email: 'eve@example.com', email_verified: true }],
  [
    'a group that has the address for its name',
    { groups: ['ada@example.com', 'email:ada@example.com'] },
  ],
  ['an address that has a group for its name', { email: 'root', email_verified: true }],
  ['a group of another case', { groups: ['ROOT'] }],
  ['groups in another form', { groups: { root: true } }],
  ['nested groups', { groups: [['root']] }],
  ['an address in a list', { email: ['ada@example.com'], email_verified: true }],
])('does not let in %s', (_who, claims) => {
  expect(scopesFor(claims)).toEqual([]);
});

test('an address and its verification come from the same place', () => {
  const idToken = { email: 'eve@example.com', email_verified: true, sub: '1' };
  const mixed = mergeClaims(idToken, { email: 'ada@example.com' });
  expect(scopesFor(mixed)).toEqual([]);
  expect(mergeClaims(idToken, { groups: ['sre'] })).toEqual({ ...idToken, groups: ['sre'] });
});

test('reads what stands in a list', () => {
  expect(readEntry('Ada@Example.com')).toBe('email:ada@example.com');
  expect(readEntry('/Teams/SRE')).toBe('group:/Teams/SRE');
  expect(readEntry('group:team@example.com')).toBe('group:team@example.com');
  expect(scopesFor({ groups: ['team@example.com'] })).toEqual(['read']);
});

const GOOD = {
  TM_OIDC_ISSUER: 'https://id.example/realm',
  TM_OIDC_CLIENT_ID: 'trustmonitor',
  TM_OIDC_READERS: 'staff, ada@example.com',
};
const read = (changes: Record<string, string>) =>
  readOidcSettings({
    text: (name) => ({ ...GOOD, ...changes })[name] || undefined,
    file: (name) => (name in changes ? 'from a file' : null),
  });

test('has a default for what has one, and is nothing without an issuer', () => {
  expect(read({})).toEqual({
    issuer: 'https://id.example/realm',
    clientId: 'trustmonitor',
    clientSecret: null,
    name: 'id.example',
    scope: 'openid email profile',
    groupsClaim: 'groups',
    admission: { admin: [], operator: [], reader: ['group:staff', 'email:ada@example.com'] },
    sessionHours: 12,
  });
  expect(read({ TM_OIDC_ISSUER: '' })).toBeNull();
  expect(read({ TM_OIDC_CLIENT_SECRET_FILE: '/x' })?.clientSecret).toBe('from a file');
  expect(read({ TM_OIDC_ISSUER: 'http://localhost:9000' })?.issuer).toBe('http://localhost:9000');
});

test.each([
  ['TM_OIDC_ISSUER', 'id.example'],
  ['TM_OIDC_ISSUER', 'http://id.example'],
  ['TM_OIDC_ISSUER', 'http://localhost.evil.example'],
  ['TM_OIDC_ISSUER', 'https://id.example/.well-known/openid-configuration'],
  ['TM_OIDC_CLIENT_ID', ''],
  ['TM_OIDC_SCOPES', 'email profile'],
  ['TM_OIDC_SESSION_HOURS', '0'],
  ['TM_OIDC_SESSION_HOURS', '169'],
])('refuses %s=%s', (name, value) => {
  expect(faultOf({ [name]: value })).toBe(name);
});

test('refuses to let in nobody at all', () => {
  expect(faultOf({ TM_OIDC_READERS: ' , ' })).toBe('TM_OIDC_ADMINS');
});

function faultOf(changes: Record<string, string>): string | undefined {
  try {
    read(changes);
    return 'none';
  } catch (error) {
    return isTrustMonitorError(error, 'config.invalid') ? error.where : String(error);
  }
}

test('what waits in the browser is ours, and not for long', () => {
  const box = new SecretBox(Buffer.alloc(32, 1));
  const pending = { state: 's', nonce: 'n', verifier: 'v', next: '/', expiresAt: 1_000 };
  const sealed = sealPending(box, pending);
  expect(openPending(box, sealed, 999)).toEqual(pending);
  expect(openPending(box, sealed, 1_000)).toBeNull();
  expect(openPending(new SecretBox(Buffer.alloc(32, 2)), sealed, 999)).toBeNull();
  expect(openPending(box, box.seal('checkout', 'token', JSON.stringify(pending)), 999)).toBeNull();
  expect(openPending(box, 'AAAA', 999)).toBeNull();
});

test.each([
  ['/incidents?state=open', '/incidents?state=open'],
  ['//evil.example', '//evil.example'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['@evil.example', '/'],
  ['.evil.example', '/'],
  ['/a\r\nset-cookie: x', '/'],
  ['', '/'],
  [undefined, '/'],
  [['/a', '/b'], '/'],
  [`/${'x'.repeat(600)}`, '/'],
])('goes on to %j as %s, behind our own address', (given, path) => {
  expect(nextPath(given)).toBe(path);
  expect(new URL(`https://tm.example${path}`).origin).toBe('https://tm.example');
});
