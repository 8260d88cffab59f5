import Type, { type Static } from 'typebox';
import { Assertion } from '../assertion.ts';
import { FailureClass } from '../failure.ts';
import { Millis, Nullable, Strict } from '../schema.ts';

/** Which failures are tried again inside one job, and how. The job's deadline covers them all. */
export const RetryPolicy = Strict({
  /** Attempts after the first; 0 turns retrying off. */
  count: Type.Integer({ minimum: 0, maximum: 5 }),
  /** First back-off; it doubles with each attempt, with full jitter. */
  backoffMs: Type.Integer({ minimum: 10, maximum: 60_000 }),
  classes: Type.Array(FailureClass, { maxItems: 40 }),
});
export type RetryPolicy = Static<typeof RetryPolicy>;

/** Fields that every check kind has. */
export const CheckCommon = {
  /** Covers all attempts of one job. */
  timeoutMs: Type.Integer({ minimum: 50, maximum: 300_000 }),
  assertions: Type.Array(Assertion, { maxItems: 64 }),
  /** An `up` slower than this counts as slow; enough slow votes make a round `degraded`. */
  degradedAfterMs: Nullable(Millis),
  retries: RetryPolicy,
};
