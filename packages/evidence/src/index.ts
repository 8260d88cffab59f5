export { concat, equalBytes } from './encoding/bytes.ts';
export { decodeHex, encodeHex } from './encoding/hex.ts';
export { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from './encoding/base64.ts';
export { decodeUtf8, encodeUtf8 } from './encoding/text.ts';
export {
  DEFAULT_LIMITS,
  canonicalBytes,
  canonicalText,
  parseCanonical,
  parseCanonicalText,
  type JsonLimits,
} from './canonical.ts';
export { checkDigest, digestOf, sha256, type Sha256 } from './digest.ts';

export type { SignatureVerifier, Signer } from './ed25519/types.ts';
export { isUsableKey, jwkOf, keyIdOf, publicKeyOf } from './ed25519/public-key.ts';
export { nobleVerifier, signerFromSeed } from './ed25519/noble.ts';

export {
  payloadOf,
  preAuthEncoding,
  signEnvelope,
  verifyEnvelope,
  verifySoleSignature,
  type KeyLookup,
  type OpenedEnvelope,
} from './dsse.ts';

export { emptyHead, leafHash, nodeHash } from './merkle/hash.ts';
export { MerkleTree, consistencyProof, inclusionProof, treeHead } from './merkle/tree.ts';
export { headFromInclusion, verifyConsistency, verifyInclusion } from './merkle/verify.ts';

export { sealBatch, type BatchHeader, type SealedBatch } from './batch/seal.ts';
export { openBatch, type OpenedBatch, type OpenedLeaf } from './batch/open.ts';

export { ROOT_FILE_TYPE, cosignKeyRing, rootFileOf, signKeyRing } from './keyring/sign.ts';
export { agentPolicyOf } from './keyring/agent-policy.ts';
export { enrolAgent, revokeAgent, type Moment, type NewAgent } from './keyring/amend.ts';
export { joinMessage, openJoin, signJoin, type JoinKeys } from './keyring/join.ts';
export { verifyKeyRings, verifyNextKeyRing } from './keyring/verify.ts';
export { TrustedKeyRing, type Voter } from './keyring/ring.ts';
export type { KeySource, TrustedKey } from './keyring/types.ts';

export { signRecord, type SignedRecord } from './record/sign.ts';
export { parseStatement } from './record/parse.ts';
export { predicateTypeOf } from './record/kind.ts';
export { isSlow } from './record/slow.ts';
export { MAX_CLOCK_SKEW_MS, isFresh } from './record/fresh.ts';
export {
  buildInclusionFor,
  proveVote,
  proveVotes,
  type LeafToProve,
  type ProvableBatch,
} from './bundle/prove.ts';
export { placesNeeded, type Placed, type PlacedBatch } from './bundle/places.ts';
export {
  buildBundle,
  incidentEvidence,
  type BundleParts,
  type EvidenceParts,
} from './bundle/build.ts';
export {
  UPTIME_POLICY,
  accountTime,
  figureOf,
  incidentTime,
  type Span,
  type VerdictSpan,
} from './uptime/account.ts';
export { openedMs, resolvedMs, standingsOf, type IncidentSteps } from './uptime/standing.ts';
export { parseUptimeStatement, signUptime, type SignedUptime } from './uptime/statement.ts';
export {
  heldSpan,
  parseMaintenance,
  signMaintenance,
  type SignedMaintenance,
} from './maintenance/statement.ts';
export { buildReportFile } from './uptime/file.ts';
export { parseGateStatement, signGate, type SignedGate } from './gate/statement.ts';

export { verifyBundle } from './verify/verify.ts';
export { verifyReport } from './verify/uptime.ts';
export { witnessedByMs } from './verify/maintenance.ts';
export { verifyDecision, type VerifiedDecision } from './verify/gate.ts';
export { isReportFile } from './verify/format.ts';
export {
  CHECKS,
  NOT_PROVEN,
  REPORT_CHECKS,
  TAKEN_ON_TRUST,
  wasVacuous,
  type CheckCode,
  type CheckResult,
  type UptimeVerification,
  type VerificationReport,
  type VerifyOptions,
} from './verify/report.ts';
export { MAX_BATCH_BYTES, MAX_BATCH_RESULTS, MAX_BUNDLE_BYTES, MAX_LEAF_BYTES } from './limits.ts';

export {
  formatNote,
  formatSignatureLine,
  parseNote,
  parseSignatureLine,
  type NoteSignature,
  type SignedNote,
} from './log/note.ts';
export { formatVkey, noteKeyOf, parseVkey, type NoteKey, type NoteType } from './log/vkey.ts';
export {
  checkpointText,
  parseCheckpoint,
  requireLogSignature,
  signCheckpoint,
  type Checkpoint,
} from './log/checkpoint.ts';
export {
  addSignatureLines,
  cosign,
  cosignatureTime,
  statedCosignatures,
} from './log/cosignature.ts';
export { formatTlogProof, parseTlogProof, type TlogProof } from './log/proof.ts';
export { meetsQuorum, parsePolicy, type QuorumNode, type WitnessPolicy } from './log/policy.ts';
export { majorityPolicy, type NamedWitness, type StatedPolicy } from './log/witness-policy.ts';
export { logLeafOf, spkiOf } from './log/leaf.ts';
export {
  TILE_WIDTH,
  Tile,
  entriesPath,
  formatEntries,
  parseEntries,
  parseTilePath,
  tilePath,
  type TileId,
  type TileRequest,
} from './log/tiles.ts';
export {
  EMPTY_TREE,
  appendLeaves,
  headOf,
  planConsistency,
  planInclusion,
  type Appended,
  type LogTree,
  type ProofPlan,
  type TileRow,
} from './log/tree.ts';
export { SIGSTORE_MEDIA_TYPE, buildSigstoreBundle, sigstoreLogId } from './log/sigstore.ts';
export {
  formatAddCheckpoint,
  judgeCheckpoint,
  parseAddCheckpoint,
  type AddCheckpoint,
  type Judgement,
  type KnownTree,
} from './log/witness.ts';
export { compareCheckpoints, type Comparison } from './log/compare.ts';
