/** An incident's records and votes as they are stored -> the bundle that an outsider gets. */
import {
  buildBundle,
  buildSigstoreBundle,
  digestOf,
  decodeHex,
  decodeUtf8,
  encodeUtf8,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  placesNeeded,
  parseStatement,
  payloadOf,
  proveVotes,
  type EvidenceParts,
  type Signer,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import {
  Batch,
  Envelope,
  PAYLOAD_TYPES,
  TrustMonitorError,
  parserOf,
  type BundledVote,
  type CheckDefinition,
  type IncidentPredicate,
  type LogPlace,
  type Uuid7,
} from '@trustmonitor/protocol';
import type { KeyRings } from './keyrings.ts';
import type { Queryable } from './store/database.ts';
import { placesOf, tlogProofOf } from './log/proofs.ts';
import type { Transparency } from './log/transparency.ts';
import { selectRecords, type StoredRecord } from './store/incidents.ts';
import { selectNotes } from './store/log.ts';
import { selectRevision } from './store/revisions.ts';
import { selectBatches, selectResults, type StoredResult } from './store/results.ts';

const envelopeParser = parserOf(Envelope, 'internal');

/**
 * The bundle's bytes; null when there is no such incident.
 *
 * Throws `evidence.pending` while a log is kept and the witnesses have not cosigned a checkpoint
 * over the newest record.
 */
export async function bundleOf(
  db: Queryable,
  incident: Uuid7,
  keyRings: KeyRings,
): Promise<Uint8Array | null> {
  const { ring, envelopes } = keyRings.current;
  const parts = await evidencePartsOf(db, await selectRecords(db, incident), ring);
  return parts && buildBundle({ ...parts, keyrings: envelopes });
}

/**
 * What proves these records: all of one incident, or its first ones, oldest first. Null when
 * there are none. Throws `evidence.pending`, as `bundleOf` does.
 */
export async function evidencePartsOf(
  db: Queryable,
  records: readonly StoredRecord[],
  ring: TrustedKeyRing,
): Promise<EvidenceParts | null> {
  const [first, ...later] = records.map(({ envelope }) => envelope);
  if (first === undefined) return null;
  const predicates = [first, ...later].map(predicateOf);
  const votes = await votesOf(db, predicates);
  const definitions = await definitionsOf(db, predicates);
  const unlogged = { records: [first, ...later] as const, votes, definitions };
  if (ring.ring.policy.witness === null) {
    return { ...unlogged, tlogProof: null, places: [], seenNotes: [] };
  }
  const tlogProof = await proofOf(db, records.at(-1)?.digest ?? '');
  const places = await placesIn(db, records.slice(0, -1), votes, { ring, tlogProof });
  return { ...unlogged, tlogProof, places, seenNotes: await seenNotesOf(db, votes) };
}

/** Where the earlier records and what revoked keys signed stand, in the same tree. */
async function placesIn(
  db: Queryable,
  earlier: readonly StoredRecord[],
  votes: readonly BundledVote[],
  { ring, tlogProof }: { ring: TrustedKeyRing; tlogProof: string },
): Promise<LogPlace[]> {
  // Only digests matter here: whose keys they are is for the verifier to say.
  const placed = ({ digest, envelope }: Pick<StoredRecord, 'digest' | 'envelope'>) => ({
    digest,
    envelope,
    publicKey: new Uint8Array(),
  });
  const batches = votes.map(({ batch }) => ({
    ...placed({ digest: digestOf(payloadOf(batch, PAYLOAD_TYPES.batch)), envelope: batch }),
    isRevoked: isRevoked(ring, batch.signatures[0]?.keyid ?? ''),
  }));
  const needed = placesNeeded(earlier.map(placed), batches);
  const { size } = parseCheckpoint(parseNote(parseTlogProof(tlogProof).checkpoint).text);
  return placesOf(
    db,
    needed.map(({ digest }) => digest),
    size,
  );
}

function isRevoked(ring: TrustedKeyRing, kid: string): boolean {
  return (ring.find(kid)?.revokedAtLogSize ?? null) !== null;
}

/** The evidence in the forms of others, for those who have their tools. */
export interface ForeignEvidence {
  /** c2sp.org/tlog-proof of the newest record. */
  readonly tlogProof: string;
  /** Sigstore bundle v0.3 of the newest record. */
  readonly sigstore: object;
}

/** Who signs records, and the log that they stand in. */
interface Signing {
  readonly signer: Signer;
  readonly transparency: Transparency | null;
}

/** Null when there is no such incident. Throws `evidence.pending`, as `bundleOf` does. */
export async function foreignEvidenceOf(
  db: Queryable,
  incident: Uuid7,
  { signer, transparency }: Signing,
): Promise<ForeignEvidence | null> {
  const records = await selectRecords(db, incident);
  const newest = records.at(-1);
  if (newest === undefined) return null;
  if (transparency === null) {
    throw new TrustMonitorError('not_found', 'this network keeps no log to prove it from');
  }
  const tlogProof = await proofOf(db, newest.digest);
  const { logKey } = transparency.identity;
  const sigstore = buildSigstoreBundle(newest.envelope, signer.publicKey, tlogProof, logKey);
  return { tlogProof, sigstore };
}

/** Of the document with this payload digest, which is logged. Throws `evidence.pending`. */
export async function proofOf(db: Queryable, digest: string): Promise<string> {
  const proof = await tlogProofOf(db, digest);
  if (proof !== null) return proof;
  throw pending();
}

export function pending(): TrustMonitorError {
  return new TrustMonitorError('evidence.pending', 'the witnesses have not cosigned it yet', {
    hint: 'Ask again in a few seconds. If that goes on, see whether the agents are alive.',
  });
}

/** The cosigned checkpoints that the votes' batches say their agents had seen. */
async function seenNotesOf(db: Queryable, votes: readonly BundledVote[]): Promise<string[]> {
  const digests = votes.flatMap(({ batch }) => seenBy(batch) ?? []);
  return [...(await selectNotes(db, [...new Set(digests)])).values()];
}

const batchParser = parserOf(Batch, 'internal');

function seenBy(envelope: Envelope): string | undefined {
  const payload = decodeUtf8(payloadOf(envelope, PAYLOAD_TYPES.batch));
  return batchParser.parseJson(payload).seen?.note;
}

export function predicateOf(envelope: Envelope): IncidentPredicate {
  return parseStatement(payloadOf(envelope, PAYLOAD_TYPES.record)).predicate;
}

/** The definition of each revision that a record is about. */
async function definitionsOf(
  db: Queryable,
  predicates: readonly IncidentPredicate[],
): Promise<CheckDefinition[]> {
  const definitions = new Map<number, CheckDefinition>();
  for (const { monitor, revision } of predicates) {
    if (definitions.has(revision)) continue;
    const stored = await selectRevision(db, monitor, revision);
    if (stored === null) {
      throw new TrustMonitorError('internal', `revision ${revision} of ${monitor} is not stored`);
    }
    definitions.set(revision, stored.check);
  }
  return [...definitions.values()];
}

/** The counted results of the records' rounds, each with its proof. */
async function votesOf(
  db: Queryable,
  predicates: readonly IncidentPredicate[],
): Promise<BundledVote[]> {
  const rounds = new Set(predicates.flatMap((p) => p.rounds.map(({ round }) => round)));
  const results = (await selectResults(db, [...rounds])).filter(({ counted }) => counted);
  const byBatch = groupByBatch(results);
  const batches = await selectBatches(db, [...byBatch.keys()]);
  return [...byBatch].flatMap(([digest, members]) => {
    const batch = batches.get(digest);
    if (batch === undefined) throw new TrustMonitorError('internal', `batch ${digest} is missing`);
    return proveVotes(
      {
        envelope: envelopeParser.parseJson(batch.envelope, `batch ${digest}`),
        leafHashes: batch.leafHashes.map((hash) => decodeHex(hash)),
      },
      members.map(toLeaf),
    );
  });
}

function groupByBatch(results: readonly StoredResult[]): Map<string, StoredResult[]> {
  const groups = new Map<string, StoredResult[]>();
  for (const result of results) {
    const group = groups.get(result.batch);
    if (group === undefined) groups.set(result.batch, [result]);
    else group.push(result);
  }
  return groups;
}

function toLeaf({ index, leaf }: StoredResult): { index: number; leaf: Uint8Array } {
  return { index, leaf: encodeUtf8(leaf) };
}
