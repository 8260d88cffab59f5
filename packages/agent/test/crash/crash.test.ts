/**
 * Kills the sealing process at every step of a batch's life and lets the next one go on in the
 * same folder. Whatever was ever published, by all of them together, must be one chain.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openBatch, type OpenedBatch } from '@trustmonitor/evidence';
import { loadOrCreateSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ringOf } from '../kit/agent-key.ts';
import { aFailure, expectOneChain, someResult } from '../kit/results.ts';

const POINTS = [
  'before-write',
  'half-written',
  'after-write',
  'before-rename',
  'after-rename',
  'before-publishing',
  'after-publishing',
  'before-removal',
  'after-removal',
] as const;

let folder: string;
let keyFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tm-crash-'));
  keyFile = join(folder, 'vote.pem');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

interface Life {
  readonly signal: NodeJS.Signals | null;
  readonly published: readonly OpenedBatch[];
}

/** One life of the process; `end` is called when it is ready, and may end it. */
async function live(
  point: string,
  count: number,
  end: (child: ChildProcess) => void = () => undefined,
): Promise<Life> {
  const child = fork(
    join(import.meta.dirname, 'sealing.mjs'),
    [join(folder, 'spool'), keyFile, point, String(count)],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] },
  );
  const output = text(child.stdout!);
  const exited = new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('exit', (_code, signal) => resolve(signal));
  });
  await new Promise<void>((resolve) => child.once('message', () => resolve()));
  const feeding = feed(child);
  end(child);
  const signal = await exited;
  clearInterval(feeding);
  // A line that was cut short by the end of the process was not published.
  const lines = (await output).split('\n').slice(0, -1);
  const keys = ringOf(loadOrCreateSigner(keyFile));
  const published = lines.map((line) => openBatch(Buffer.from(line, 'base64'), keys, nodeVerifier));
  return { signal, published };
}

function feed(child: ChildProcess): NodeJS.Timeout {
  let sent = 0;
  return setInterval(() => {
    if (!child.connected) return;
    const shard = sent % 3;
    // The attempt doubles as the shard, to say both in one message. It may die while we send.
    const changes = { attempt: shard + 1 };
    child.send(sent % 5 === 0 ? aFailure(changes) : someResult(changes), () => undefined);
    sent += 1;
  }, 3);
}

const lastLife = (): Promise<Life> =>
  live('none', 0, (child) => setTimeout(() => child.kill('SIGTERM'), 200));

/** Every batch that was published, once, in order; two batches of one number fail. */
function union(lives: readonly Life[]): OpenedBatch[] {
  const bySeq = new Map<number, OpenedBatch>();
  for (const batch of lives.flatMap(({ published }) => published)) {
    const known = bySeq.get(batch.batch.seq);
    if (known !== undefined) expect(batch.digest).toBe(known.digest);
    bySeq.set(batch.batch.seq, batch);
  }
  return [...bySeq.values()].toSorted((a, b) => a.batch.seq - b.batch.seq);
}

test('killed at any step, the chain goes on without a gap or a second use', async () => {
  const lives: Life[] = [];
  for (const [index, point] of POINTS.entries()) {
    const life = await live(point, (index % 3) + 1);
    expect([point, life.signal]).toEqual([point, 'SIGKILL']);
    lives.push(life);
  }
  lives.push(await lastLife());
  const batches = union(lives);
  expect(batches.length).toBeGreaterThan(POINTS.length);
  expectOneChain(batches);
}, 120_000);

test('killed at any moment, too', async () => {
  const lives: Life[] = [];
  for (const delayMs of [20, 55, 90, 130]) {
    const life = await live('none', 0, (child) => setTimeout(() => child.kill('SIGKILL'), delayMs));
    expect(life.signal).toBe('SIGKILL');
    lives.push(life);
  }
  lives.push(await lastLife());
  expectOneChain(union(lives));
}, 120_000);
