/** What the log page works out: whether a log is still what it was, and lists in pages. */
import {
  EMPTY_TREE,
  appendLeaves,
  headOf,
  leafHash,
  parseTilePath,
  signCheckpoint,
  signerFromSeed,
} from '@trustmonitor/evidence';
import { describe, expect, test } from 'vitest';
import { checkConsistency, type TileReader } from '../src/evidence/consistency.ts';
import { readUpTo } from '../src/model/paged.ts';

const signer = signerFromSeed(new Uint8Array(32).fill(7));
const HASH_BYTES = 32;

/** A log of these leaves: its checkpoints, and its tiles as they are once it has all of them. */
function logOf(leaves: readonly string[], origin = 'test/log') {
  const hashes = leaves.map((leaf) => leafHash(new TextEncoder().encode(leaf)));
  const levels = new Map<number, Uint8Array[]>();
  for (const { level, hashes: row } of appendLeaves(EMPTY_TREE, hashes).rows) {
    levels.set(level, [...(levels.get(level) ?? []), ...row]);
  }
  const note = (size: number) => {
    const root = headOf(appendLeaves(EMPTY_TREE, hashes.slice(0, size)).tree);
    return signCheckpoint({ origin, size, root }, signer);
  };
  const asked: string[] = [];
  const tileAt: TileReader = (path) => {
    asked.push(path);
    const { level, index, width } = parseTilePath(path);
    const row = levels.get(Number(level))?.slice(index * 256, index * 256 + width) ?? [];
    return Promise.resolve(
      row.length < width ? null : Uint8Array.from(row.flatMap((hash) => [...hash])),
    );
  };
  return { note, tileAt, asked };
}

const leaves = (count: number, change: readonly number[] = []): string[] =>
  Array.from({ length: count }, (_, i) => (change.includes(i) ? `other ${i}` : `leaf ${i}`));

describe('a log', () => {
  const log = logOf(leaves(1_000));

  test.each([
    [1, 2],
    [255, 256],
    [256, 257],
    [300, 700],
    [512, 1_000],
    [999, 1_000],
  ])('that grew from %i to %i leaves is consistent', async (from, to) => {
    const found = await checkConsistency(log.note(from), log.note(to), log.tileAt);
    expect(found).toEqual({ holds: true, from, to });
  });

  test('that has not grown needs no tile to say so', async () => {
    const { asked, note, tileAt } = logOf(leaves(5));
    expect(await checkConsistency(note(5), note(5), tileAt)).toMatchObject({ holds: true });
    expect(asked).toEqual([]);
  });

  test.each([
    ['the first leaf', 0],
    ['the last that was seen', 299],
  ])('that changed %s is found out by its own tiles', async (_, at) => {
    const forked = logOf(leaves(1_000, [at]));
    const seen = log.note(300);
    const found = await checkConsistency(seen, forked.note(1_000), forked.tileAt);
    expect(found).toEqual({ holds: false, why: expect.stringContaining('not the first 300 of') });
    // Nor do tiles help that are not those of the head it shows, whichever of the two they are of.
    expect(await checkConsistency(seen, forked.note(1_000), log.tileAt)).toMatchObject({
      holds: false,
    });
  });

  test('that changed what nobody had seen is as it was', async () => {
    const forked = logOf(leaves(1_000, [300]));
    const found = await checkConsistency(log.note(300), forked.note(1_000), forked.tileAt);
    expect(found).toMatchObject({ holds: true });
  });

  test.each([
    ['lost its end', log.note(299), log.tileAt, 'has 299 leaves; it had 300'],
    [
      'has another tree of its size',
      logOf(leaves(300, [5])).note(300),
      log.tileAt,
      'have the root',
    ],
    ['has another name', logOf(leaves(400), 'other/log').note(400), log.tileAt, 'calls itself'],
    ['hides a tile', log.note(700), () => Promise.resolve(null), 'does not show tile/'],
    [
      'cuts a tile',
      log.note(700),
      () => Promise.resolve(new Uint8Array(HASH_BYTES)),
      'shows less of tile/',
    ],
  ] as const)('that %s is found out', async (_, note, tileAt, why) => {
    const found = await checkConsistency(log.note(300), note, tileAt);
    expect(found).toEqual({ holds: false, why: expect.stringContaining(why) });
  });

  test('is not called rewritten where nobody answers, or what is shown is no checkpoint', async () => {
    const away: TileReader = () => Promise.reject(new Error('away'));
    await expect(checkConsistency(log.note(300), log.note(700), away)).rejects.toThrow('away');
    await expect(checkConsistency(log.note(300), 'x', log.tileAt)).rejects.toThrow('not signed');
  });
});

test('a list is read as far as somebody asks, in as few pages as it takes', async () => {
  const all = Array.from({ length: 450 }, (_, i) => i);
  const asked: string[] = [];
  const read = (path: string) => {
    asked.push(path);
    const { searchParams } = new URL(path, 'http://x');
    const start = Number(searchParams.get('cursor') ?? 0);
    const end = start + Number(searchParams.get('limit'));
    const nextCursor = end < all.length ? String(end) : null;
    return Promise.resolve({ data: all.slice(start, end), nextCursor });
  };
  const upTo = (most: number) => readUpTo(read, '/v1/things', { state: 'open' }, most);
  expect(await upTo(100)).toEqual({ rows: all.slice(0, 100), hasMore: true });
  expect(asked.splice(0)).toEqual(['/v1/things?state=open&limit=100']);
  expect(await upTo(300)).toEqual({ rows: all.slice(0, 300), hasMore: true });
  expect(asked.splice(0)).toEqual([
    '/v1/things?state=open&limit=200',
    '/v1/things?state=open&limit=100&cursor=200',
  ]);
  expect(await upTo(450)).toEqual({ rows: all, hasMore: false });
  expect(await upTo(900)).toEqual({ rows: all, hasMore: false });
});
