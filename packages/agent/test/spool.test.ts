import {
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NewBatch } from '../src/spool/file.ts';
import { Spool } from '../src/spool/spool.ts';
import { logTo, type LogLine } from './kit/network.ts';

const MAX_BYTES = 100_000;

let folder: string;
let lines: LogLine[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tm-spool-'));
  lines = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const openSpool = (maxBytes = MAX_BYTES): Promise<Spool> =>
  Spool.open(folder, maxBytes, logTo(lines));

/** A digest that tells its number. */
const digestOf = (seq: number): string => seq.toString(16).padStart(64, '0');

function batch(seq: number, bytes = 100): NewBatch {
  const message = new Uint8Array(bytes).fill(seq % 256);
  return { seq, shard: seq % 16, digest: digestOf(seq), message };
}

const files = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.spool')).toSorted();

const numbers = (spool: Spool): number[] => spool.unsettled().map(({ seq }) => seq);

describe('what is kept', () => {
  test('is found again, in order, with the end of the chain', async () => {
    const spool = await openSpool();
    expect(spool.head).toBeNull();
    await spool.keep([batch(1), batch(2)]);
    await spool.keep([batch(3)]);

    const again = await openSpool();
    expect(again.head).toEqual({ seq: 3, digest: digestOf(3) });
    expect(numbers(again)).toEqual([1, 2, 3]);
    expect(again.bytes).toBe(spool.bytes);
    for (const kept of again.unsettled()) {
      expect(await again.read(kept)).toEqual(Buffer.from(batch(kept.seq).message));
    }
  });

  test('is readable by its owner only', async () => {
    const spool = await openSpool();
    await spool.keep([batch(1)]);
    for (const name of [...(await files()), '.', 'refused', 'damaged']) {
      expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
    }
  });

  test('goes when all of its file is settled, except the newest file', async () => {
    const spool = await openSpool();
    await spool.keep([batch(1), batch(2)]);
    await spool.keep([batch(3)]);
    spool.settle({ seq: 1, shard: 1, digest: digestOf(1) });
    expect(await files()).toHaveLength(2);
    spool.settle({ seq: 2, shard: 2, digest: digestOf(2) });
    await vi.waitFor(async () => expect(await files()).toHaveLength(1));
    spool.settle({ seq: 3, shard: 3, digest: digestOf(3) });
    expect(await files()).toHaveLength(1);
    expect(numbers(spool)).toEqual([]);
    expect((await openSpool()).head?.seq).toBe(3);

    await spool.keep([batch(4)]);
    await vi.waitFor(async () => expect(await files()).toHaveLength(1));
    expect((await openSpool()).head?.seq).toBe(4);
  });
});

describe('what cannot be kept', () => {
  test('is refused as a whole when the spool is full, until there is room', async () => {
    const spool = await openSpool(2_000);
    await spool.keep([batch(1, 700)]);
    await spool.keep([batch(2, 500)]);
    await expect(spool.keep([batch(3, 700), batch(4, 1)])).rejects.toMatchObject({
      code: 'data.unwritable',
    });
    expect(spool.head?.seq).toBe(2);
    spool.settle({ seq: 1, shard: 1, digest: digestOf(1) });
    await spool.keep([batch(3, 700)]);
    expect(numbers(await openSpool())).toEqual([2, 3]);
  });

  test('leaves nothing behind when the disk fails, and works when it is mended', async () => {
    const spool = await openSpool();
    await spool.keep([batch(1)]);
    await rename(folder, `${folder}-gone`);
    await expect(spool.keep([batch(2)])).rejects.toMatchObject({ code: 'data.unwritable' });
    await rename(`${folder}-gone`, folder);
    expect(spool.head?.seq).toBe(1);
    await spool.keep([batch(2)]);
    expect(numbers(await openSpool())).toEqual([1, 2]);
  });
});

describe('damage', () => {
  async function threeFiles(): Promise<[string, string, string]> {
    const spool = await openSpool();
    await spool.keep([batch(1)]);
    await spool.keep([batch(2), batch(3)]);
    await spool.keep([batch(4)]);
    return (await files()).map((name) => join(folder, name)) as [string, string, string];
  }

  async function flipByteOf(path: string, position: (length: number) => number): Promise<void> {
    const bytes = await readFile(path);
    const at = position(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }

  test.each([
    ['in a message', (path: string) => flipByteOf(path, (length) => length - 1)],
    ['in the description', (path: string) => flipByteOf(path, () => 120)],
    ['in the first line', (path: string) => flipByteOf(path, () => 3)],
    ['cut short', async (path: string) => truncate(path, (await stat(path)).size - 1)],
    ['emptied', (path: string) => truncate(path, 0)],
  ])('%s puts the file aside, and the rest goes on', async (_what, damage) => {
    const [, second] = await threeFiles();
    await damage(second);
    const spool = await openSpool();
    expect(numbers(spool)).toEqual([1, 4]);
    expect(spool.head?.seq).toBe(4);
    expect(await readdir(join(folder, 'damaged'))).toHaveLength(1);
    expect(lines.some(({ msg }) => msg.includes('damaged'))).toBe(true);
  });

  test('of the newest file does not lose the end of the chain, not even twice', async () => {
    const [, , newest] = await threeFiles();
    await truncate(newest, 10);
    expect((await openSpool()).head).toEqual({ seq: 4, digest: digestOf(4) });
    const spool = await openSpool();
    expect(spool.head).toEqual({ seq: 4, digest: digestOf(4) });
    await spool.keep([batch(5)]);
    expect((await openSpool()).head?.seq).toBe(5);
  });

  test('while running is found when the batch is read', async () => {
    const spool = await openSpool();
    const [kept] = await spool.keep([batch(1)]);
    const [name = ''] = await files();
    await flipByteOf(join(folder, name), (length) => length - 1);
    expect(await spool.read(kept!)).toBeNull();
    expect(numbers(spool)).toEqual([]);
  });

  test('drafts of a crash, and files of others, are no batches', async () => {
    const spool = await openSpool();
    await spool.keep([batch(1)]);
    await writeFile(join(folder, `${String(2).padStart(16, '0')}.spool.tmp`), 'half a fi');
    await writeFile(join(folder, 'README'), 'not ours');
    const again = await openSpool();
    expect(numbers(again)).toEqual([1]);
    expect(again.head?.seq).toBe(1);
    expect((await readdir(folder)).some((name) => name.endsWith('.tmp'))).toBe(false);
  });
});

test('refused batches are set aside, in bounds, oldest out first', async () => {
  const spool = await openSpool(16_000);
  for (let seq = 1; seq <= 6; seq += 1) {
    const [kept] = await spool.keep([batch(seq, 600)]);
    await spool.setAside(kept!);
  }
  const names = (await readdir(join(folder, 'refused'))).toSorted();
  expect(names.map((name) => Number(name.slice(0, 16)))).toEqual([4, 5, 6]);
  expect(numbers(spool)).toEqual([]);
});

test('a folder that cannot be used is refused by name', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(Spool.open(file, MAX_BYTES, pino({ level: 'silent' }))).rejects.toMatchObject({
    code: 'data.unwritable',
    where: file,
  });
});
