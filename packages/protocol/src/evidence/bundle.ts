import Type, { type Static } from 'typebox';
import { CheckDefinition } from '../check.ts';
import { Count, Nullable, Sha256Hex, Strict } from '../schema.ts';
import { Envelope } from './envelope.ts';

export const BUNDLE_MEDIA_TYPE = 'application/vnd.trustmonitor.evidence.v1+json';

/** A vote's result with its proof of membership in the batch that an agent signed. */
export const BundledVote = Strict({
  batch: Envelope,
  /** The result's canonical bytes, as text. */
  leaf: Type.String({ maxLength: 65_536 }),
  index: Type.Integer({ minimum: 0, maximum: 4_095 }),
  /** Audit path, hashes in hex from the leaf upwards. */
  proof: Type.Array(Sha256Hex, { maxItems: 12 }),
});
export type BundledVote = Static<typeof BundledVote>;

/** Where a document stands in the log whose head `tlogProof` has. */
export const LogPlace = Strict({
  index: Count,
  /** Audit path, hashes in hex from the leaf upwards. */
  path: Type.Array(Sha256Hex, { maxItems: 53 }),
});
export type LogPlace = Static<typeof LogPlace>;

/** All that proves one incident, but for the key rings that it is proven by. */
export const IncidentEvidence = Strict({
  /** The newest record of the incident. */
  incident: Envelope,
  /** All its earlier records, oldest first. */
  chain: Type.Array(Envelope, { maxItems: 256 }),
  /** The votes that the records of `chain` and `incident` name. */
  votes: Type.Array(BundledVote, { maxItems: 8_192 }),
  /** c2sp.org/tlog-proof text for `incident`; null while the network has no log. */
  tlogProof: Nullable(Type.String({ maxLength: 65_536 })),
  /**
   * Places of the records of `chain`, then of batches by keys that were revoked later, each once, as
   * the votes first name them. Empty while the network has no log.
   */
  places: Type.Array(LogPlace, { maxItems: 8_192 }),
  /** Cosigned checkpoints that the batches' `seen` point to. */
  seenNotes: Type.Array(Type.String({ maxLength: 65_536 }), { maxItems: 64 }),
  /**
   * The check definitions whose digests are the records' subjects, as the records first name
   * them: more than one when the monitor was edited during the incident.
   */
  definitions: Type.Array(CheckDefinition, { minItems: 1, maxItems: 256 }),
});
export type IncidentEvidence = Static<typeof IncidentEvidence>;

/** The one file an outsider gets. Trust starts from the root file that the outsider pinned. */
export const Bundle = Strict({
  mediaType: Type.Literal(BUNDLE_MEDIA_TYPE),
  ...IncidentEvidence.properties,
  /** Key ring versions from 1 to the newest needed. */
  keyrings: Type.Array(Envelope, { minItems: 1, maxItems: 256 }),
});
export type Bundle = Static<typeof Bundle>;
