/** The coordinator's side: the signed statement of one incident step. */
import { PAYLOAD_TYPES, type Envelope, type IncidentStatement } from '@trustmonitor/protocol';
import { canonicalBytes } from '../canonical.ts';
import { digestOf, sha256, type Sha256 } from '../digest.ts';
import { signEnvelope } from '../dsse.ts';
import type { Signer } from '../ed25519/types.ts';

export interface SignedRecord {
  readonly envelope: Envelope;
  /** SHA-256 of the signed payload: `previous` of the incident's next record. */
  readonly digest: string;
  readonly payload: Uint8Array;
}

export function signRecord(
  statement: IncidentStatement,
  signer: Signer,
  hash: Sha256 = sha256,
): SignedRecord {
  const payload = canonicalBytes(statement);
  const envelope = signEnvelope(PAYLOAD_TYPES.record, payload, signer);
  return { envelope, digest: digestOf(payload, hash), payload };
}
