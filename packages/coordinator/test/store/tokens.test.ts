import { expect, test, afterAll } from 'vitest';
import { hashToken, newToken } from '../../src/api/token.ts';
import { insertToken, useToken } from '../../src/store/tokens.ts';
import { Sql, testStore } from '../support/database.ts';

const { database, url } = await testStore();
const sql = new Sql(url);
afterAll(() => sql.close());

test('a token is known by its hash alone, until it expires', async () => {
  const hash = hashToken(newToken());
  await insertToken(database, { name: 'ci', hash, scopes: ['read'] });
  expect(await useToken(database, hash)).toMatchObject({ name: 'ci', scopes: ['read'] });
  expect(await useToken(database, hashToken(newToken()))).toBeNull();
  await sql.rows("update token set expires_at = now() - interval '1 second'");
  expect(await useToken(database, hash)).toBeNull();
});

test('its use is noted to the minute, and not for every request', async () => {
  const hash = hashToken(newToken());
  await insertToken(database, { name: 'busy', hash, scopes: [] });
  const used = async () => {
    await useToken(database, hash);
    const [row] = await sql.rows<{ last_used_at: Date }>(
      "select last_used_at from token where name = 'busy'",
    );
    return row!.last_used_at.getTime();
  };
  const first = await used();
  expect(await used()).toBe(first);
  await sql.rows("update token set last_used_at = now() - interval '2 minutes'");
  expect(await used()).toBeGreaterThanOrEqual(first);
});
