/**
 * The reader's side of a batch: from bytes that anybody may have sent to results that a key of
 * the ring vouches for. The order of `openBatch` is the order of trust: nothing is parsed before
 * it is measured, and no result before its batch's signature holds.
 */
import type { Batch, Envelope, Result } from '@trustmonitor/protocol';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { encodeHex } from '../encoding/hex.ts';
import { invalidBatch } from '../errors.ts';
import type { KeySource, TrustedKey } from '../keyring/types.ts';
import { leafHash } from '../merkle/hash.ts';
import { treeHead } from '../merkle/tree.ts';
import { splitMessage } from './lines.ts';
import { parseBatchEnvelope, verifyBatch } from './signature.ts';
import { parseResult, requireResultOfKey } from './result.ts';

export interface OpenedLeaf {
  readonly result: Result;
  /** The result's canonical text, as it was signed. */
  readonly text: string;
  /** RFC 9162 leaf hash, in hex. */
  readonly hash: string;
  readonly index: number;
}

export interface OpenedBatch {
  readonly batch: Batch;
  /** SHA-256 of the signed payload: the batch's name. */
  readonly digest: string;
  readonly envelope: Envelope;
  /** The key that signed: region, group and operator of every result come from it. */
  readonly key: TrustedKey;
  readonly leaves: readonly OpenedLeaf[];
}

/**
 * Opens a batch message and proves every result in it.
 *
 * Throws `input.too_large`, `message.malformed`, `key.unknown` (no such key, or not an agent's
 * vote key), `signature.invalid`, `batch.time` (sealed when the key was not valid, by the agent's own
 * clock), or `batch.invalid` (results that are not those signed, or not those of the signing key). It
 * does not know the time or what was revoked since: see `key`.
 */
export function openBatch(
  message: Uint8Array,
  keys: KeySource,
  verifier: SignatureVerifier,
): OpenedBatch {
  const { head, lines } = splitMessage(message);
  const envelope = parseBatchEnvelope(head);
  const { batch, digest, key } = verifyBatch(envelope, keys, verifier);
  const hashes = lines.map(({ bytes }) => leafHash(bytes, verifier.sha256));
  requireLeaves(batch, hashes, verifier);
  const leaves = lines.map(({ text }, index) => {
    const result = parseResult(text, `result ${index}`);
    requireResultOfKey(result, key, keys.network);
    return { result, text, hash: encodeHex(hashes[index] ?? new Uint8Array(0)), index };
  });
  return { batch, digest, envelope, key, leaves };
}

function requireLeaves(
  batch: Batch,
  hashes: readonly Uint8Array[],
  verifier: SignatureVerifier,
): void {
  if (hashes.length !== batch.size) {
    throw invalidBatch(`the batch was signed with ${batch.size} results and has ${hashes.length}`);
  }
  if (encodeHex(treeHead(hashes, verifier.sha256)) !== batch.root) {
    throw invalidBatch('the results are not those that were signed');
  }
}
