import Type, { type Static } from 'typebox';
import { Member } from '../evidence/record.ts';
import { Result } from '../messages/result.ts';
import { Nullable, Sha256Hex, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { Verdict, Vote } from '../verdict.ts';

/** A closed round in a list. */
export const RoundResource = Strict({
  id: Uuid7,
  monitor: Slug,
  revision: Type.Integer({ minimum: 1 }),
  /** W3C trace id that its HTTP probes sent, and where to look at the trace if the operator says. */
  traceId: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  traceUrl: Nullable(Type.String()),
  openedAt: Timestamp,
  closedAt: Timestamp,
  verdict: Verdict,
  /** k: voting groups that had to agree. */
  required: Type.Integer({ minimum: 1 }),
  members: Type.Array(Member),
  /** The votes that were counted, one per region at most. */
  votes: Type.Array(Strict({ region: Slug, agent: Slug, vote: Vote, slow: Type.Boolean() })),
});
export type RoundResource = Static<typeof RoundResource>;

/** A signed result as it is stored: also those that came late and were never counted. */
export const RawVote = Strict({
  result: Result,
  counted: Type.Boolean(),
  /** SHA-256 of the batch payload that proves it, and its place in it. */
  batch: Sha256Hex,
  index: Type.Integer({ minimum: 0 }),
  receivedAt: Timestamp,
});
export type RawVote = Static<typeof RawVote>;

/** One round with every attempt that agents reported for it. */
export const RoundDetail = Strict({ ...RoundResource.properties, results: Type.Array(RawVote) });
export type RoundDetail = Static<typeof RoundDetail>;
