/** The agent's side: many results under one signature. */
import {
  BATCH_TYPE,
  PAYLOAD_TYPES,
  type Batch,
  type Result,
  type SeenCheckpoint,
} from '@trustmonitor/protocol';
import { canonicalBytes, canonicalText } from '../canonical.ts';
import { digestOf, sha256, type Sha256 } from '../digest.ts';
import { signEnvelope } from '../dsse.ts';
import type { Signer } from '../ed25519/types.ts';
import { encodeHex } from '../encoding/hex.ts';
import { encodeUtf8 } from '../encoding/text.ts';
import { invalidBatch, tooLarge } from '../errors.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_RESULTS, MAX_LEAF_BYTES } from '../limits.ts';
import { leafHash } from '../merkle/hash.ts';
import { treeHead } from '../merkle/tree.ts';

export interface BatchHeader {
  readonly network: string;
  readonly agent: string;
  /** 1 for the agent's first batch, then without gaps. */
  readonly seq: number;
  /** `digest` of the agent's previous batch; null for the first. */
  readonly prev: string | null;
  /** RFC 3339, by the agent's clock. */
  readonly sealedAt: string;
  readonly seen: SeenCheckpoint | null;
}

export interface SealedBatch {
  /** What is sent, and spooled as it is: the envelope's line, then one line per result. */
  readonly message: Uint8Array;
  /** SHA-256 of the signed payload: the batch's name, and `prev` of the next. */
  readonly digest: string;
  readonly seq: number;
  readonly results: readonly Result[];
}

/**
 * Seals results into one signed batch.
 *
 * The message is NDJSON: canonical JSON has no raw line breaks, so the lines after the first are
 * exactly the bytes that are hashed. Throws `batch.invalid` for no results or too many, and
 * `input.too_large`.
 */
export function sealBatch(
  header: BatchHeader,
  results: readonly Result[],
  signer: Signer,
  hash: Sha256 = sha256,
): SealedBatch {
  if (results.length === 0 || results.length > MAX_BATCH_RESULTS) {
    throw invalidBatch(`a batch has 1 to ${MAX_BATCH_RESULTS} results, not ${results.length}`);
  }
  const lines = results.map((result) => canonicalText(result));
  const leaves = lines.map((line) => leafHash(boundedLeaf(line), hash));
  const payload = canonicalBytes({
    _type: BATCH_TYPE,
    network: header.network,
    agent: header.agent,
    seq: header.seq,
    prev: header.prev,
    size: results.length,
    root: encodeHex(treeHead(leaves, hash)),
    sealedAt: header.sealedAt,
    seen: header.seen,
  } satisfies Batch);
  const envelope = signEnvelope(PAYLOAD_TYPES.batch, payload, signer);
  const message = encodeUtf8([canonicalText(envelope), ...lines, ''].join('\n'));
  if (message.length > MAX_BATCH_BYTES) {
    throw tooLarge(`the batch has ${message.length} bytes; the limit is ${MAX_BATCH_BYTES}`);
  }
  return { message, digest: digestOf(payload, hash), seq: header.seq, results };
}

function boundedLeaf(line: string): Uint8Array {
  const bytes = encodeUtf8(line);
  if (bytes.length > MAX_LEAF_BYTES) {
    throw tooLarge(`a result has ${bytes.length} bytes; the limit is ${MAX_LEAF_BYTES}`);
  }
  return bytes;
}
