/** The gate: whether a deployment may go on. */
import Type, { type Static } from 'typebox';
import { Envelope } from '../evidence/envelope.ts';
import {
  DeployedVersion,
  GateFacts,
  GateOutcome,
  GatePolicy,
  GateRuleResult,
  GateStage,
  GateThresholds,
} from '../evidence/gate.ts';
import { Sha256Hex, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { ServiceName } from '../service.ts';

export const GateInput = Strict({
  service: ServiceName,
  /** `production`, if not given. */
  stage: Type.Optional(GateStage),
  version: Type.Optional(DeployedVersion),
});
export type GateInput = Static<typeof GateInput>;

/** A decision in a list. */
export const GateDecision = Strict({
  id: Uuid7,
  service: ServiceName,
  stage: GateStage,
  decidedAt: Timestamp,
  outcome: GateOutcome,
  reasons: Type.Array(Type.String()),
  policy: GatePolicy,
  facts: GateFacts,
  thresholds: GateThresholds,
  rules: Type.Array(GateRuleResult),
  /** SHA-256 of the signed payload: its name in the log. */
  digest: Sha256Hex,
  /** The signed statement that all of this is read from. */
  envelope: Envelope,
});
export type GateDecision = Static<typeof GateDecision>;
