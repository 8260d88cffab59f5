/** The agent as a witness: what it cosigns, what it refuses, and that it never forgets. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addSignatureLines,
  consistencyProof,
  cosignatureTime,
  digestOf,
  encodeBase64,
  encodeHex,
  encodeUtf8,
  inclusionProof,
  leafHash,
  noteKeyOf,
  parseNote,
  signCheckpoint,
  treeHead,
} from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import type { WitnessReply, WitnessRequest } from '@trustmonitor/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readMemory } from '../src/witness/memory.ts';
import { Seen } from '../src/witness/seen.ts';
import { Witness } from '../src/witness/witness.ts';
import { logTo, type LogLine } from './kit/network.ts';

const ORIGIN = 'trustmonitor/test/log';
const NAME = 'trustmonitor/test/witness/eu-1';
const logSigner = generateSigner();
const logKey = noteKeyOf(ORIGIN, 'ed25519', logSigner.publicKey);
const signer = generateSigner();
const own = noteKeyOf(NAME, 'cosignature', signer.publicKey);
const MINUTE_MS = 60_000;

/** A log of leaves that a test can grow, fork and roll back. */
class TestLog {
  readonly leaves: Uint8Array[];

  constructor(leaves: readonly Uint8Array[] = []) {
    this.leaves = [...leaves];
  }

  grow(...texts: readonly string[]): this {
    this.leaves.push(...texts.map((text) => leafHash(encodeUtf8(text))));
    return this;
  }

  note(key = logSigner): string {
    return signCheckpoint(
      { origin: ORIGIN, size: this.leaves.length, root: treeHead(this.leaves) },
      key,
    );
  }

  request(oldSize: number, batches: WitnessRequest['batches'] = []): WitnessRequest {
    const proof = oldSize <= this.leaves.length ? consistencyProof(this.leaves, oldSize) : [];
    const consistency = proof.map((hash) => encodeBase64(hash));
    return { v: 1, note: this.note(), oldSize, consistency, batches };
  }

  proves(batch: string, index: number): WitnessRequest['batches'][number] {
    const path = inclusionProof(this.leaves, index).map((hash) => encodeBase64(hash));
    return { batch, index, path };
  }
}

