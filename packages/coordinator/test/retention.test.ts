/** What is dropped when its time is over, and what is proven long after. */
import { createTestDatabase } from '@trustmonitor/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyRetention } from '../src/retention.ts';
import { openDatabase } from '../src/store/database.ts';
import {
  insertCheckpoint,
  insertLogEntries,
  selectAgentBatchIndexes,
  selectCosignedPlaces,
  selectNotes,
  updateCosigned,
  type LogKind,
} from '../src/store/log.ts';
import { migrate } from '../src/store/migrate.ts';
import { DAY_MS, ensurePartitionsBetween } from '../src/store/partitions.ts';
import { insertBatches, insertResults, selectResults } from '../src/store/results.ts';
import { sweepCheckpoints } from '../src/store/retention.ts';
import { insertRounds } from '../src/store/rounds.ts';
import { Sql } from './support/database.ts';
import { testNetwork } from './support/network.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';
import { batchAfter, batchOf, newId, resultOf, roundRow } from './store/rows.ts';

const KEEP = { rawDays: 14, minuteDays: 7, hourDays: 180, deliveryDays: 90 };

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

describe('heads of the log', () => {
  const DIGEST = (n: number): string => n.toString(16).padStart(64, '0');
  const noteOf = (size: number): string => DIGEST(1_000 + size);
  const sizes = async (): Promise<number[]> =>
    (await sql.rows<{ size: string }>('select size from checkpoint order by size')).map((row) =>
      Number(row.size),
    );

  /** One of each size, cosigned but for those named, of a month ago. */
  async function signHeads(count: number, alone: readonly number[]): Promise<void> {
    for (let size = 1; size <= count; size++) {
      const note = `note of ${size}`;
      await insertCheckpoint(database, { size, root: Buffer.alloc(32, size), note });
      if (alone.includes(size)) continue;
      const cosigned = `${note}, cosigned`;
      const noteDigest = noteOf(size);
      await updateCosigned(database, { size, cosigned, noteDigest, cosignedAtMs: 0 });
    }
    await sql.rows("update checkpoint set created_at = now() - interval '30 days'");
  }

  test('go but for those that prove or are named by what is still there, and one of each pass', async () => {
    const old = Date.now() - 15 * DAY_MS;
    const stays = batchOf(resultOf()).batch;
    const seen = { size: 6, root: DIGEST(6), note: noteOf(6) };
    const names = batchAfter(seen, resultOf()).batch;
    await insertBatches(database, [stays, names]);
    const leaves: [LogKind, string][] = [
      ['record', DIGEST(0)],
      ['batch', DIGEST(1)],
      ['batch', stays.digest],
      ['record', DIGEST(3)],
      ...[4, 5, 6, 7, 8].map((n): [LogKind, string] => ['batch', DIGEST(n)]),
    ];
    const body = new Uint8Array(1);
    await insertLogEntries(
      database,
      leaves.map(([kind, digest], index) => ({ index, kind, digest, body })),
    );
    await signHeads(11, [4, 11]);
    const needed = [DIGEST(0), DIGEST(3), stays.digest];
    const look = async () => [
      await selectCosignedPlaces(database, needed),
      [...(await selectNotes(database, [seen.note])).values()],
    ];
    const before = await look();
    // What another release left: nobody knows who names it.
    await sql.rows('update checkpoint set may_go = false where size = 2');
    expect(await sweepCheckpoints(database, old, 5)).toBe(5);
    // 4 has no cosignature: 5 is the first over the second record.
    expect(await sizes()).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
    // Of 7, 8 and 9, which nothing needs, the last stays: it is that of its pass.
    expect(await sweepCheckpoints(database, old, 5)).toBe(3);
    expect(await sizes()).toEqual([1, 2, 3, 5, 6, 9, 10, 11]);
    expect(await sweepCheckpoints(database, old, 5)).toBe(0);
    expect(await look()).toEqual(before);
    // In its turn, with everything else: the newest still stands.
    await applyRetention(database, KEEP, Date.now());
    expect(await sizes()).toEqual([1, 2, 3, 5, 6, 9, 10, 11]);
  });
});

test('messages go when they were done with long enough ago, and never while they wait', async () => {
  const done = (column: string | null, days: number) =>
    sql.rows(
      `insert into outbox (channel, payload, created_at${column === null ? '' : `, ${column}`})
       values ($1, '{}', now() - interval '1 year'${column === null ? '' : `, now() - $2 * interval '1 day'`})`,
      [`${column ?? 'waiting'} ${days}`, ...(column === null ? [] : [days])],
    );
  for (const days of [80, 92]) {
    await done('delivered_at', days);
    await done('given_up_at', days);
  }
  await done(null, 0);
  await applyRetention(database, KEEP, Date.now());
  const left = await sql.rows<{ channel: string }>('select channel from outbox order by channel');
  expect(left.map(({ channel }) => channel)).toEqual([
    'delivered_at 80',
    'given_up_at 80',
    'waiting 0',
  ]);
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
