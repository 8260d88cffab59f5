/** The witness over real sockets: every status of c2sp.org/tlog-witness, and what it must survive. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addSignatureLines,
  consistencyProof,
  cosignatureTime,
  encodeUtf8,
  formatAddCheckpoint,
  leafHash,
  noteKeyOf,
  parseNote,
  signCheckpoint,
  treeHead,
} from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import { expect, onTestFinished, test } from 'vitest';
import { serveWitness } from '../src/witness/http.ts';
import { readMemory } from '../src/witness/memory.ts';
import { Witness } from '../src/witness/witness.ts';
import { logTo } from './kit/network.ts';

const ORIGIN = 'trustmonitor/test/log';
const NAME = 'trustmonitor/test/witness/eu-1';
const logSigner = generateSigner();
const signer = generateSigner();
const own = noteKeyOf(NAME, 'cosignature', signer.publicKey);
const leaves = Array.from({ length: 9 }, (_, i) => leafHash(encodeUtf8(`leaf ${i}`)));
const NOW_S = 1_800_000_000;

const noteOf = (size: number, key = logSigner, origin = ORIGIN, of = leaves) =>
  signCheckpoint({ origin, size, root: treeHead(of.slice(0, size)) }, key);

const bodyOf = (oldSize: number, size: number, note = noteOf(size)) =>
  formatAddCheckpoint({
    oldSize,
    proof: oldSize <= size ? consistencyProof(leaves.slice(0, size), oldSize) : [],
    note,
  });

/** A witness on what the folder remembers, as after a restart. */
async function serve(folder: string) {
  const file = join(folder, 'witness.json');
  const witness = new Witness({
    agent: 'eu-1',
    name: NAME,
    signer,
    logKey: noteKeyOf(ORIGIN, 'ed25519', logSigner.publicKey),
    memory: await readMemory(file),
    file,
    now: () => NOW_S * 1_000,
    log: logTo([]),
  });
  const server = await serveWitness(witness, { host: '127.0.0.1', port: 0 }, logTo([]));
  let closed: Promise<void> | null = null;
  const close = () => (closed ??= server.close());
  onTestFinished(close);
  return { witness, url: server.url, close, post: (body: string) => post(server.url, body) };
}

async function post(url: string, body: string) {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: await response.text(),
  };
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tm-witness-http-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('cosigns a log that grows, and remembers it over a restart', async () => {
  const folder = await newFolder();
  const first = await serve(folder);
  const cosigned = await first.post(bodyOf(0, 3));
  expect(cosigned.status).toBe(200);
  const note = parseNote(addSignatureLines(noteOf(3), cosigned.body.trimEnd().split('\n')));
  expect(cosignatureTime(note, own, nodeVerifier)).toBe(NOW_S);
  expect((await first.post(bodyOf(3, 3))).status).toBe(200);
  await first.close();

  const second = await serve(folder);
  expect(await second.post(bodyOf(0, 5))).toEqual({
    status: 409,
    type: 'text/x.tlog.size',
    body: '3\n',
  });
  expect((await second.post(bodyOf(3, 5))).status).toBe(200);
});

test('shares its memory with the bus', async () => {
  const { witness, post: ask } = await serve(await newFolder());
  await ask(bodyOf(0, 4));
  const request = { v: 1 as const, note: noteOf(6), consistency: [], batches: [] };
  expect(await witness.answer({ ...request, oldSize: 0 })).toMatchObject({ status: 409, size: 4 });
});

test.each([
  ['nothing', '', 400],
  ['text', 'hello', 400],
  ['no old size', `new 3\n\n${noteOf(3)}`, 400],
  ['an old size that is no number', `old -1\n\n${noteOf(3)}`, 400],
  ['a proof that is not base64', `old 0\n!\n\n${noteOf(3)}`, 400],
  ['too long a proof', `old 0\n${'AAAA\n'.repeat(64)}\n${noteOf(3)}`, 400],
  ['bytes that are no text', `old 0\n\n\u0000`, 400],
  ['an old size above the new one', bodyOf(8, 3), 400],
  ['a signature by another key', bodyOf(0, 3, noteOf(3, generateSigner())), 403],
  ['another log', bodyOf(0, 3, noteOf(3, logSigner, 'trustmonitor/other/log')), 404],
  ['a body without end', 'x'.repeat(70_000), 413],
])('refuses %s, and goes on', async (_what, body, status) => {
  const { post: ask } = await serve(await newFolder());
  expect((await ask(body)).status).toBe(status);
  expect((await ask(bodyOf(0, 3))).status).toBe(200);
});

test('never cosigns a fork or a rollback, however often it is asked', async () => {
  const { post: ask } = await serve(await newFolder());
  expect((await ask(bodyOf(0, 5))).status).toBe(200);
  const forked = leaves.toReversed();
  const fork = noteOf(7, logSigner, ORIGIN, forked);
  const proof = consistencyProof(forked.slice(0, 7), 5);
  expect((await ask(formatAddCheckpoint({ oldSize: 5, proof, note: fork }))).status).toBe(422);
  const sameSize = noteOf(5, logSigner, ORIGIN, forked);
  expect((await ask(formatAddCheckpoint({ oldSize: 5, proof: [], note: sameSize }))).status).toBe(
    422,
  );
  expect(await ask(bodyOf(0, 4))).toMatchObject({ status: 409, body: '5\n' });
  expect((await ask(bodyOf(5, 9))).status).toBe(200);
});

test('of two that ask at once from the same tree, one is told the new size', async () => {
  const { post: ask } = await serve(await newFolder());
  const answers = await Promise.all([ask(bodyOf(0, 3)), ask(bodyOf(0, 7))]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test('knows one path and one method', async () => {
  const { url } = await serve(await newFolder());
  expect((await fetch(`${url}/add-checkpoint`)).status).toBe(405);
  expect((await fetch(`${url}/`, { method: 'POST' })).status).toBe(404);
});

test('is closed while somebody still dawdles over a request', async () => {
  const { url, close } = await serve(await newFolder());
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const ended = new Promise((done) => socket.once('close', done));
  socket.on('error', () => undefined);
  await new Promise<void>((done) => {
    socket.write('POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nold', () =>
      done(),
    );
  });
  await close();
  await ended;
});

test('says which port is taken', async () => {
  const { url, witness } = await serve(await newFolder());
  const address = { host: '127.0.0.1', port: Number(new URL(url).port) };
  await expect(serveWitness(witness, address, logTo([]))).rejects.toMatchObject({
    code: 'port.taken',
    where: 'TM_WITNESS_HTTP_ADDR',
  });
});
