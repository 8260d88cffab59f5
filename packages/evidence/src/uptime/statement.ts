/** The signed statement of uptime: written by the coordinator, read by whoever verifies it. */
import { PAYLOAD_TYPES, UptimeStatement, parserOf, type Envelope } from '@trustmonitor/protocol';
import { canonicalBytes, parseCanonical } from '../canonical.ts';
import { digestOf, sha256, type Sha256 } from '../digest.ts';
import { signEnvelope } from '../dsse.ts';
import type { Signer } from '../ed25519/types.ts';
import { MAX_DEPTH, MAX_RECORD_BYTES } from '../limits.ts';

const parser = parserOf(UptimeStatement, 'message.malformed');
const limits = { maxBytes: MAX_RECORD_BYTES, maxDepth: MAX_DEPTH };

/** From its signed payload. Throws `message.malformed`, for another kind of statement too. */
export function parseUptimeStatement(payload: Uint8Array): UptimeStatement {
  return parser.parse(parseCanonical(payload, limits, 'the report'), 'the report');
}

export interface SignedUptime {
  readonly envelope: Envelope;
  /** SHA-256 of the signed payload. */
  readonly digest: string;
}

export function signUptime(
  statement: UptimeStatement,
  signer: Signer,
  hash: Sha256 = sha256,
): SignedUptime {
  const payload = canonicalBytes(statement);
  const envelope = signEnvelope(PAYLOAD_TYPES.record, payload, signer);
  return { envelope, digest: digestOf(payload, hash) };
}
