/**
 * Verifies Merkle proofs as RFC 9162 sections 2.1.3.2 and 2.1.4.2 say, sharing no code with what
 * makes them. Each returns whether the proof holds and never throws: a proof is hostile input.
 */
import { sha256, type Sha256 } from '../digest.ts';
import { equalBytes } from '../encoding/bytes.ts';
import { HASH_BYTES, emptyHead, nodeHash } from './hash.ts';

/** What the leaf, its place and the audit path make the head; null for a path that cannot fit. */
export function headFromInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  hash: Sha256 = sha256,
): Uint8Array | null {
  if (!isSize(index) || !isSize(size) || index >= size) return null;
  if (![leaf, ...proof].every(isHash)) return null;
  let fn = index;
  let sn = size - 1;
  let head = leaf;
  for (const sibling of proof) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      head = nodeHash(sibling, head, hash);
      // Skip the levels at which this subtree is the last and has no sibling.
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      head = nodeHash(head, sibling, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 ? head : null;
}

/** Whether the leaf stands at `index` in the tree of `size` leaves with this head. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  head: Uint8Array,
  hash: Sha256 = sha256,
): boolean {
  const derived = headFromInclusion(leaf, index, size, proof, hash);
  return derived !== null && equalBytes(derived, head);
}

/** Whether the tree of `oldSize` leaves with `oldHead` is a prefix of the newer tree. */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  oldHead: Uint8Array,
  newHead: Uint8Array,
  proof: readonly Uint8Array[],
  hash: Sha256 = sha256,
): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (![oldHead, newHead, ...proof].every(isHash)) return false;
  // Every tree extends the empty one, whose head is fixed; a tree extends itself.
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldHead, emptyHead(hash));
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldHead, newHead);

  let fn = oldSize - 1;
  let sn = newSize - 1;
  while (fn % 2 === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  // When the old tree is a full subtree of the new one, its head is the first hash of the path.
  const [first, ...rest] = fn === 0 ? [oldHead, ...proof] : proof;
  if (first === undefined) return false;
  let fromOld = first;
  let fromNew = first;
  for (const node of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fromOld = nodeHash(node, fromOld, hash);
      fromNew = nodeHash(node, fromNew, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      fromNew = nodeHash(fromNew, node, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equalBytes(fromOld, oldHead) && equalBytes(fromNew, newHead);
}

/** Sizes go past 2^32, where shifts would wrap. */
const half = (value: number): number => Math.floor(value / 2);
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isHash = (bytes: Uint8Array): boolean => bytes.length === HASH_BYTES;
