/** Signatures of the incident's records, and the key rings that they were made under. */
import {
  PAYLOAD_TYPES,
  parseTimestamp,
  type Envelope,
  type IncidentEvidence,
  type IncidentPredicate,
  type IncidentStatement,
} from '@trustmonitor/protocol';
import { verifySoleSignature } from '../dsse.ts';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { requireRole } from '../keyring/role.ts';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import { wasValid } from '../keyring/validity.ts';
import type { TrustedKey } from '../keyring/types.ts';
import { parseStatement } from '../record/parse.ts';
import { CheckFailed, checked, type Checked } from './report.ts';

export interface VerifiedRecord {
  readonly statement: IncidentStatement;
  readonly predicate: IncidentPredicate;
  /** SHA-256 of the signed payload. */
  readonly digest: string;
  readonly envelope: Envelope;
  readonly key: TrustedKey;
  /** The key ring that the record names. */
  readonly ring: TrustedKeyRing;
}

/** Oldest first, never empty; the last is the bundle's `incident`. */
export type VerifiedRecords = readonly [VerifiedRecord, ...VerifiedRecord[]];

export function checkRecordSignatures(
  { incident, chain }: IncidentEvidence,
  newest: TrustedKeyRing,
  verifier: SignatureVerifier,
): Checked<VerifiedRecords> {
  const [first, ...rest] = [...chain, incident];
  const records: VerifiedRecords = [
    verifyRecord(first, newest, verifier),
    ...rest.map((envelope) => verifyRecord(envelope, newest, verifier)),
  ];
  const kids = [...new Set(records.map(({ key }) => key.kid))];
  return checked(records, `${countOf(records.length, 'record')} signed by ${kids.join(', ')}`);
}

function verifyRecord(
  envelope: Envelope,
  newest: TrustedKeyRing,
  verifier: SignatureVerifier,
): VerifiedRecord {
  const { statement, ...signed } = verifyStatement(envelope, parseStatement, newest, verifier);
  return { statement, predicate: statement.predicate, envelope, ...signed };
}

/** What every statement of the coordinator says about itself. */
interface Recorded {
  readonly recordedAt: string;
  readonly keyring: { readonly version: number; readonly digest: string };
}

/** Signed by a key for reports of the ring that the statement names, good at the time it names. */
export function verifyStatement<S extends { readonly predicate: Recorded }>(
  envelope: Envelope,
  parse: (payload: Uint8Array) => S,
  newest: TrustedKeyRing,
  verifier: SignatureVerifier,
): { statement: S; digest: string; key: TrustedKey; ring: TrustedKeyRing } {
  const signed = verifySoleSignature(
    envelope,
    PAYLOAD_TYPES.record,
    (kid) => newest.find(kid),
    verifier,
  );
  const statement = parse(signed.payload);
  const { predicate } = statement;
  const ring = newest.at(predicate.keyring.version);
  if (ring === undefined || ring.digest !== predicate.keyring.digest) {
    throw new CheckFailed(
      `the record names key ring version ${predicate.keyring.version}, which is not in the file`,
    );
  }
  const key = ring.key(signed.key.kid);
  if (key === undefined) {
    throw new CheckFailed(`key ${signed.key.kid} is not in key ring version ${ring.version}`);
  }
  requireRole(key, 'coordinator-report');
  if (!wasValid(key, predicate.recordedAt)) {
    throw new CheckFailed(`key ${key.kid} was not valid at ${predicate.recordedAt}`);
  }
  return { statement, digest: signed.digest, key, ring };
}

/** How long a coordinator may take to notice a new key ring. */
const RING_GRACE_MS = 3_600_000;

interface UnderRing {
  readonly predicate: Recorded;
  readonly ring: TrustedKeyRing;
}

export function checkRingExpiry(
  records: readonly [UnderRing, ...UnderRing[]],
  newest: TrustedKeyRing,
): Checked<TrustedKeyRing> {
  for (const { predicate, ring } of records) {
    const at = parseTimestamp(predicate.recordedAt);
    if (!ring.inForceAt(at)) {
      throw new CheckFailed(
        `key ring version ${ring.version} is good from ${ring.ring.issuedAt} to ` +
          `${ring.ring.expires}; the record was made at ${predicate.recordedAt}`,
      );
    }
    requireNotSuperseded(ring, newest, at);
  }
  const { ring } = records.at(-1) ?? records[0];
  return checked(ring, `version ${ring.version} expires at ${ring.ring.expires}`);
}

/** A record may not go back to an older ring, to which a key or the log may still be unknown. */
function requireNotSuperseded(ring: TrustedKeyRing, newest: TrustedKeyRing, at: number): void {
  const next = newest.at(ring.version + 1);
  if (next !== undefined && parseTimestamp(next.ring.issuedAt) + RING_GRACE_MS < at) {
    throw new CheckFailed(
      `key ring version ${ring.version} had been replaced by version ${next.version} ` +
        `when the record was made`,
    );
  }
}

export const countOf = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;
