/** Who may decide: fencing between coordinators, also of one that is paused in a transaction. */
import { describe, expect, test } from 'vitest';
import {
  deregister,
  evictNamesakes,
  register,
  selectLiveCoordinators,
} from '../../src/store/coordinators.ts';
import {
  holdShards,
  noteTurn,
  releaseShards,
  renewShards,
  selectLeases,
  takeShards,
} from '../../src/store/lease.ts';
import { testStore } from '../support/database.ts';

const TTL_SECONDS = 10;
const store = await testStore();
const [first, second] = [await store.open(), await store.open()];

const take = (db: typeof first, owner: string, ...shards: number[]) =>
  takeShards(db, owner, shards, TTL_SECONDS);
const held = (db: typeof first, owner: string, epochs: ReadonlyMap<number, number>) =>
  db.transaction(async (tx) => [...(await holdShards(tx, owner, epochs))]);
/** As if nobody had renewed for long. */
const expire = (...shards: number[]) =>
  first.query(`update shard set expires_at = now() where id = any($1::smallint[])`, [shards]);

test('only what is free is taken, and each taking raises the epoch of its shard alone', async () => {
  const a = await take(first, 'a', 1, 2, 3);
  expect([...a.keys()].toSorted()).toEqual([1, 2, 3]);
  expect((await take(second, 'b', 2, 3, 4)).size).toBe(1);
  await expire(2);
  const b = await take(second, 'b', 1, 2);
  expect([...b]).toEqual([[2, (a.get(2) ?? 0) + 1]]);
  // Neither an old epoch nor another name will do.
  expect(await held(first, 'a', a)).toEqual([1, 3]);
  expect(await held(first, 'a', b)).toEqual([]);
  expect(await held(second, 'b', b)).toEqual([2]);
  expect(await held(second, 'b', new Map([[2, a.get(2) ?? 0]]))).toEqual([]);
});

test('what ran out and nobody took is renewed under its epoch', async () => {
  const a = await take(first, 'renewing', 5, 6);
  await expire(5, 6);
  await take(second, 'b', 6);
  expect(await renewShards(first, 'renewing', TTL_SECONDS)).toEqual(new Map([[5, a.get(5)]]));
  expect((await take(second, 'b', 5)).size).toBe(0);
  await releaseShards(first, 'renewing', [5, 6]);
  expect([...(await take(second, 'b', 5)).keys()]).toEqual([5]);
  const { leases, nowMs } = await selectLeases(first);
  expect(leases).toHaveLength(16);
  expect(leases[5]?.owner).toBe('b');
  expect(leases[5]?.expiresAtMs).toBeGreaterThan(nowMs);
});

test('a takeover passes over what a transaction decides about, and a renewal does not wait', async () => {
  const a = await take(first, 'a', 7);
  await expire(7);
  await first.transaction(async (tx) => {
    expect([...(await holdShards(tx, 'a', a))]).toEqual([7]);
    expect((await take(second, 'b', 7)).size).toBe(0);
    expect((await renewShards(second, 'a', TTL_SECONDS)).has(7)).toBe(true);
  });
  await expire(7);
  expect((await take(second, 'b', 7)).size).toBe(1);
  expect(await held(first, 'a', a)).toEqual([]);
});

test('one that is paused inside its transaction is broken off, and its writes with it', async () => {
  const paused = await store.open({ idleInTransactionMs: 300 });
  const epochs = await take(paused, 'paused', 8);
  await store.database.query('create table if not exists written (by_whom text)');
  await expire(8);
  const writing = paused.transaction(async (tx) => {
    await holdShards(tx, 'paused', epochs);
    await tx.query("insert into written values ('paused')");
    // Paused here: the takeover can only come through once the server has had enough.
    while ((await take(second, 'b', 8)).size === 0);
    await tx.query("insert into written values ('paused, later')");
  });
  await expect(writing).rejects.toMatchObject({ code: 'postgres.unavailable' });
  expect((await second.query('select * from written')).rows).toEqual([]);
  // The pool gives a new connection.
  expect((await paused.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

describe('a turn', () => {
  const note = (coordinator: string, turn: number) =>
    first.transaction((tx) => noteTurn(tx, coordinator, turn));

  test('is noted once for each coordinator, and the next one again', async () => {
    expect(await note('a', 1)).toBe(true);
    expect(await note('a', 1)).toBe(false);
    expect(await note('b', 1)).toBe(true);
    expect(await note('a', 2)).toBe(true);
    expect(await note('a', 1)).toBe(false);
  });

  test('that is rolled back was never noted', async () => {
    const failing = first.transaction(async (tx) => {
      await noteTurn(tx, 'c', 1);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await note('c', 1)).toBe(true);
  });
});

test('a coordinator lives while it renews, and ends an earlier one of its name', async () => {
  const registered = () => selectLiveCoordinators(first, TTL_SECONDS, TTL_SECONDS / 2);
  const live = async () => (await registered()).map(({ id }) => id);
  await register(first, { id: 'x', name: 'host:7070' }, 'there', TTL_SECONDS);
  await register(first, { id: 'y', name: 'other:7070' }, 'there', TTL_SECONDS);
  await register(first, { id: 'y', name: 'other:7070' }, 'away', TTL_SECONDS);
  // As a release that says nothing of its broker registers: by its silence it has one.
  await first.query(
    `insert into coordinator (id, name, expires_at)
     values ('older', 'older:7070', now() + interval '10 s')`,
  );
  expect(await registered()).toEqual([
    { id: 'older', broker: 'there' },
    { id: 'x', broker: 'there' },
    { id: 'y', broker: 'away' },
  ]);
  await deregister(first, 'older');
  const x = await take(first, 'x', 10, 11);
  await evictNamesakes(first, { id: 'z', name: 'host:7070' });
  expect(await live()).toEqual(['y']);
  expect([...(await take(second, 'z', 10, 11)).keys()].toSorted()).toEqual([10, 11]);
  expect(await held(first, 'x', x)).toEqual([]);
  await deregister(first, 'y');
  expect(await live()).toEqual([]);
});
