/** The signed statement of a decision of the gate: written by the coordinator, read by auditors. */
import {
  GATE_PREDICATE_TYPE,
  GateStatement,
  PAYLOAD_TYPES,
  STATEMENT_TYPE,
  parserOf,
  type Envelope,
  type GateFacts,
  type GatePredicate,
} from '@trustmonitor/protocol';
import { canonicalBytes, parseCanonical } from '../canonical.ts';
import { digestOf, sha256, type Sha256 } from '../digest.ts';
import { signEnvelope } from '../dsse.ts';
import type { Signer } from '../ed25519/types.ts';
import { malformed } from '../errors.ts';
import { MAX_DEPTH, MAX_RECORD_BYTES } from '../limits.ts';

const parser = parserOf(GateStatement, 'message.malformed');
const limits = { maxBytes: MAX_RECORD_BYTES, maxDepth: MAX_DEPTH };

/**
 * From its signed payload. Throws `message.malformed`, also for a statement whose subject is not
 * its facts, and for one that gives reasons and allows, or refuses without any.
 */
export function parseGateStatement(payload: Uint8Array, hash: Sha256 = sha256): GateStatement {
  const statement = parser.parse(parseCanonical(payload, limits, 'the decision'), 'the decision');
  const { subject, predicate } = statement;
  const { facts, outcome, reasons } = predicate;
  if (subject[0]?.name !== facts.service || subject[0].digest.sha256 !== factsDigest(facts, hash)) {
    throw malformed('the subject of the decision is not its facts');
  }
  if ((outcome === 'allowed') !== (reasons.length === 0)) {
    throw malformed(`the decision is ${outcome}, with ${reasons.length} reasons against it`);
  }
  return statement;
}

export interface SignedGate {
  readonly envelope: Envelope;
  /** SHA-256 of the signed payload. */
  readonly digest: string;
}

export function signGate(
  predicate: GatePredicate,
  signer: Signer,
  hash: Sha256 = sha256,
): SignedGate {
  const { facts } = predicate;
  const statement: GateStatement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: facts.service, digest: { sha256: factsDigest(facts, hash) } }],
    predicateType: GATE_PREDICATE_TYPE,
    predicate,
  };
  const payload = canonicalBytes(statement);
  return {
    envelope: signEnvelope(PAYLOAD_TYPES.record, payload, signer),
    digest: digestOf(payload, hash),
  };
}

const factsDigest = (facts: GateFacts, hash: Sha256): string =>
  digestOf(canonicalBytes(facts), hash);
