import Type, { type Static } from 'typebox';
import { QUORUM_PATTERN } from '../quorum-rule.ts';
import { Millis, Nullable, Sha256Hex, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { Verdict, Vote } from '../verdict.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const INCIDENT_PREDICATE_TYPE = 'https://trustmonitor.dev/predicates/incident/v1';

/** The decision policy as it was applied: with the votes, enough to decide again. */
export const DecisionPolicy = Strict({
  quorum: Type.String({ pattern: QUORUM_PATTERN }),
  confirmRounds: Type.Integer({ minimum: 1, maximum: 20 }),
  confirmAfterMs: Millis,
  recoverRounds: Type.Integer({ minimum: 1, maximum: 20 }),
  /** Whether a confirmed `partial` opens an incident. */
  partialOpens: Type.Boolean(),
});
export type DecisionPolicy = Static<typeof DecisionPolicy>;

/** A region asked in a round, and the voting group that its vote counts for. */
export const Member = Strict({ region: Slug, group: Slug });
export type Member = Static<typeof Member>;

/** One vote, and where the signed result that it comes from is to be found. */
export const RecordedVote = Strict({
  agent: Slug,
  region: Slug,
  round: Uuid7,
  vote: Vote,
  /** SHA-256 of the batch payload that holds the result. */
  batch: Sha256Hex,
  /** Position of the result in its batch. */
  index: Type.Integer({ minimum: 0, maximum: 4_095 }),
  /** RFC 9162 leaf hash of the result. */
  leaf: Sha256Hex,
});
export type RecordedVote = Static<typeof RecordedVote>;

export const RecordedRound = Strict({
  round: Uuid7,
  openedAt: Timestamp,
  closedAt: Timestamp,
  verdict: Verdict,
});
export type RecordedRound = Static<typeof RecordedRound>;

/** Part of a public statement: it should not name people. */
export const AmendmentReason = Type.String({
  minLength: 1,
  maxLength: 2_000,
  pattern: String.raw`\S`,
});

/** One step of an incident. `previous` chains the steps; a manual edit is an `amend`. */
export const IncidentPredicate = Strict({
  network: Slug,
  monitor: Slug,
  revision: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  incident: Uuid7,
  step: Type.Enum(['open', 'update', 'resolve', 'amend']),
  /** SHA-256 of the incident's earlier record payload; null for `open`. */
  previous: Nullable(Sha256Hex),
  verdict: Verdict,
  openedAt: Timestamp,
  resolvedAt: Nullable(Timestamp),
  recordedAt: Timestamp,
  rounds: Type.Array(RecordedRound, { maxItems: 64 }),
  policy: DecisionPolicy,
  /** Fixed when the round opened: those who did not answer are members too. */
  members: Type.Array(Member, { minItems: 1, maxItems: 64 }),
  keyring: Strict({
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    digest: Sha256Hex,
  }),
  votes: Type.Array(RecordedVote, { maxItems: 1_024 }),
  /** What a person says by hand; in an `amend`, and in nothing else. */
  amendment: Type.Optional(Strict({ reason: AmendmentReason })),
});
export type IncidentPredicate = Static<typeof IncidentPredicate>;

/** in-toto Statement v1 about one incident step. The subject is the target by its check digest. */
export const IncidentStatement = Strict({
  _type: Type.Literal(STATEMENT_TYPE),
  subject: Type.Array(
    Strict({ name: Type.String({ maxLength: 2_048 }), digest: Strict({ sha256: Sha256Hex }) }),
    { minItems: 1, maxItems: 1 },
  ),
  predicateType: Type.Literal(INCIDENT_PREDICATE_TYPE),
  predicate: IncidentPredicate,
});
export type IncidentStatement = Static<typeof IncidentStatement>;
