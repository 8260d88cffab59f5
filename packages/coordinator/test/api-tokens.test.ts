/** Tokens and the audit log over the API. */
import type { AuditResource, CreatedToken, TokenResource } from '@trustmonitor/protocol';
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { quick, type List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';

const network = await testNetwork();
await network.start();
const { api, sql } = network;
beforeEach(() => network.showLogsOnFailure());

async function make(scopes: readonly string[], by = api, more = {}): Promise<CreatedToken> {
  const body = { name: `for ${scopes.join()}`, scopes, ...more };
  const answer = await by.call<CreatedToken>('POST', '/v1/tokens', { body });
  expect([answer.status, answer.status === 201 ? '' : answer.text]).toEqual([201, '']);
  return answer.body;
}

const tokens = async () => (await api.get<List<TokenResource>>('/v1/tokens?limit=200')).data;

describe('a token', () => {
  test('is shown once, stored as its hash, and does what its scopes say', async () => {
    const made = await make(['monitors:write']);
    const hash = createHash('sha256').update(made.token).digest('hex');
    expect(await sql.count('token', "hash = decode($1, 'hex')", [hash])).toBe(1);
    expect(JSON.stringify(await tokens())).not.toContain(made.token);

    const writer = api.as(made.token);
    const body = quick('by-token', { enabled: false });
    expect((await writer.call('POST', '/v1/monitors', { body })).status).toBe(201);
    // Writing includes reading.
    expect((await writer.call('GET', '/v1/monitors/by-token')).status).toBe(200);
    for (const [path, scope] of [
      ['/v1/incidents', 'incidents:read'],
      ['/v1/channels', 'channels:read'],
      ['/v1/tokens', 'tokens:read'],
      ['/v1/audit', 'audit:read'],
    ] as const) {
      const refused = await writer.call('GET', path);
      expect([refused.status, refused.body.code]).toEqual([403, 'auth.forbidden']);
      expect(refused.body.detail).toContain(`"${scope}"`);
    }
    const listed = (await tokens()).find(({ id }) => id === made.id)!;
    expect(listed).toMatchObject({ state: 'active', createdBy: 'admin' });
    expect(listed.lastUsedAt).not.toBeNull();
  });

  test('that may read everything reads neither tokens nor the audit log', async () => {
    const reader = api.as((await make(['read'])).token);
    expect((await reader.call('GET', '/v1/agents')).status).toBe(200);
    expect((await reader.call('GET', '/v1/tokens')).status).toBe(403);
    expect((await reader.call('GET', '/v1/audit')).status).toBe(403);
    expect((await reader.call('DELETE', '/v1/monitors/by-token')).status).toBe(403);
  });

  test('gives and takes away nothing that it lacks', async () => {
    const maker = api.as((await make(['tokens:write', 'monitors:read'])).token);
    await make(['monitors:read'], maker);
    const more = { name: 'more', scopes: ['monitors:read', 'incidents:read'] };
    const refused = await maker.call('POST', '/v1/tokens', { body: more });
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      expect.stringContaining('incidents:read'),
    ]);
    const admin = (await tokens()).find(({ name }) => name === 'admin')!;
    expect((await maker.call('DELETE', `/v1/tokens/${admin.id}`)).status).toBe(403);
  });

  test('ends when it is revoked or expires', async () => {
    const made = await make(['read']);
    expect((await api.call('DELETE', `/v1/tokens/${made.id}`)).status).toBe(204);
    expect((await api.call('DELETE', `/v1/tokens/${made.id}`)).status).toBe(204);
    expect((await api.as(made.token).call('GET', '/v1/agents')).status).toBe(401);

    const soon = new Date(Date.now() + 60_000).toISOString();
    const short = await make(['read'], api, { expiresAt: soon });
    expect(short.expiresAt).toBe(soon);
    await sql.rows("update token set expires_at = now() - interval '1 s' where uid = $1", [
      short.id,
    ]);
    expect((await api.as(short.token).call('GET', '/v1/agents')).status).toBe(401);
    const states = new Map((await tokens()).map(({ id, state }) => [id, state]));
    expect([states.get(made.id), states.get(short.id)]).toEqual(['revoked', 'expired']);
  });

  test('of the last admin stays', async () => {
    const admin = (await tokens()).find(({ name }) => name === 'admin')!;
    const refused = await api.call('DELETE', `/v1/tokens/${admin.id}`);
    expect([refused.status, refused.body.code]).toEqual([409, 'token.last_admin']);
  });

  test.each([
    [{ name: 'x', scopes: ['everything'] }, '/scopes/0'],
    [{ name: 'x', scopes: [] }, '/scopes'],
    [{ name: 'x', scopes: ['read', 'read'] }, '/scopes'],
    [{ name: 'a\nb', scopes: ['read'] }, '/name'],
    [{ name: 'x', scopes: ['read'], expiresAt: '2020-01-01T00:00:00.000Z' }, '/expiresAt'],
    [{ name: 'x', scopes: ['read'], expiresAt: '2099-13-41T00:00:00.000Z' }, '/expiresAt'],
    [{ name: 'x', scopes: ['read'], expiresAt: 'tomorrow' }, '/expiresAt'],
  ])('that is none: %j', async (body, pointer) => {
    const before = (await tokens()).length;
    const answer = await api.call('POST', '/v1/tokens', { body });
    expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([422, pointer]);
    expect((await tokens()).length).toBe(before);
  });
});

describe('the audit log', () => {
  test('has who did what from where, with digests of both sides', async () => {
    await api.create('audited', { enabled: false });
    await api.create('audited', { enabled: false, name: 'Other' });
    await api.call('DELETE', '/v1/monitors/audited');
    const { data } = await api.get<List<AuditResource>>('/v1/audit?subject=audited');
    expect(data.map(({ action }) => action)).toEqual([
      'monitor.deleted',
      'monitor.updated',
      'monitor.created',
    ]);
    const [deleted, updated, created] = data;
    expect(created).toMatchObject({ actor: 'admin', address: '127.0.0.1', before: null });
    expect(created!.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(updated!.before).toBe(created!.after);
    expect(deleted).toMatchObject({ before: updated!.after, after: null });
  });

  test('comes in pages and by what is asked for', async () => {
    const page = await api.get<List<AuditResource>>('/v1/audit?action=token.created&limit=2');
    expect(page.data).toHaveLength(2);
    const next = await api.get<List<AuditResource>>(
      `/v1/audit?action=token.created&limit=2&cursor=${page.nextCursor}`,
    );
    expect(next.data[0]!.id < page.data[1]!.id).toBe(true);
    expect((await api.get<List<AuditResource>>('/v1/audit?actor=nobody')).data).toEqual([]);
  });

  test.each(['update audit set actor = $$me$$', 'delete from audit', 'truncate audit'])(
    'is refused by the database: %s',
    async (statement) => {
      const before = await sql.count('audit');
      await expect(sql.rows(statement)).rejects.toThrow(/never changed/);
      expect(await sql.count('audit')).toBe(before);
    },
  );
});
