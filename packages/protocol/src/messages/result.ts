import Type, { type Static } from 'typebox';
import { Failure } from '../failure.ts';
import { signedMessageParserOf } from '../parse.ts';
import {
  Count,
  Micros,
  Millis,
  Nullable,
  Sha256Hex,
  Slug,
  Strict,
  Timestamp,
  Uuid7,
} from '../schema.ts';
import { Vote } from '../verdict.ts';

/** Microseconds of a monotonic clock; null where the attempt never got there. */
export const Phases = Strict({
  resolveUs: Nullable(Micros),
  connectUs: Nullable(Micros),
  tlsUs: Nullable(Micros),
  /** Request sent to first byte of the answer. */
  processingUs: Nullable(Micros),
  transferUs: Nullable(Micros),
  totalUs: Micros,
});
export type Phases = Static<typeof Phases>;

/** An assertion that did not hold. Texts are bounded excerpts. */
export const FailedAssertion = Strict({
  /** Position in the definition's `assertions`. */
  index: Type.Integer({ minimum: 0, maximum: 63 }),
  expected: Type.String({ maxLength: 300 }),
  actual: Type.String({ maxLength: 300 }),
  /** The header, JSON path, phase or other part of the answer that was looked at. */
  where: Type.String({ maxLength: 300 }),
});
export type FailedAssertion = Static<typeof FailedAssertion>;

const DnsObservation = Strict({
  server: Type.String({ maxLength: 320 }),
  transport: Type.Enum(['udp', 'tcp']),
  rcode: Type.String({ maxLength: 16 }),
  authoritative: Type.Boolean(),
  /** In presentation format, sorted. */
  answers: Type.Array(Type.String({ maxLength: 512 }), { maxItems: 32 }),
});

const IcmpObservation = Strict({
  sent: Count,
  received: Count,
  minUs: Nullable(Micros),
  meanUs: Nullable(Micros),
  maxUs: Nullable(Micros),
});

/** SHA-256, the first 64 bits. */
const ShortDigest = Type.String({ pattern: '^[0-9a-f]{16}$' });

/** Larger content is not looked at: it would hold the agent up. */
export const MAX_SHAPED_BYTES = 65_536;

/** The form of an HTTP answer, whatever it says: see docs/anomalies.md. */
const ResponseShape = Strict({
  /** Of the names of its headers. */
  headers: ShortDigest,
  /**
   * Of the keys and types of its content. Null for what is no JSON; and for what was not looked at: that
   * has more than `MAX_SHAPED_BYTES` (`bodyBytes`), or no hash (`bodySha256`).
   */
  json: Nullable(ShortDigest),
});

/** What was seen of the peer, as far as the attempt got. */
export const Observation = Strict({
  /** The address connected to, or tried last. */
  address: Nullable(Type.String({ maxLength: 64 })),
  /** All addresses the name resolved to. */
  addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 }),
  family: Nullable(Type.Enum([4, 6])),
  httpVersion: Nullable(Type.String({ maxLength: 8 })),
  status: Nullable(Type.Integer({ minimum: 0, maximum: 999 })),
  /** Chosen headers only, lower-case names, bounded values. */
  headers: Type.Record(Type.String({ maxLength: 128 }), Type.String({ maxLength: 512 })),
  /** Content after decompression. */
  bodyBytes: Nullable(Count),
  bodySha256: Nullable(Sha256Hex),
  /** Of HTTP answers; older agents do not say it. */
  shape: Type.Optional(ResponseShape),
  /** How the content begins; only of a failed attempt of a check that asks for it. */
  bodyExcerpt: Type.Optional(Type.String({ maxLength: 512 })),
  /** Where redirects led, in order, without queries and fragments (they may carry tokens). */
  redirects: Type.Array(Type.String({ maxLength: 2_048 }), { maxItems: 20 }),
  /** SHA-256 of each certificate's DER, leaf first. */
  certificates: Type.Array(Strict({ sha256: Sha256Hex, notAfter: Timestamp }), { maxItems: 10 }),
  tlsVersion: Nullable(Type.String({ maxLength: 16 })),
  tlsCipher: Nullable(Type.String({ maxLength: 64 })),
  /** False where the check has `verify: false` and the certificate would not have passed. */
  tlsVerified: Nullable(Type.Boolean()),
  dns: Nullable(DnsObservation),
  icmp: Nullable(IcmpObservation),
  failedAssertions: Type.Array(FailedAssertion, { maxItems: 16 }),
});
export type Observation = Static<typeof Observation>;

/** How fit the agent was to judge while it probed. */
export const SelfCheck = Strict({
  /** Null when the canaries were not run (no failure to attribute). */
  canaries: Nullable(Type.Enum(['ok', 'failed'])),
  loopDelayUs: Micros,
  queued: Count,
});
export type SelfCheck = Static<typeof SelfCheck>;

/**
 * What one agent saw in one attempt: the leaf of a vote batch, and exactly the fields of a row
 * of the results table. Retries add results; only the one that is `final` votes.
 */
export const Result = Strict({
  v: Type.Literal(1),
  network: Slug,
  agent: Slug,
  region: Slug,
  monitor: Slug,
  /** Digest of the check definition that was run. */
  check: Sha256Hex,
  round: Uuid7,
  /** 1 for the first attempt of the job. */
  attempt: Type.Integer({ minimum: 1, maximum: 16 }),
  final: Type.Boolean(),
  outcome: Vote,
  failure: Nullable(Failure),
  /** Agent's clock: a claim, not a proof. */
  startedAt: Timestamp,
  durationMs: Millis,
  phases: Phases,
  response: Nullable(Observation),
  selfCheck: SelfCheck,
});
export type Result = Static<typeof Result>;

export const resultParser = signedMessageParserOf(Result);
