/** Puts together the one file that an outsider gets. */
import {
  BUNDLE_MEDIA_TYPE,
  Batch,
  PAYLOAD_TYPES,
  TrustMonitorError,
  parserOf,
  type Bundle,
  type BundledVote,
  type CheckDefinition,
  type Envelope,
  type IncidentEvidence,
  type IncidentStatement,
  type LogPlace,
} from '@trustmonitor/protocol';
import { canonicalBytes } from '../canonical.ts';
import { checkDigest, digestOf } from '../digest.ts';
import { payloadOf } from '../dsse.ts';
import { concat } from '../encoding/bytes.ts';
import { decodeUtf8, encodeUtf8 } from '../encoding/text.ts';
import { parseStatement } from '../record/parse.ts';
import { voteName, votesInOrder } from './order.ts';

const batchParser = parserOf(Batch, 'message.malformed');

/** What the evidence of one incident is made of. */
export interface EvidenceParts {
  /** All records of the incident, oldest first. */
  readonly records: readonly [Envelope, ...Envelope[]];
  /** The votes that the records name, in any order; see `proveVotes`. */
  readonly votes: readonly BundledVote[];
  /** The definitions whose digests the records name, in any order. */
  readonly definitions: readonly CheckDefinition[];
  /** Null while the network has no log. */
  readonly tlogProof: string | null;
  /** In the order of `placesNeeded`; none while the network has no log. */
  readonly places: readonly LogPlace[];
  /** The cosigned checkpoints that the votes' batches had seen, in any order. */
  readonly seenNotes: readonly string[];
}

export interface BundleParts extends EvidenceParts {
  /** Key ring versions from 1 to the newest needed. */
  readonly keyrings: readonly Envelope[];
}

/**
 * The bundle's bytes: canonical JSON and a line break. The same incident always gives the same
 * bytes. Throws `internal` when a vote that a record names is not among the parts.
 */
export function buildBundle(parts: BundleParts): Uint8Array {
  const bundle: Bundle = {
    mediaType: BUNDLE_MEDIA_TYPE,
    ...incidentEvidence(parts),
    keyrings: [...parts.keyrings],
  };
  return concat(canonicalBytes(bundle), encodeUtf8('\n'));
}

/** The same without key rings, for files that hold several incidents. */
export function incidentEvidence(parts: EvidenceParts): IncidentEvidence {
  const votes = votesOf(parts);
  return {
    incident: parts.records.at(-1) ?? parts.records[0],
    chain: parts.records.slice(0, -1),
    votes,
    tlogProof: parts.tlogProof,
    places: [...parts.places],
    seenNotes: seenNotesOf(votes, parts.seenNotes),
    definitions: definitionsOf(parts),
  };
}

/** Each definition that a record names, once, as the records first name them. */
function definitionsOf({ records, definitions }: EvidenceParts): CheckDefinition[] {
  const byDigest = new Map(definitions.map((each) => [checkDigest(each), each]));
  const named = statementsOf(records).map(({ subject }) => subject[0]?.digest.sha256 ?? '-');
  return [...new Set(named)].map((digest) => {
    const definition = byDigest.get(digest);
    if (definition !== undefined) return definition;
    throw new TrustMonitorError('internal', `check definition ${digest} is missing`);
  });
}

const statementsOf = (records: readonly Envelope[]): IncidentStatement[] =>
  records.map((envelope) => parseStatement(payloadOf(envelope, PAYLOAD_TYPES.record)));

function votesOf({ records, votes }: EvidenceParts): BundledVote[] {
  const byName = new Map<string, BundledVote>();
  for (const vote of votes) {
    const batch = digestOf(payloadOf(vote.batch, PAYLOAD_TYPES.batch));
    byName.set(voteName({ batch, index: vote.index }), vote);
  }
  return votesInOrder(statementsOf(records)).map((recorded) => {
    const vote = byName.get(voteName(recorded));
    if (vote !== undefined) return vote;
    throw new TrustMonitorError(
      'internal',
      `the proof of result ${recorded.index} of batch ${recorded.batch} is missing`,
    );
  });
}

/** Each note that a vote names, once, as the votes first name them. */
function seenNotesOf(votes: readonly BundledVote[], notes: readonly string[]): string[] {
  const byDigest = new Map(notes.map((note) => [digestOf(encodeUtf8(note)), note]));
  const named = new Set(votes.flatMap(({ batch }) => seenBy(batch) ?? []));
  return [...named].map((digest) => {
    const note = byDigest.get(digest);
    if (note !== undefined) return note;
    throw new TrustMonitorError('internal', `the checkpoint ${digest} that a vote saw is missing`);
  });
}

function seenBy(batch: Envelope): string | undefined {
  const payload = payloadOf(batch, PAYLOAD_TYPES.batch);
  return batchParser.parseJson(decodeUtf8(payload), 'a batch').seen?.note;
}
