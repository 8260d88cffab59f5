import { describe, expect, it } from 'vitest';
import {
  MerkleTree,
  consistencyProof,
  decodeHex,
  emptyHead,
  encodeHex,
  inclusionProof,
  leafHash,
  nodeHash,
  treeHead,
  verifyConsistency,
  verifyInclusion,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';

// The inputs and heads that Certificate Transparency's reference implementation publishes.
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'];
INPUTS.push('606162636465666768696a6b6c6d6e6f');
const HEADS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const REFERENCE = INPUTS.map((hex) => leafHash(decodeHex(hex)));
const hexes = (hashes: readonly Uint8Array[]) => hashes.map((hash) => encodeHex(hash));

// 34,000 inclusion and as many consistency proofs: hashed natively.
const { sha256 } = nodeVerifier;
const LARGEST = 260;
const leaves = Array.from({ length: LARGEST }, (_, i) => leafHash(Uint8Array.of(i >> 8, i & 255)));

/** MTH as RFC 9162 section 2.1.1 defines it, by recursion. */
function definition(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return emptyHead();
  if (hashes.length === 1) return hashes[0]!;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(definition(hashes.slice(0, split)), definition(hashes.slice(split)));
}

describe('tree heads', () => {
  it('are those of the reference implementation', () => {
    for (const [size, head] of HEADS.entries()) {
      expect(encodeHex(treeHead(REFERENCE.slice(0, size)))).toBe(head);
    }
  });

  it('follow the definition at every size', () => {
    for (let size = 0; size <= LARGEST; size++) {
      const part = leaves.slice(0, size);
      expect(treeHead(part)).toEqual(definition(part));
    }
  });
});

describe('proofs', () => {
  // RFC 9162 section 2.1.5: the tree of seven leaves d0..d6 and its nodes a..l.
  const [a, b, c, d, e, f, j] = REFERENCE as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const [g, h, i] = [nodeHash(a, b), nodeHash(c, d), nodeHash(e, f)];
  const [k, l] = [nodeHash(g, h), nodeHash(i, j)];
  const seven = REFERENCE.slice(0, 7);

  it('are those of the example in RFC 9162', () => {
    expect(inclusionProof(seven, 0)).toEqual([b, h, l]);
    expect(inclusionProof(seven, 3)).toEqual([c, g, l]);
    expect(inclusionProof(seven, 4)).toEqual([f, j, k]);
    expect(inclusionProof(seven, 6)).toEqual([i, k]);
    expect(consistencyProof(seven, 3)).toEqual([c, d, g, l]);
    expect(consistencyProof(seven, 4)).toEqual([l]);
    expect(consistencyProof(seven, 6)).toEqual([i, j, k]);
  });

  it('of inclusion hold for every leaf of every size, and for no other place', () => {
    for (let size = 1; size <= LARGEST; size++) {
      const tree = new MerkleTree(leaves.slice(0, size), sha256);
      const head = tree.head();
      for (let index = 0; index < size; index++) {
        const proof = tree.inclusionProof(index);
        const holds = (at: number, of: number) =>
          verifyInclusion(leaves[index]!, at, of, proof, head, sha256);
        if (!holds(index, size)) expect.fail(`leaf ${index} of ${size}`);
        const sampled = (index + size) % 5 === 0;
        if (sampled && index > 0 && holds(index - 1, size))
          expect.fail(`moved ${index} of ${size}`);
        if (sampled && holds(index, index)) expect.fail(`outside the tree: ${index}`);
      }
    }
  });

  it('of consistency hold for every pair of sizes, and for no other pair', () => {
    const heads = Array.from({ length: LARGEST + 1 }, (_, n) => treeHead(leaves.slice(0, n)));
    for (let size = 0; size <= LARGEST; size++) {
      const tree = new MerkleTree(leaves.slice(0, size), sha256);
      for (let old = 0; old <= size; old++) {
        const proof = tree.consistencyProof(old);
        const holds = (from: Uint8Array, to: Uint8Array) =>
          verifyConsistency(old, size, from, to, proof, sha256);
        if (!holds(heads[old]!, heads[size]!)) expect.fail(`${old} to ${size}`);
        const sampled = (old + size) % 5 === 0;
        if (sampled && old > 1 && holds(heads[old - 1]!, heads[size]!))
          expect.fail(`not ${old} to ${size}`);
        if (sampled && old > 0 && size > 1 && holds(heads[old]!, heads[size - 1]!)) {
          expect.fail(`${old} to not ${size}`);
        }
      }
    }
  });

  it('fail when any hash is changed, dropped, added or cut', () => {
    for (const size of [2, 3, 7, 8, 13, 64, 100]) {
      const tree = new MerkleTree(leaves.slice(0, size), sha256);
      for (const index of [0, size >> 1, size - 1]) {
        for (const proof of damaged(tree.inclusionProof(index))) {
          expect(verifyInclusion(leaves[index]!, index, size, proof, tree.head())).toBe(false);
        }
      }
      for (const old of [1, size >> 1, size - 1].filter((n) => n > 0)) {
        const oldHead = treeHead(leaves.slice(0, old));
        for (const proof of damaged(tree.consistencyProof(old))) {
          expect(verifyConsistency(old, size, oldHead, tree.head(), proof)).toBe(false);
        }
      }
    }
  });

  it('refuse sizes that are none, without throwing', () => {
    const [leaf] = leaves as [Uint8Array];
    for (const size of [-1, 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(verifyInclusion(leaf, 0, size, [], leaf)).toBe(false);
      expect(verifyConsistency(1, size, leaf, leaf, [])).toBe(false);
    }
    expect(verifyInclusion(leaf, -1, 1, [], leaf)).toBe(false);
    expect(verifyInclusion(leaf, 0, Number.MAX_SAFE_INTEGER, [], leaf)).toBe(false);
    expect(() => inclusionProof(leaves, LARGEST)).toThrow(RangeError);
    expect(() => consistencyProof(leaves, LARGEST + 1)).toThrow(RangeError);
  });

  it('read the same in hexadecimal', () => {
    expect(hexes(inclusionProof(seven, 0))[0]).toBe(encodeHex(b));
  });
});

/** Every way in which a proof can be slightly wrong. */
function damaged(proof: readonly Uint8Array[]): Uint8Array[][] {
  const flipped = proof.map((hash, at) => {
    const changed = hash.slice();
    changed[at % 32]! ^= 0x80;
    return proof.with(at, changed);
  });
  const dropped = proof.map((_, at) => proof.toSpliced(at, 1));
  const extra = leaves[0]!;
  const longer = [
    [...proof, extra],
    [extra, ...proof],
    [...proof, ...proof, extra],
  ];
  const cut = proof.map((hash, at) => proof.with(at, hash.subarray(1)));
  return [...flipped, ...dropped, ...longer, ...cut];
}
