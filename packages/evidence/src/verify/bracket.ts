/** Time without a time-stamping authority: what the witnesses' clocks say about all others. */
import { parseTimestamp, type IncidentEvidence } from '@trustmonitor/protocol';
import { digestOf } from '../digest.ts';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { encodeHex } from '../encoding/hex.ts';
import { encodeUtf8 } from '../encoding/text.ts';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import type { WitnessPolicy } from '../log/policy.ts';
import { MAX_CLOCK_SKEW_MS } from '../record/fresh.ts';
import { readCheckpoint, requireSignedByLog, type NotedCheckpoint } from './log.ts';
import { CheckFailed, checked, nothingChecked, type Checked } from './report.ts';
import { countOf, type VerifiedRecords } from './records.ts';
import type { ProvenVote } from './votes.ts';
import { ascending, cosignedBy, requireQuorum, type Witnessed } from './witnesses.ts';

export interface BracketInput {
  readonly bundle: IncidentEvidence;
  readonly records: VerifiedRecords;
  readonly votes: readonly ProvenVote[];
  readonly policy: WitnessPolicy;
  readonly newest: TrustedKeyRing;
  readonly witnessed: Witnessed;
  /** How many witnesses may lie. */
  readonly f: number;
  readonly verifier: SignatureVerifier;
}

/**
 * With at most f lying witnesses: everything existed by the (f+1)-th smallest time on the
 * record's checkpoint, and a vote is not older than the (f+1)-th largest time on the checkpoint
 * that its batch says it had seen. Other clocks are claims that must lie between the two.
 */
export function checkTimeBracket(input: BracketInput): Checked<null> {
  const { records, votes, witnessed, f } = input;
  const seen = readSeenNotes(input);
  requireAllSeen(input);
  if (witnessed.times.length === 0) {
    return checked(null, nothingChecked('no witness gave a time'));
  }
  const existedBy = nth(witnessed.times, f);
  for (const { predicate } of records) {
    requireBefore(predicate.recordedAt, existedBy, `the ${predicate.step} record`);
  }
  let earliest = Number.POSITIVE_INFINITY;
  for (const { recorded, batch } of votes) {
    requireBefore(batch.batch.sealedAt, existedBy, `the vote of ${recorded.agent}`);
    const notBefore = seen.get(batch.batch.seen?.note ?? '');
    if (notBefore === undefined) continue;
    requireAfter(batch.batch.sealedAt, notBefore, `the vote of ${recorded.agent}`);
    earliest = Math.min(earliest, notBefore);
  }
  const from = earliest === Number.POSITIVE_INFINITY ? 'an unknown time' : rfc3339(earliest);
  return checked(
    null,
    `between ${from} and ${rfc3339(existedBy)}, allowing for f = ${f} lying witnesses`,
  );
}

/** The time by which something existed, in seconds since the epoch; null where no witness says. */
export function existedBySeconds({ times }: Witnessed, f: number): number | null {
  return times.length === 0 ? null : nth(times, f);
}

/** For what names no checkpoint of its own: it existed by then, and says no later time. */
export function checkExistedBy(
  claimed: string,
  what: string,
  { times }: Witnessed,
  f: number,
): Checked<null> {
  const existedBy = existedBySeconds({ times }, f);
  if (existedBy === null) return checked(null, nothingChecked('no witness gave a time'));
  requireBefore(claimed, existedBy, what);
  return checked(null, `by ${rfc3339(existedBy)}, allowing for f = ${f} lying witnesses`);
}

/** Each note in the file is one that a vote names, in that order, and none is missing. */
function requireAllSeen({ bundle, votes, verifier }: BracketInput): void {
  const named = votes.flatMap(({ batch }) => batch.batch.seen?.note ?? []);
  const expected = [...new Set(named)];
  const there = bundle.seenNotes.map((note) => digestOf(encodeUtf8(note), verifier.sha256));
  if (there.length !== expected.length || there.some((digest, at) => digest !== expected[at])) {
    throw new CheckFailed('the checkpoints in the file are not those that the votes had seen');
  }
}

/** "Not before", in seconds since the epoch, by the digest of the note. */
function readSeenNotes(input: BracketInput): Map<string, number> {
  const { bundle, votes, policy, newest, f, verifier } = input;
  const notBefore = new Map<string, number>();
  for (const text of bundle.seenNotes) {
    const checkpoint = readCheckpoint(text);
    requireSignedByLog(checkpoint, policy, verifier);
    const cosigned = cosignedBy(checkpoint, policy, newest, verifier);
    requireQuorum(policy, cosigned);
    const digest = digestOf(encodeUtf8(text), verifier.sha256);
    requireSeenAsSigned(checkpoint, digest, votes);
    const times = ascending(cosigned.values()).toReversed();
    if (times.length > 0) notBefore.set(digest, nth(times, f));
  }
  return notBefore;
}

function requireSeenAsSigned(
  { size, root }: NotedCheckpoint,
  digest: string,
  votes: readonly ProvenVote[],
): void {
  for (const { batch, recorded } of votes) {
    const { seen } = batch.batch;
    if (seen?.note !== digest) continue;
    if (seen.size !== size || seen.root !== encodeHex(root)) {
      throw new CheckFailed(`${recorded.agent} signed another checkpoint than its note says`);
    }
  }
}

function nth(times: readonly number[], f: number): number {
  const time = times[f];
  if (time !== undefined) return time;
  throw new CheckFailed(
    `${countOf(times.length, 'cosignature')} cannot date anything if ${f} may lie`,
  );
}

function requireBefore(claimed: string, limitS: number, what: string): void {
  if (!(parseTimestamp(claimed) <= limitS * 1_000 + MAX_CLOCK_SKEW_MS)) {
    throw new CheckFailed(`${what} says ${claimed}, but witnesses saw it at ${rfc3339(limitS)}`);
  }
}

function requireAfter(claimed: string, limitS: number, what: string): void {
  if (!(parseTimestamp(claimed) >= limitS * 1_000 - MAX_CLOCK_SKEW_MS)) {
    throw new CheckFailed(
      `${what} says ${claimed}, but had seen a checkpoint of ${rfc3339(limitS)}`,
    );
  }
}

const rfc3339 = (timeS: number): string =>
  timeS < 253_402_300_800 ? new Date(timeS * 1_000).toISOString() : `${timeS} s`;
