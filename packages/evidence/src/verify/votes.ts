/** From the votes that the records name to the signed results behind them. */
import type { BundledVote, IncidentEvidence, RecordedVote, Result } from '@trustmonitor/protocol';
import { parseResult, requireResultOfKey } from '../batch/result.ts';
import { verifyBatch, type VerifiedBatch } from '../batch/signature.ts';
import { voteName, votesInOrder } from '../bundle/order.ts';
import type { Sha256 } from '../digest.ts';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { decodeHex, encodeHex } from '../encoding/hex.ts';
import { encodeUtf8 } from '../encoding/text.ts';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import { leafHash } from '../merkle/hash.ts';
import { headFromInclusion } from '../merkle/verify.ts';
import { requireSubject, type Subjects } from './subject.ts';
import { CheckFailed, checked, type Checked } from './report.ts';
import { countOf, type VerifiedRecord, type VerifiedRecords } from './records.ts';

/** A vote as one record names it, beside its proof. */
export interface ClaimedVote {
  readonly record: VerifiedRecord;
  readonly recorded: RecordedVote;
  readonly bundled: BundledVote;
}

export interface SignedVote extends ClaimedVote {
  readonly batch: VerifiedBatch;
}

export interface ProvenVote extends SignedVote {
  /** What the agent saw, as it signed it. */
  readonly result: Result;
}

export function checkVotesComplete(
  { votes }: IncidentEvidence,
  records: VerifiedRecords,
): Checked<readonly ClaimedVote[]> {
  const expected = votesInOrder(records.map(({ statement }) => statement));
  if (votes.length !== expected.length) {
    throw new CheckFailed(
      `the records name ${countOf(expected.length, 'vote')}, the file proves ${votes.length}`,
    );
  }
  const bundledOf = new Map<string, BundledVote>();
  for (const [at, bundled] of votes.entries()) {
    const recorded = expected[at];
    if (recorded === undefined || recorded.index !== bundled.index) {
      throw new CheckFailed(`vote ${at} of the file is not the one that the records name there`);
    }
    bundledOf.set(voteName(recorded), bundled);
  }
  const claimed = records.flatMap((record) =>
    record.predicate.votes.map((recorded) => ({
      record,
      recorded,
      bundled: requireBundled(bundledOf, recorded),
    })),
  );
  return checked(claimed, `${countOf(votes.length, 'vote')}, each with its proof`);
}

function requireBundled(
  bundledOf: ReadonlyMap<string, BundledVote>,
  recorded: RecordedVote,
): BundledVote {
  const bundled = bundledOf.get(voteName(recorded));
  if (bundled !== undefined) return bundled;
  throw new CheckFailed(`the file has no proof of the vote of ${recorded.agent}`);
}

export function checkVoteSignatures(
  claimed: readonly ClaimedVote[],
  verifier: SignatureVerifier,
): Checked<readonly SignedVote[]> {
  // Many votes share a batch: each signature is checked once per key ring.
  const opened = new Map<string, VerifiedBatch>();
  const open = (vote: BundledVote, ring: TrustedKeyRing): VerifiedBatch => {
    const name = `${ring.version} ${JSON.stringify(vote.batch)}`;
    const known = opened.get(name);
    if (known !== undefined) return known;
    const batch = verifyBatch(vote.batch, ring, verifier);
    opened.set(name, batch);
    return batch;
  };
  const signed = claimed.map((vote) => ({ ...vote, batch: open(vote.bundled, vote.record.ring) }));
  const keys = new Set([...opened.values()].map(({ key }) => key.kid));
  return checked(
    signed,
    `${countOf(opened.size, 'batch signature')} by ${countOf(keys.size, 'vote key')}`,
  );
}

export function checkVoteInclusion(
  signed: readonly SignedVote[],
  { sha256 }: SignatureVerifier,
): Checked<null> {
  for (const vote of signed) requireIncluded(vote, sha256);
  return checked(null, `each of ${countOf(signed.length, 'audit path')} leads to a signed root`);
}

function requireIncluded({ recorded, bundled, batch }: SignedVote, sha256: Sha256): void {
  const who = `the vote of ${recorded.agent} in round ${recorded.round}`;
  if (batch.digest !== recorded.batch) {
    throw new CheckFailed(`${who} is in batch ${batch.digest}, recorded as ${recorded.batch}`);
  }
  const leaf = leafHash(encodeUtf8(bundled.leaf), sha256);
  if (encodeHex(leaf) !== recorded.leaf) {
    throw new CheckFailed(`${who} is not the result that was recorded`);
  }
  const path = bundled.proof.map((hash) => decodeHex(hash));
  const head = headFromInclusion(leaf, recorded.index, batch.batch.size, path, sha256);
  if (head === null || encodeHex(head) !== batch.batch.root) {
    throw new CheckFailed(`${who} is not in its batch at place ${recorded.index}`);
  }
}

export function checkVoteBinding(
  signed: readonly SignedVote[],
  subjects: Subjects,
  network: string,
): Checked<readonly ProvenVote[]> {
  const proven = signed.map((vote) => {
    const result = parseResult(vote.bundled.leaf, `the result of ${vote.recorded.agent}`);
    requireResultOfKey(result, vote.batch.key, network);
    requireAsRecorded(result, vote, requireSubject(subjects, vote.record).digest);
    return { ...vote, result };
  });
  const rounds = new Set(proven.map(({ recorded }) => recorded.round));
  return checked(
    proven,
    `${countOf(proven.length, 'vote')} bound to ${countOf(rounds.size, 'round')} and to the check`,
  );
}

/** `requireResultOfKey` has tied the result to its key; this ties the record to the result. */
function requireAsRecorded(result: Result, { record, recorded }: SignedVote, check: string): void {
  const { predicate } = record;
  const claims = [
    ['agent', result.agent, recorded.agent],
    ['region', result.region, recorded.region],
    ['monitor', result.monitor, predicate.monitor],
    ['check', result.check, check],
    ['round', result.round, recorded.round],
    ['outcome', result.outcome, recorded.vote],
  ] as const;
  for (const [field, signed, claimed] of claims) {
    if (signed !== claimed) {
      throw new CheckFailed(`${recorded.agent} signed ${field} ${signed}; recorded is ${claimed}`);
    }
  }
  if (!result.final) {
    throw new CheckFailed(`${recorded.agent} did not give this result as its vote`);
  }
  if (!predicate.rounds.some(({ round }) => round === recorded.round)) {
    throw new CheckFailed(`round ${recorded.round} is not one that its record decides by`);
  }
}
