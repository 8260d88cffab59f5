/** Makes one vote provable by itself: its result, its batch, and the path between the two. */
import type { BundledVote, Envelope } from '@trustmonitor/protocol';
import { encodeHex } from '../encoding/hex.ts';
import { decodeUtf8 } from '../encoding/text.ts';
import { MerkleTree } from '../merkle/tree.ts';

/** Audit path of one result, in hex from the leaf upwards. */
export const buildInclusionFor = (leafHashes: readonly Uint8Array[], index: number): string[] =>
  hexPath(new MerkleTree(leafHashes), index);

export interface ProvableBatch {
  readonly envelope: Envelope;
  /** RFC 9162 leaf hashes of all its results, in order. */
  readonly leafHashes: readonly Uint8Array[];
}

export interface LeafToProve {
  readonly index: number;
  /** The result's canonical bytes. */
  readonly leaf: Uint8Array;
}

/** The vote as a bundle holds it. */
export const proveVote = (batch: ProvableBatch, leaf: LeafToProve): BundledVote =>
  bundledVote(batch.envelope, new MerkleTree(batch.leafHashes), leaf);

/** Many votes of one batch: the tree is built once. */
export function proveVotes(batch: ProvableBatch, leaves: readonly LeafToProve[]): BundledVote[] {
  const tree = new MerkleTree(batch.leafHashes);
  return leaves.map((leaf) => bundledVote(batch.envelope, tree, leaf));
}

function bundledVote(batch: Envelope, tree: MerkleTree, { index, leaf }: LeafToProve): BundledVote {
  return { batch, leaf: decodeUtf8(leaf), index, proof: hexPath(tree, index) };
}

const hexPath = (tree: MerkleTree, index: number): string[] =>
  tree.inclusionProof(index).map((hash) => encodeHex(hash));
