import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  EMPTY_TREE,
  MerkleTree,
  appendLeaves,
  concat,
  leafHash,
  parseTilePath,
  signCheckpoint,
} from '@trustmonitor/evidence';
import { LOG, ORIGIN, loggedNetwork } from '../../evidence/test/fixture/log.ts';
import { signerOf } from '../../evidence/test/fixture/network.ts';
import { EXIT } from '../src/exit.ts';
import { scratchFolder, tm } from './harness.ts';

const net = loggedNetwork();
const LEAVES = Array.from({ length: 600 }, (_, i) => leafHash(new TextEncoder().encode(`${i}`)));
const treeOf = (size: number) => new MerkleTree(LEAVES.slice(0, size));
const noteOf = (size: number, root = treeOf(size).head(), signer = LOG, origin = ORIGIN) =>
  signCheckpoint({ origin, size, root }, signer);
const proofOf = (oldSize: number, size: number) =>
  treeOf(size)
    .consistencyProof(oldSize)
    .map((hash) => `${Buffer.from(hash).toString('base64')}\n`)
    .join('');

async function compare(a: string, b: string, extra: { proof?: string; flags?: string[] } = {}) {
  const folder = await scratchFolder();
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const flags = ['--root', await file('root.json', JSON.stringify(net.root))];
  if (extra.flags === undefined) {
    flags.push('--keyring', await file('keyring.json', JSON.stringify(net.envelopes)));
  }
  if (extra.proof !== undefined) flags.push('--proof', await file('proof', extra.proof));
  const files = [await file('a', a), await file('b', b)];
  return tm(['log', 'compare', ...files, ...flags, ...(extra.flags ?? [])]);
}

describe('two checkpoints, offline', () => {
  test('of one size and root are the same', async () => {
    const { code, stdout } = await compare(noteOf(7), noteOf(7));
    expect([code, stdout]).toEqual([EXIT.ok, 'same\n']);
  });

  test.each([
    [1, 2],
    [255, 257],
    [256, 600],
    [0, 5],
  ])('of %i and %i leaves are consistent with a proof, in either order', async (older, newer) => {
    const proof = proofOf(older, newer);
    for (const [a, b] of [
      [older, newer],
      [newer, older],
    ] as const) {
      const { code, stdout, stderr } = await compare(noteOf(a), noteOf(b), { proof });
      expect([code, stdout, stderr]).toEqual([
        EXIT.ok,
        'consistent\n',
        expect.stringContaining('nothing was removed'),
      ]);
    }
  });

  test('are unproven without a proof, and with that of another pair', async () => {
    for (const extra of [{}, { proof: proofOf(256, 601 - 2) }]) {
      const { code, stdout, stderr } = await compare(noteOf(256), noteOf(600), extra);
      expect([code, stdout]).toEqual([EXIT.indeterminate, 'unproven\n']);
      expect(stderr).toContain('no proof against the log');
    }
  });

  test('of one size and two roots convict the log, and say what to keep', async () => {
    const { code, stdout, stderr } = await compare(noteOf(7), noteOf(7, treeOf(8).head()));
    expect([code, stdout]).toEqual([EXIT.failed, 'conflict\n']);
    expect(stderr).toContain('The log signed two different trees of 7 leaves');
    expect(stderr).toMatch(/Keep, unchanged: +\S+\/a\n +\S+\/b\n/);
  });
});

describe('what is no checkpoint of the log', () => {
  test.each([
    ['rubbish', 'rubbish', /a: the note is not signed/],
    ['another key', noteOf(7, undefined, signerOf('other')), /a: the log acme\S+ has not signed/],
    ['another log', noteOf(7, undefined, LOG, 'other.example/log'), /the key rings name no log/],
  ])('is malformed: %s', async (_name, note, why) => {
    const { code, stdout, stderr } = await compare(note, noteOf(7));
    expect([code, stdout]).toEqual([EXIT.usage, '']);
    expect(stderr).toMatch(why);
  });

  test('a proof that is none', async () => {
    const { code, stderr } = await compare(noteOf(7), noteOf(8), { proof: 'what?\n' });
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining('a line of')]);
  });

  test('no root: nobody is trusted by default', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'a'), noteOf(7));
    const { code, stderr } = await tm(['log', 'compare', join(folder, 'a'), join(folder, 'a')]);
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining('--root')]);
  });
});

/** The public part of a log of 600 leaves; its tiles can be those of another tree. */
async function serveLog(leaves: readonly Uint8Array[]): Promise<string> {
  const { rows } = appendLeaves(EMPTY_TREE, leaves);
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice('/log/'.length);
    if (request.url === '/.well-known/trustmonitor/keyring.json') {
      response.end(JSON.stringify(net.envelopes));
      return;
    }
    const { level, index, width } = parseTilePath(path);
    const row = rows.find((each) => each.level === level)?.hashes ?? [];
    const hashes = row.slice(index * 256, index * 256 + width);
    response.statusCode = hashes.length === width ? 200 : 404;
    response.end(concat(...hashes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('with a server', () => {
  test('its key rings and its tiles give the proof', async () => {
    const flags = ['--url', await serveLog(LEAVES)];
    const { code, stdout } = await compare(noteOf(257), noteOf(600), { flags });
    expect([code, stdout]).toEqual([EXIT.ok, 'consistent\n']);
  });

  test('tiles of another tree prove nothing', async () => {
    const other = LEAVES.with(3, leafHash(Uint8Array.of(3)));
    const flags = ['--url', await serveLog(other), '--json'];
    const { code, stdout } = await compare(noteOf(257), noteOf(600), { flags });
    expect(code).toBe(EXIT.indeterminate);
    expect(JSON.parse(stdout)).toMatchObject({ comparison: 'unproven', origin: ORIGIN });
  });

  test('a log that has lost its end proves nothing', async () => {
    const flags = ['--url', await serveLog(LEAVES.slice(0, 400))];
    expect((await compare(noteOf(257), noteOf(600), { flags })).code).toBe(EXIT.indeterminate);
  });
});
