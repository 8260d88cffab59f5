/** An incident's records and votes as they are stored -> the bundle that an outsider gets. */
import {
  buildBundle,
  decodeHex,
  encodeUtf8,
  parseStatement,
  payloadOf,
  proveVotes,
} from '@trustmonitor/evidence';
import {
  Envelope,
  PAYLOAD_TYPES,
  TrustMonitorError,
  parserOf,
  type BundledVote,
  type CheckDefinition,
  type IncidentPredicate,
  type Uuid7,
} from '@trustmonitor/protocol';
import type { KeyRings } from './keyrings.ts';
import type { Queryable } from './store/database.ts';
import { selectRecords } from './store/incidents.ts';
import { selectRevision } from './store/monitors.ts';
import { selectBatches, selectResults, type StoredResult } from './store/results.ts';

const envelopeParser = parserOf(Envelope, 'internal');

/** The bundle's bytes; null when there is no such incident. */
export async function bundleOf(
  db: Queryable,
  incident: Uuid7,
  keyRings: KeyRings,
): Promise<Uint8Array | null> {
  const records = (await selectRecords(db, incident)).map(({ envelope }) => envelope);
  const [first, ...later] = records;
  if (first === undefined) return null;
  const predicates = records.map(predicateOf);
  return buildBundle({
    records: [first, ...later],
    votes: await votesOf(db, predicates),
    keyrings: keyRings.envelopes,
    definition: await definitionOf(db, predicates),
    tlogProof: null,
    seenNotes: [],
  });
}

function predicateOf(envelope: Envelope): IncidentPredicate {
  return parseStatement(payloadOf(envelope, PAYLOAD_TYPES.record)).predicate;
}

async function definitionOf(
  db: Queryable,
  predicates: readonly IncidentPredicate[],
): Promise<CheckDefinition> {
  const newest = predicates.at(-1);
  const monitor = newest && (await selectRevision(db, newest.monitor, newest.revision));
  if (!monitor) throw new TrustMonitorError('internal', 'the recorded revision is not stored');
  return monitor.check;
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
