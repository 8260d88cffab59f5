/** The schema: made once, by whoever comes first, and never from the future. */
import { createTestDatabase } from '@trustmonitor/testkit';
import { readdir } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { ensurePartitions } from '../../src/store/partitions.ts';
import { Sql } from '../support/database.ts';
import { newId } from './rows.ts';

const { url } = await createTestDatabase();
const [first, second] = await Promise.all([openDatabase({ url }), openDatabase({ url })]);
const sql = new Sql(url);
afterAll(async () => {
  await Promise.all([first.close(), second.close(), sql.close()]);
});

const DAY_MS = 86_400_000;
const partitions = async (table: string): Promise<string[]> => {
  const rows = await sql.rows<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits
      where inhparent = $1::regclass order by name`,
    [table],
  );
  return rows.map(({ name }) => name);
};

describe('migrations', () => {
  test('are applied once, also when two coordinators start together', async () => {
    const files = (await readdir(new URL('../../migrations/', import.meta.url))).toSorted();
    const applied = await Promise.all([migrate(first), migrate(second)]);
    expect(applied.flat().toSorted()).toEqual(files);
    expect(await migrate(first)).toEqual([]);
    expect(await sql.count('migration')).toBe(files.length);
  });

  test('each have a number of their own', async () => {
    const files = await readdir(new URL('../../migrations/', import.meta.url));
    const numbers = files.map((name) => /^(\d{4})_[a-z_]+\.sql$/.exec(name)?.[1]);
    expect(numbers).not.toContain(undefined);
    expect(new Set(numbers).size).toBe(files.length);
  });

  test('of a newer version are refused, and nothing is written', async () => {
    await sql.rows("insert into migration (name) values ('9999_future.sql')");
    await expect(migrate(first)).rejects.toMatchObject({
      code: 'postgres.start_failed',
      message: expect.stringContaining('9999_future.sql') as string,
    });
    await sql.rows("delete from migration where name = '9999_future.sql'");
    expect(await migrate(first)).toEqual([]);
  });
});

describe('day partitions', () => {
  const today = Date.UTC(2026, 5, 15, 9);

  test('are made ahead, once, by two coordinators at a time', async () => {
    await Promise.all([ensurePartitions(first, today), ensurePartitions(second, today)]);
    await ensurePartitions(first, today);
    const days = ['0614', '0615', '0616', '0617', '0618'];
    for (const table of ['round', 'result']) {
      const expected = [...days.map((day) => `${table}_2026${day}`), `${table}_default`];
      expect(await partitions(table)).toEqual(expected);
    }
  });

  test('a row goes to the day of its id', async () => {
    await insertRound(newId(today));
    await insertRound(newId(today + DAY_MS - 9 * 3_600_000 - 60_000));
    await insertRound(newId(Date.UTC(2026, 5, 16)));
    const rows = await sql.rows<{ part: string; n: number }>(
      'select tableoid::regclass::text as part, count(*)::int as n from round group by 1 order by 1',
    );
    expect(rows).toEqual([
      { part: 'round_20260615', n: 2 },
      { part: 'round_20260616', n: 1 },
    ]);
  });

  test('rows that came too early, or while none were made, move into theirs', async () => {
    const later = Date.UTC(2026, 7, 1, 3);
    const early = newId(later);
    await insertRound(early);
    await sql.rows(
      `insert into result (round, agent, attempt, final, monitor, region, outcome, duration_ms,
                           counted, batch, batch_index, leaf)
       values ($1, 'eu-1', 1, true, 'm', 'eu', 'up', 1, false, '\\x00', 0, '{}')`,
      [early],
    );
    expect(await sql.count('round_default')).toBe(1);
    await ensurePartitions(first, later);
    expect(await sql.count('round_default')).toBe(0);
    expect(await sql.count('round_20260801', 'id = $1', [early])).toBe(1);
    expect(await sql.count('result_20260801', 'round = $1', [early])).toBe(1);
    // Its key still holds: the same id is the same round.
    await expect(insertRound(early)).rejects.toMatchObject({ code: '23505' });
  });

  const insertRound = (id: string) =>
    sql.rows(
      `insert into round (id, monitor, revision, opened_at, closed_at, verdict, required, members,
                          votes)
       values ($1, 'm', 1, now(), now(), 'up', 1, '[]', '[]')`,
      [id],
    );
});
