/** Decisions as their signed statements have them; what the server says beside those counts nothing. */
import {
  digestOf,
  parseGateStatement,
  payloadOf,
  verifyDecision,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  PAYLOAD_TYPES,
  TrustMonitorError,
  type GateDecision,
  type GatePredicate,
} from '@trustmonitor/protocol';

export type Signature =
  | { readonly state: 'unchecked' }
  | { readonly state: 'verified'; readonly kid: string }
  | { readonly state: 'refused'; readonly why: string };

export interface OpenedDecision {
  /** Null where the statement cannot even be read. */
  readonly predicate: GatePredicate | null;
  readonly id: string;
  readonly digest: string;
  readonly signature: Signature;
}

/** With a ring every signature is checked; without one none is. */
export const openDecisions = (
  decisions: readonly GateDecision[],
  ring: TrustedKeyRing | null,
): OpenedDecision[] => decisions.map((decision) => open(decision, ring));

function open({ id, envelope }: GateDecision, ring: TrustedKeyRing | null): OpenedDecision {
  let known: Omit<OpenedDecision, 'signature'> = { predicate: null, id, digest: '' };
  try {
    const payload = payloadOf(envelope, PAYLOAD_TYPES.record);
    const { predicate } = parseGateStatement(payload);
    known = { predicate, id: predicate.decision, digest: digestOf(payload) };
    if (ring === null) return { ...known, signature: { state: 'unchecked' } };
    const { key } = verifyDecision(envelope, ring, nodeVerifier);
    if (predicate.decision !== id) throw refused(`it is decision ${predicate.decision}, not ${id}`);
    return { ...known, signature: { state: 'verified', kid: key.kid } };
  } catch (error) {
    if (!(error instanceof TrustMonitorError)) throw error;
    return { ...known, signature: { state: 'refused', why: error.message } };
  }
}

const refused = (message: string): TrustMonitorError =>
  new TrustMonitorError('signature.invalid', message);
