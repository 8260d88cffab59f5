/** The signed head of a batch: who sealed it, for which network, and over which results. */
import {
  BATCH_TYPE,
  Batch,
  Envelope,
  PAYLOAD_TYPES,
  TrustMonitorError,
  parseTimestamp,
  parserOf,
  type RingKey,
} from '@trustmonitor/protocol';
import { parseCanonical, parseCanonicalText } from '../canonical.ts';
import { verifySoleSignature } from '../dsse.ts';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { invalidBatch, untimelyBatch } from '../errors.ts';
import { requireRole } from '../keyring/role.ts';
import { wasValid } from '../keyring/validity.ts';
import type { KeySource, TrustedKey } from '../keyring/types.ts';
import { MAX_BATCH_ENVELOPE_BYTES, MAX_DEPTH } from '../limits.ts';

export interface VerifiedBatch {
  readonly batch: Batch;
  /** SHA-256 of the signed payload: the batch's name. */
  readonly digest: string;
  readonly key: TrustedKey;
}

const envelopeParser = parserOf(Envelope, 'message.malformed');
const batchParser = parserOf(Batch, 'message.malformed');
const LATER_BATCH = /^https:\/\/trustmonitor\.dev\/batch\/v[1-9]\d{0,3}$/;
const limits = { maxBytes: MAX_BATCH_ENVELOPE_BYTES, maxDepth: MAX_DEPTH };

export function parseBatchEnvelope(text: string): Envelope {
  return envelopeParser.parse(parseCanonicalText(text, MAX_DEPTH, 'the envelope'), 'the envelope');
}

/** Signature by one vote key, canonical payload, and a header that is of that key. */
export function verifyBatch(
  envelope: Envelope,
  keys: KeySource,
  verifier: SignatureVerifier,
): VerifiedBatch {
  const { payload, digest, key } = verifySoleSignature(
    envelope,
    PAYLOAD_TYPES.batch,
    (kid) => keys.key(kid),
    verifier,
  );
  requireRole(key, 'agent-vote');
  const parsed = parseCanonical(payload, limits, 'the batch');
  requireKnownVersion(parsed);
  const batch = batchParser.parse(parsed, 'the batch');
  requireHeaderOfKey(batch, key, keys.network);
  return { batch, digest, key };
}

/** By a newer agent: nothing is wrong with it, and it may be understood after an upgrade. */
function requireKnownVersion(payload: unknown): void {
  if (typeof payload !== 'object' || payload === null || !('_type' in payload)) return;
  const { _type: type } = payload;
  if (typeof type !== 'string' || type === BATCH_TYPE || !LATER_BATCH.test(type)) return;
  throw new TrustMonitorError('message.version', `the batch is a ${type}; ${BATCH_TYPE} is known`);
}

function requireHeaderOfKey(batch: Batch, key: RingKey, network: string): void {
  if (batch.network !== network) {
    throw invalidBatch(`the batch is of network ${batch.network}, not ${network}`);
  }
  if (batch.agent !== key.agent) {
    throw invalidBatch(`the batch names agent ${batch.agent}, its key is of ${key.agent ?? '-'}`);
  }
  if (Number.isNaN(parseTimestamp(batch.sealedAt))) {
    throw invalidBatch(`${batch.sealedAt} is no time`);
  }
  if (!wasValid(key, batch.sealedAt)) {
    throw untimelyBatch(`key ${key.kid} was not valid at ${batch.sealedAt}, when it was sealed`);
  }
}
