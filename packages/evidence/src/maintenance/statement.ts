/** The signed announcement of maintenance: written by the coordinator, read by whoever verifies. */
import {
  MAINTENANCE_PREDICATE_TYPE,
  MaintenanceStatement,
  PAYLOAD_TYPES,
  STATEMENT_TYPE,
  parserOf,
  type Envelope,
  type MaintenancePredicate,
} from '@trustmonitor/protocol';
import { canonicalBytes, parseCanonical } from '../canonical.ts';
import { digestOf, sha256, type Sha256 } from '../digest.ts';
import { signEnvelope } from '../dsse.ts';
import type { Signer } from '../ed25519/types.ts';
import { encodeUtf8 } from '../encoding/text.ts';
import { MAX_DEPTH, MAX_RECORD_BYTES } from '../limits.ts';

const parser = parserOf(MaintenanceStatement, 'message.malformed');
const limits = { maxBytes: MAX_RECORD_BYTES, maxDepth: MAX_DEPTH };

/** From its signed payload. Throws `message.malformed`, for another kind of statement too. */
export function parseMaintenance(payload: Uint8Array): MaintenanceStatement {
  return parser.parse(parseCanonical(payload, limits, 'the announcement'), 'the announcement');
}

export interface SignedMaintenance {
  readonly envelope: Envelope;
  /** SHA-256 of the signed payload. */
  readonly digest: string;
}

export function signMaintenance(
  predicate: MaintenancePredicate,
  signer: Signer,
  hash: Sha256 = sha256,
): SignedMaintenance {
  const statement: MaintenanceStatement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: predicate.window, digest: { sha256: occurrenceDigest(predicate, hash) } }],
    predicateType: MAINTENANCE_PREDICATE_TYPE,
    predicate,
  };
  const payload = canonicalBytes(statement);
  const envelope = signEnvelope(PAYLOAD_TYPES.record, payload, signer);
  return { envelope, digest: digestOf(payload, hash) };
}

/** The subject: the same in the plan of an occurrence and in its end. */
export function occurrenceDigest(
  { occurrence }: Pick<MaintenancePredicate, 'occurrence'>,
  hash: Sha256,
): string {
  return digestOf(encodeUtf8(occurrence), hash);
}

/**
 * When the occurrence is, by what was announced of it. Throws nothing: null for an end that does
 * not follow from the plan, or that would make it longer.
 */
export function heldSpan(
  plan: MaintenanceStatement,
  end: MaintenanceStatement | null,
  planDigest: string,
): { startsAt: string; endsAt: string } | null {
  const { startsAt, endsAt, step, previous } = plan.predicate;
  if (step !== 'plan' || previous !== null || !(endsAt > startsAt)) return null;
  if (end === null) return { startsAt, endsAt };
  const after = end.predicate;
  const isOfIt =
    after.step === 'end' &&
    after.previous === planDigest &&
    after.occurrence === plan.predicate.occurrence &&
    after.window === plan.predicate.window &&
    after.network === plan.predicate.network &&
    after.startsAt === startsAt &&
    after.endsAt >= startsAt &&
    after.endsAt < endsAt;
  return isOfIt ? { startsAt, endsAt: after.endsAt } : null;
}
