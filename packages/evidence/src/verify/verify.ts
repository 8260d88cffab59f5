/**
 * The offline verifier: one file and one pinned root in, a list of named checks out.
 *
 * `verifyAll` is the order of verification, line by line. Each check is a function of its own,
 * takes only what the checks before it proved, and stops everything when it does not hold.
 */
import type { IncidentStatement, RootFile } from '@trustmonitor/protocol';
import { digestOf } from '../digest.ts';
import { verifyKeyRings } from '../keyring/verify.ts';
import { checkChain } from './chain.ts';
import { checkFormat, NotABundle } from './format.ts';
import { checkVoteFreshness } from './freshness.ts';
import { runWithLog, runWithoutLog } from './with-log.ts';
import { checkRecordSignatures, checkRingExpiry } from './records.ts';
import {
  checked,
  Checklist,
  Stopped,
  type VerificationReport,
  type VerifyOptions,
} from './report.ts';
import { checkSubject } from './subject.ts';
import { checkMembers, checkVerdicts, checkVotesDistinct } from './tally.ts';
import { checkTimes } from './times.ts';
import {
  checkVoteBinding,
  checkVoteInclusion,
  checkVotesComplete,
  checkVoteSignatures,
} from './votes.ts';

/**
 * Verifies a bundle against the root file that the caller pinned. Offline; never throws,
 * whatever the bytes. `statement` is there only when every check holds.
 */
export function verifyBundle(
  bytes: Uint8Array,
  root: RootFile,
  options: VerifyOptions,
): VerificationReport {
  const list = new Checklist();
  let statement: IncidentStatement | null = null;
  let malformed = false;
  try {
    statement = verifyAll(bytes, root, options, list);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    malformed = error.cause instanceof NotABundle;
  }
  return {
    passed: statement !== null,
    malformed,
    checks: list.results,
    statement,
    bundleDigest: digestOf(bytes, options.verifier.sha256),
  };
}

function verifyAll(
  bytes: Uint8Array,
  root: RootFile,
  options: VerifyOptions,
  list: Checklist,
): IncidentStatement {
  const { verifier } = options;
  const bundle = list.run('bundle.format', () => checkFormat(bytes));
  const newest = list.run('keyring.chain', () => {
    const ring = verifyKeyRings(bundle.keyrings, root, verifier);
    return checked(ring, `${ring.network}: version ${ring.version} from the pinned root`);
  });

  const { network } = newest;
  const records = list.run('record.signature', () =>
    checkRecordSignatures(bundle, newest, verifier),
  );
  const ring = list.run('keyring.expiry', () => checkRingExpiry(records, newest));
  list.run('record.chain', () => checkChain(records, network));
  const subjects = list.run('record.subject', () => checkSubject(records, bundle.definitions));
  list.run('record.times', () => checkTimes(records));

  const claimed = list.run('votes.complete', () => checkVotesComplete(bundle, records));
  const signed = list.run('votes.signature', () => checkVoteSignatures(claimed, verifier));
  list.run('votes.inclusion', () => checkVoteInclusion(signed, verifier));
  const votes = list.run('votes.binding', () => checkVoteBinding(signed, subjects, network));
  list.run('votes.freshness', () => checkVoteFreshness(votes));
  list.run('votes.distinct', () => checkVotesDistinct(records, votes));
  list.run('members.groups', () => checkMembers(records, votes));
  list.run('quorum.verdict', () => checkVerdicts(records, votes, subjects));

  const proven = { bundle, records, votes, ring, newest };
  if (ring.policy === null) runWithoutLog(list, proven);
  else runWithLog(list, proven, ring.policy, options);
  return (records.at(-1) ?? records[0]).statement;
}
