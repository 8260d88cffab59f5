import { expect, test } from 'vitest';
import { Backlog, type Waiting } from '../../src/backlog.ts';

const batch = (arrivedAtMs: number, bytes = 10, agent = `agent-${arrivedAtMs}`) => ({
  agent,
  shard: 0,
  message: new Uint8Array(bytes),
  arrivedAtMs,
});

test('gives batches back in order, and knows the oldest that is left', () => {
  const backlog = new Backlog<Waiting>();
  expect(backlog.oldestAtMs).toBeNull();
  for (const at of [1, 2, 3]) backlog.add(batch(at));
  expect(backlog.take(2, 1_000).map(({ arrivedAtMs }) => arrivedAtMs)).toEqual([1, 2]);
  expect(backlog.oldestAtMs).toBe(3);
  expect(backlog.size).toBe(1);
});

test('is bounded in number', () => {
  const backlog = new Backlog<Waiting>();
  const taken = Array.from({ length: 2_500 }, (_, i) => backlog.add(batch(i))).filter(Boolean);
  expect(taken).toHaveLength(2_000);
});

test('is bounded in bytes, and takes more when some were taken out', () => {
  const backlog = new Backlog<Waiting>();
  const mebibyte = 1024 * 1024;
  let added = 0;
  while (backlog.add(batch(added, mebibyte))) added += 1;
  expect(added).toBe(64);
  backlog.take(1, 1);
  expect(backlog.add(batch(0, mebibyte))).toBe(true);
});

test('leaves room for others when one agent floods it, in number and in bytes', () => {
  const mebibyte = 1024 * 1024;
  for (const [bytes, most] of [
    [10, 256],
    [mebibyte, 16],
  ] as const) {
    const backlog = new Backlog<Waiting>();
    let added = 0;
    while (backlog.add(batch(added, bytes, 'flooding'))) added += 1;
    expect(added).toBe(most);
    expect(backlog.add(batch(0, bytes, 'other'))).toBe(true);
    backlog.take(1, bytes);
    expect(backlog.add(batch(0, bytes, 'flooding'))).toBe(true);
  }
});

test('gives no more bytes at once than asked for, and one batch at least', () => {
  const backlog = new Backlog<Waiting>();
  for (const at of [1, 2, 3, 4]) backlog.add(batch(at, 10));
  expect(backlog.take(100, 25).map(({ arrivedAtMs }) => arrivedAtMs)).toEqual([1, 2]);
  expect(backlog.take(100, 5)).toHaveLength(1);
  expect(backlog.size).toBe(1);
});
