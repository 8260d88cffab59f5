import { describe, expect, it } from 'vitest';
import {
  MerkleTree,
  compareCheckpoints,
  emptyHead,
  formatAddCheckpoint,
  judgeCheckpoint,
  leafHash,
  parseAddCheckpoint,
  signCheckpoint,
  type AddCheckpoint,
  type KnownTree,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { LOG, LOG_KEY, ORIGIN } from './fixture/log.ts';
import { signerOf } from './fixture/network.ts';

const leaves = Array.from({ length: 20 }, (_, i) => leafHash(Uint8Array.of(i)));
const treeOf = (size: number) => new MerkleTree(leaves.slice(0, size));
const noteOf = (size: number, root = treeOf(size).head(), signer = LOG, origin = ORIGIN) =>
  signCheckpoint({ origin, size, root }, signer);
const known = (size: number): KnownTree => ({ size, root: treeOf(size).head() });
const request = (oldSize: number, size: number): AddCheckpoint => ({
  oldSize,
  proof: treeOf(size).consistencyProof(oldSize),
  note: noteOf(size),
});
const judge = (what: AddCheckpoint, last: KnownTree) =>
  judgeCheckpoint(what, LOG_KEY, last, nodeVerifier);
const another = new Uint8Array(32).fill(1);

describe('a witness', () => {
  it('cosigns every tree that extends the one it knows', () => {
    for (let old = 0; old <= 20; old++) {
      for (let size = old; size <= 20; size++) {
        expect(judge(request(old, size), known(old))).toMatchObject({
          status: 200,
          next: { size },
        });
      }
    }
  });

  it.each<[string, AddCheckpoint, KnownTree, number]>([
    ['a tree that it has passed', request(5, 6), known(7), 409],
    ['a tree that it has not reached', request(7, 9), known(5), 409],
    ['a rollback', { oldSize: 7, proof: [], note: noteOf(5) }, known(7), 400],
    ['another history', { ...request(5, 9), note: noteOf(9, another) }, known(5), 422],
    [
      'another tree of the same size',
      { oldSize: 5, proof: [], note: noteOf(5, another) },
      known(5),
      422,
    ],
    ['a tree that grew out of another', request(5, 9), { size: 5, root: another }, 422],
    [
      'a proof with a hash missing',
      { ...request(5, 9), proof: request(5, 9).proof.slice(1) },
      known(5),
      422,
    ],
    ['a proof where none is due', { ...request(0, 9), proof: [another] }, known(0), 422],
    [
      'an empty tree with a root',
      { oldSize: 0, proof: [], note: noteOf(0, another) },
      known(0),
      422,
    ],
    [
      'a tree that its log did not sign',
      { ...request(5, 9), note: noteOf(9, undefined, signerOf('x')) },
      known(5),
      403,
    ],
    [
      'a log that it does not know',
      { ...request(5, 9), note: noteOf(9, undefined, LOG, 'rival.example/log') },
      known(5),
      404,
    ],
    ['what is no checkpoint', { ...request(5, 9), note: 'hello\n' }, known(5), 400],
  ])('refuses %s', (_, what, last, status) => {
    expect(judge(what, last).status).toBe(status);
  });

  it('says how far it is when asked from elsewhere', () => {
    expect(judge(request(0, 9), known(7))).toEqual({ status: 409, size: 7 });
  });

  it('starts from the empty tree', () => {
    expect(judge(request(0, 0), { size: 0, root: emptyHead() }).status).toBe(200);
  });

  it('reads requests back as they were written', () => {
    const body = formatAddCheckpoint(request(5, 9));
    expect(body).toMatch(/^old 5\n/);
    expect(parseAddCheckpoint(body)).toEqual(request(5, 9));
    expect(parseAddCheckpoint(formatAddCheckpoint(request(0, 9))).proof).toEqual([]);
    const malformed = expect.objectContaining({ code: 'message.malformed' });
    const many = `old 5\n${'AAAA\n'.repeat(64)}\n${noteOf(9)}`;
    for (const bad of [
      '',
      'old 5\n',
      body.replace('old 5', 'old 05'),
      body.replace('old', 'new'),
      many,
    ]) {
      expect(() => parseAddCheckpoint(bad)).toThrow(malformed);
    }
  });
});

describe('two checkpoints of one log', () => {
  const compare = (a: string, b: string, proof: readonly Uint8Array[] | null = null) =>
    compareCheckpoints([a, b], LOG_KEY, proof, nodeVerifier);

  it('are the same, consistent, in conflict, or not proven either way', () => {
    expect(compare(noteOf(9), noteOf(9))).toBe('same');
    expect(compare(noteOf(9), noteOf(9, another))).toBe('conflict');
    expect(compare(noteOf(9), noteOf(5), treeOf(9).consistencyProof(5))).toBe('consistent');
    expect(compare(noteOf(5), noteOf(9), treeOf(9).consistencyProof(5))).toBe('consistent');
    expect(compare(noteOf(5), noteOf(9, another), treeOf(9).consistencyProof(5))).toBe('unproven');
    expect(compare(noteOf(5), noteOf(9))).toBe('unproven');
  });

  it('say nothing unless the log signed both', () => {
    expect(() => compare(noteOf(9), noteOf(9, another, signerOf('x')))).toThrow(
      expect.objectContaining({ code: 'signature.invalid' }),
    );
  });
});
