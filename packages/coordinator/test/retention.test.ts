/** What is dropped when its time is over, and what is proven long after. */
import { createTestDatabase } from '@trustmonitor/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyRetention } from '../src/retention.ts';
import { openDatabase } from '../src/store/database.ts';
import { insertLogEntries, selectAgentBatchIndexes } from '../src/store/log.ts';
import { migrate } from '../src/store/migrate.ts';
import { DAY_MS, ensurePartitionsBetween } from '../src/store/partitions.ts';
import { insertBatches, insertResults, selectResults } from '../src/store/results.ts';
import { insertRounds } from '../src/store/rounds.ts';
import { Sql } from './support/database.ts';
import { testNetwork } from './support/network.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';
import { batchOf, newId, resultOf, roundRow } from './store/rows.ts';

const KEEP = { rawDays: 14, minuteDays: 7, hourDays: 180 };

describe('an incident', () => {
  test('is proven by its bundle after its day was dropped', { timeout: 60_000 }, async () => {
    network.showLogsOnFailure();
    await network.start();
    network.voteAll('steady', 'up');
    network.voteAll('ended', 'down');
    network.voteAll('open', 'down');
    network.voteAll('begun', 'up');
    for (const id of ['steady', 'ended', 'open']) await network.api.create(id);
    await network.api.create('begun', { confirm: { rounds: 2, after: '10m' } });
    const ended = await network.api.incidentOf('ended', 'open');
    const open = await network.api.incidentOf('open', 'open');
    network.voteAll('ended', 'up');
    await network.api.incidentOf('ended', 'resolved');
    await network.api.verdict('begun', 'up');
    network.voteAll('begun', 'down');
    await until(
      'a first failure',
      async () => (await network.sql.count('round', "monitor = 'begun' and verdict = 'down'")) > 0,
    );
    await network.stop();
    const before = await network.sql.count('batch');

    const database = await openDatabase({ url: network.config.databaseUrl });
    await applyRetention(database, KEEP, Date.now() + 20 * DAY_MS);
    await database.close();

    expect(await network.sql.count('round')).toBe(0);
    expect(await network.sql.count('result')).toBe(0);
    expect(await network.sql.count('kept_round', "monitor = 'steady'")).toBe(0);
    expect(await network.sql.count('batch')).toBeLessThan(before);
    // The next record of this one would name the rounds that failed so far.
    expect(
      await network.sql.count('kept_round', "monitor = 'begun' and verdict = 'down'"),
    ).toBeGreaterThan(0);
    expect(await network.sql.count('kept_result', "monitor = 'begun'")).toBeGreaterThan(0);

    await network.start();
    await expectVerified(network, ended.id);
    await expectVerified(network, open.id);
    const { id } = (
      await network.sql.rows<{ id: string }>("select id from kept_round where monitor = 'ended'")
    )[0]!;
    expect((await network.api.round(id)).results.length).toBeGreaterThan(0);
    // What stood before it was dropped still ends as it should.
    network.voteAll('open', 'up');
    await network.api.incidentOf('open', 'resolved');
    await expectVerified(network, open.id);
  });

  test('a batch that was dropped is gone, not unknown', async () => {
    const database = await openDatabase({ url: network.config.databaseUrl });
    const [old, newest] = [batchOf(resultOf()).batch, batchOf(resultOf()).batch];
    await insertBatches(database, [old, newest]);
    const body = new Uint8Array(1);
    await insertLogEntries(
      database,
      [old, newest].map(({ digest }, index) => ({ index, kind: 'batch' as const, digest, body })),
    );
    expect((await network.api.call('GET', `/log/payload/${old.digest}`)).status).toBe(200);
    await applyRetention(database, KEEP, Date.now() + 20 * DAY_MS);
    const gone = await network.api.call('GET', `/log/payload/${old.digest}`);
    expect([gone.status, gone.body.code]).toEqual([410, 'gone']);
    const never = await network.api.call('GET', `/log/payload/${'ab'.repeat(32)}`);
    expect(never.body.code).toBe('not_found');
    // Its agent can still be shown where it stands, and sending it again changes nothing.
    expect(await selectAgentBatchIndexes(database, 'eu-1', 0, 2, 9)).toEqual([
      { digest: old.digest, index: 0 },
      { digest: newest.digest, index: 1 },
    ]);
    expect(await insertBatches(database, [old])).toEqual(new Set());
    await database.close();
  });
});

describe('partitions', () => {
  const now = Date.UTC(2026, 5, 15, 9);
  const today = now / DAY_MS;

  test('of days that are over go, each table by its own time; late rows go too', async () => {
    await ensurePartitionsBetween(database, Math.floor(today) - 40, Math.floor(today) + 1);
    const ages = [0, 6.9, 13.9, 14.9, 39, 60];
    const rounds = ages.map((age) => roundRow({ id: newId(now - age * DAY_MS) }));
    await insertRounds(database, rounds);
    await insertResults(
      database,
      rounds.flatMap(({ id }) => batchOf(resultOf({ round: id })).rows),
    );
    await sql.rows(
      `insert into verdict_minute
       select 'm', $1::timestamptz - d * interval '1 day', 1,0,0,0,0, 60000,0,0,0,0
         from unnest($2::float8[]) as d`,
      [new Date(now), ages],
    );
    const other = await openDatabase({ url });
    await Promise.all([
      applyRetention(database, KEEP, now),
      applyRetention(other, { ...KEEP, rawDays: 14 }, now),
    ]);
    await other.close();
    await applyRetention(database, KEEP, now);
    const left = rounds.slice(0, 3).map(({ id }) => id);
    expect((await sql.rows<{ id: string }>('select id from round order by id desc')).length).toBe(
      left.length,
    );
    expect(
      (
        await selectResults(
          database,
          rounds.map(({ id }) => id),
        )
      ).length,
    ).toBe(left.length);
    expect(await sql.count('verdict_minute')).toBe(2);
    expect(await sql.count('kept_round')).toBe(0);
    expect(await sql.count('pg_inherits', "inhparent = 'round'::regclass")).toBe(17);
  });

  test('in use are left for the next time', async () => {
    const release = await sql.hold('select 1 from round');
    await expect(applyRetention(database, KEEP, now + 5 * DAY_MS)).rejects.toMatchObject({
      code: 'postgres.unavailable',
    });
    await release();
    expect(await applyRetention(database, KEEP, now + 5 * DAY_MS)).toBeGreaterThan(0);
  });
});

const network = await testNetwork();
const { url } = await createTestDatabase();
const database = await openDatabase({ url });
const sql = new Sql(url);
beforeAll(() => migrate(database));
afterAll(async () => {
  await database.close();
  await sql.close();
});
