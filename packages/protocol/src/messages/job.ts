import Type, { type Static } from 'typebox';
import { CheckDefinition } from '../check.ts';
import { Secrets } from '../checks/common.ts';
import { messageParserOf } from '../parse.ts';
import { CoordinatorId, Millis, Sha256Hex, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';

/**
 * What one region is to do in one round. Self-contained: the agent keeps no monitor.
 *
 * Sent on `tm.v1.job.<region>`, at most once.
 */
export const Job = Strict({
  v: Type.Literal(1),
  network: Slug,
  round: Uuid7,
  monitor: Slug,
  region: Slug,
  shard: Type.Integer({ minimum: 0, maximum: 1_023 }),
  phase: Type.Enum(['primary', 'verify']),
  /** Coordinator's clock. The agent corrects by the offset its heartbeats measured. */
  issuedAt: Timestamp,
  /** Whose clock that is; absent where nobody says. */
  coordinator: Type.Optional(CoordinatorId),
  /** From `issuedAt`; a job whose time is over is dropped, and silence is an abstention. */
  expiresInMs: Millis,
  check: Strict({
    /** `sha256(JCS(definition))`; the agent refuses a job whose digest does not fit. */
    digest: Sha256Hex,
    definition: CheckDefinition,
  }),
  /** Values for the definition's `secretRef`s: never logged, stored in the clear or published. */
  secrets: Secrets,
  /** A failure counts only if the agent's canaries answer when asked anew, after this job came. */
  recheckCanaries: Type.Optional(Type.Boolean()),
});
export type Job = Static<typeof Job>;

export const jobParser = messageParserOf(Job);
