/** A decision of the gate, checked against a verified key ring. */
import { TrustMonitorError, type Envelope, type GatePredicate } from '@trustmonitor/protocol';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { parseGateStatement } from '../gate/statement.ts';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import type { TrustedKey } from '../keyring/types.ts';
import { verifyStatement } from './records.ts';
import { CheckFailed } from './report.ts';

export interface VerifiedDecision {
  readonly predicate: GatePredicate;
  /** SHA-256 of the signed payload. */
  readonly digest: string;
  readonly key: TrustedKey;
}

/**
 * Signed by a key for reports that was good then, of the network and the ring that it names, and not
 * after the key was revoked as far as the decision itself tells; its place in the log tells for sure.
 *
 * Throws `message.malformed`, `key.unknown` or `signature.invalid`.
 */
export function verifyDecision(
  envelope: Envelope,
  newest: TrustedKeyRing,
  verifier: SignatureVerifier,
): VerifiedDecision {
  const { statement, digest, key } = opened(envelope, newest, verifier);
  const { predicate } = statement;
  if (predicate.network !== newest.network) {
    throw refused(`the decision is of the network ${predicate.network}, not ${newest.network}`);
  }
  const revokedAt = newest.find(key.kid)?.revokedAtLogSize ?? null;
  const { logSize } = predicate.facts;
  if (revokedAt !== null && (logSize === null || logSize >= revokedAt)) {
    throw refused(`key ${key.kid} was revoked at log size ${revokedAt}`);
  }
  return { predicate, digest, key };
}

function opened(envelope: Envelope, newest: TrustedKeyRing, verifier: SignatureVerifier) {
  try {
    return verifyStatement(envelope, parseGateStatement, newest, verifier);
  } catch (error) {
    if (error instanceof CheckFailed) throw refused(error.message);
    throw error;
  }
}

const refused = (message: string): TrustMonitorError =>
  new TrustMonitorError('signature.invalid', message);
