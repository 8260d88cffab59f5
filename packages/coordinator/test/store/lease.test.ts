/** Who may decide: fencing between coordinators, also of one that is paused in a transaction. */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { holdLease, holdsLease, noteTurn, takeAllShards } from '../../src/store/lease.ts';
import { testStore } from '../support/database.ts';

const store = await testStore();
const [first, second] = [await store.open(), await store.open()];
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (isTrustMonitorError(error) ? error.code : String(error)),
  );

const turnOf = (db: typeof first, owner: string, epoch: number, turn: number): Promise<boolean> =>
  db.transaction(async (tx) => {
    await holdLease(tx, owner, epoch);
    return noteTurn(tx, turn);
  });

test('the one who took it last has it, and the one before can write nothing more', async () => {
  const epoch = await takeAllShards(first, 'a');
  expect(await codeOf(first.transaction((tx) => holdLease(tx, 'a', epoch)))).toBe('done');
  const later = await takeAllShards(second, 'b');
  expect(later).toBeGreaterThan(epoch);
  expect(await codeOf(first.transaction((tx) => holdLease(tx, 'a', epoch)))).toBe('lease.lost');
  expect(await codeOf(second.transaction((tx) => holdLease(tx, 'b', later)))).toBe('done');
  expect(await holdsLease(first, 'a', epoch)).toBe(false);
  expect(await holdsLease(first, 'b', later)).toBe(true);
  // Neither an old epoch nor another name will do.
  expect(await codeOf(second.transaction((tx) => holdLease(tx, 'b', epoch)))).toBe('lease.lost');
  expect(await codeOf(second.transaction((tx) => holdLease(tx, 'a', later)))).toBe('lease.lost');
});

test('two that take it together: one has it, and no epoch is given twice', async () => {
  const [a, b] = await Promise.all([takeAllShards(first, 'a'), takeAllShards(second, 'b')]);
  expect(a).not.toBe(b);
  const held = [await holdsLease(first, 'a', a), await holdsLease(first, 'b', b)];
  expect(held.filter(Boolean)).toHaveLength(1);
});

test('a takeover waits for the transaction under way, and comes before any later one', async () => {
  const epoch = await takeAllShards(first, 'a');
  const order: string[] = [];
  let takeover: Promise<number> | undefined;
  await first.transaction(async (tx) => {
    await holdLease(tx, 'a', epoch);
    takeover = takeAllShards(second, 'b').then((taken) => {
      order.push('taken');
      return taken;
    });
    await waitingFor(first);
    order.push('written');
  });
  await takeover;
  expect(order).toEqual(['written', 'taken']);
  expect(await codeOf(first.transaction((tx) => holdLease(tx, 'a', epoch)))).toBe('lease.lost');
});

test('one that is paused inside its transaction is broken off, and its writes with it', async () => {
  const paused = await store.open({ idleInTransactionMs: 300 });
  const epoch = await takeAllShards(paused, 'a');
  await store.database.query('create table if not exists written (by_whom text)');
  const writing = paused.transaction(async (tx) => {
    await holdLease(tx, 'a', epoch);
    await tx.query("insert into written values ('a')");
    // Paused here: the takeover can only come through once the server has had enough.
    await takeAllShards(second, 'b');
    await tx.query("insert into written values ('a, later')");
  });
  expect(await codeOf(writing)).toBe('postgres.unavailable');
  expect((await second.query('select * from written')).rows).toEqual([]);
  // The pool gives a new connection.
  expect((await paused.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

describe('a turn', () => {
  test('is noted once, and the next one again', async () => {
    const epoch = await takeAllShards(first, 'a');
    expect(await turnOf(first, 'a', epoch, 1)).toBe(true);
    expect(await turnOf(first, 'a', epoch, 1)).toBe(false);
    expect(await turnOf(first, 'a', epoch, 2)).toBe(true);
    expect(await turnOf(first, 'a', epoch, 1)).toBe(false);
  });

  test('of the next holder begins anew', async () => {
    const epoch = await takeAllShards(second, 'b');
    expect(await turnOf(second, 'b', epoch, 1)).toBe(true);
  });

  test('that is rolled back was never noted', async () => {
    const epoch = await takeAllShards(first, 'a');
    const failing = first.transaction(async (tx) => {
      await holdLease(tx, 'a', epoch);
      await noteTurn(tx, 1);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await turnOf(first, 'a', epoch, 1)).toBe(true);
  });
});

/** Resolves once somebody waits for a lock of another transaction. */
async function waitingFor(db: typeof first): Promise<void> {
  for (;;) {
    const { rows } = await db.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (rows.length > 0) return;
  }
}