let folder: string;
let file: string;
let now: number;
let lines: LogLine[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tm-witness-'));
  file = join(folder, 'witness.json');
  now = 1_800_000_000_000;
  lines = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A witness as it starts on what the folder remembers. */
async function witness(): Promise<Witness> {
  const memory = await readMemory(file);
  const log = logTo(lines);
  return new Witness({
    agent: 'eu-1',
    name: NAME,
    signer,
    logKey,
    memory,
    file,
    now: () => now,
    log,
  });
}

function expectCosigned(reply: WitnessReply, request: WitnessRequest): void {
  expect(reply).toMatchObject({ status: 200, agent: 'eu-1' });
  const note = parseNote(addSignatureLines(request.note, [reply.line ?? '']));
  expect(cosignatureTime(note, own, nodeVerifier)).toBe(now / 1_000);
}

describe('a log that only grows', () => {
  test('is cosigned, from nothing on, as often as it is asked', async () => {
    const it = await witness();
    const log = new TestLog().grow('a', 'b', 'c');
    const first = log.request(0);
    expectCosigned(await it.answer(first), first);
    const again = log.request(3);
    expectCosigned(await it.answer(again), again);
    log.grow('d', 'e');
    const grown = log.request(3);
    expectCosigned(await it.answer(grown), grown);
  });

  test('tells a coordinator that has forgotten where to start from', async () => {
    const it = await witness();
    const log = new TestLog().grow('a', 'b');
    await it.answer(log.request(0));
    log.grow('c');
    expect(await it.answer(log.request(0))).toMatchObject({ status: 409, size: 2, line: null });
    const right = log.request(2);
    expectCosigned(await it.answer(right), right);
  });
});

describe('what is refused', () => {
  test('a fork: another history of the same size, or behind it', async () => {
    const it = await witness();
    const log = new TestLog().grow('a', 'b', 'c');
    await it.answer(log.request(0));
    const forked = new TestLog(log.leaves.slice(0, 2)).grow('x');
    expect(await it.answer(forked.request(3))).toMatchObject({ status: 422, size: 3, line: null });
    forked.grow('y', 'z');
    expect(await it.answer(forked.request(3))).toMatchObject({ status: 422, size: 3, line: null });
    expect(lines.some(({ msg }) => msg === 'checkpoint not cosigned')).toBe(true);
    const honest = log.grow('d').request(3);
    expectCosigned(await it.answer(honest), honest);
  });

  test('a rollback', async () => {
    const it = await witness();
    const log = new TestLog().grow('a', 'b', 'c');
    await it.answer(log.request(0));
    const back = new TestLog(log.leaves.slice(0, 1));
    const { status, line } = await it.answer(back.request(1));
    expect({ status, line }).toEqual({ status: 409, line: null });
    expect(await it.answer({ ...back.request(0), oldSize: 3 })).toMatchObject({ status: 400 });
  });

  test.each([
    ['a note of another key', (log: TestLog) => log.note(generateSigner()), 403],
    ['a note that is none', () => 'nothing\n', 400],
    [
      'a note of another log',
      () => signCheckpoint({ origin: 'other/log', size: 0, root: treeHead([]) }, logSigner),
      404,
    ],
  ])('%s', async (_what, note, status) => {
    const it = await witness();
    const log = new TestLog().grow('a');
    const reply = await it.answer({ ...log.request(0), note: note(log) });
    expect(reply).toMatchObject({ status, size: 0, line: null });
  });

  test('a log without a batch of ours that was receipted', async () => {
    const it = await witness();
    const log = new TestLog().grow('a');
    const batch = digestOf(encodeUtf8('batch'));
    it.owe(batch, encodeHex(leafHash(encodeUtf8('our batch'))));
    const soon = log.request(0);
    expectCosigned(await it.answer(soon), soon);
    now += 2 * MINUTE_MS;
    log.grow('b');
    const reply = await it.answer(log.request(1));
    expect(reply).toMatchObject({ status: 422, line: null });
    expect(reply.reason).toContain(batch);

    const claimed = log.request(1, [log.proves(batch, 1)]);
    expect(await it.answer(claimed)).toMatchObject({ status: 422 });
    log.grow('our batch');
    const proved = log.request(1, [log.proves(batch, 2)]);
    expectCosigned(await it.answer(proved), proved);
    const after = log.grow('c').request(3);
    expectCosigned(await it.answer(after), after);
  });
});

describe('its memory', () => {
  test('is on disk before the cosignature leaves, and outlives the process', async () => {
    const log = new TestLog().grow('a', 'b', 'c');
    const before = await witness();
    const batch = digestOf(encodeUtf8('batch'));
    before.owe(batch, encodeHex(leafHash(encodeUtf8('our batch'))));
    await before.answer(log.request(0));
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ size: 3 });

    const after = await witness();
    const forked = new TestLog(log.leaves.slice(0, 1)).grow('x', 'y');
    expect(await after.answer(forked.request(3))).toMatchObject({ status: 422, size: 3 });
    now += 2 * MINUTE_MS;
    expect(await after.answer(log.grow('d').request(3))).toMatchObject({
      status: 422,
      missing: [batch],
    });
  });

  test('that cannot be written makes it refuse', async () => {
    const it = await witness();
    await rm(folder, { recursive: true });
    const log = new TestLog().grow('a');
    expect(await it.answer(log.request(0))).toMatchObject({ status: 400, size: 0, line: null });
  });

  test('that is damaged is not taken for an empty one', async () => {
    await writeFile(file, '{"size":3}');
    await expect(readMemory(file)).rejects.toMatchObject({
      code: 'message.malformed',
      where: file,
    });
  });

  test('requests that come together are judged one after the other', async () => {
    const it = await witness();
    const log = new TestLog().grow('a');
    const fork = new TestLog().grow('x');
    const replies = await Promise.all([it.answer(log.request(0)), it.answer(fork.request(0))]);
    expect(replies.map(({ status }) => status)).toEqual([200, 409]);
  });
});

describe('what it has seen', () => {
  test('is the newest note that the log signed and it cosigned itself', async () => {
    const it = await witness();
    const seen = new Seen(logKey, own);
    const log = new TestLog().grow('a');
    const request = log.request(0);
    expect(seen.take(request.note)).toBe(false);
    const { line } = await it.answer(request);
    const cosigned = addSignatureLines(request.note, [line ?? '']);
    expect(seen.take(cosigned)).toBe(true);
    expect(seen.newest).toEqual({
      size: 1,
      root: encodeHex(treeHead(log.leaves)),
      note: digestOf(encodeUtf8(cosigned)),
    });
    expect(seen.take(cosigned)).toBe(false);
    expect(seen.take('rubbish')).toBe(false);
  });
});
