/**
 * One incident against key rings that are verified already: the checks between `keyring.chain`
 * and the end, for a bundle and for each incident of a report alike.
 */
import type { IncidentEvidence } from '@trustmonitor/protocol';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import { checkChain } from './chain.ts';
import { checkVoteFreshness } from './freshness.ts';
import { checkRecordSignatures, checkRingExpiry, type VerifiedRecords } from './records.ts';
import type { Checklist, VerifyOptions } from './report.ts';
import { checkSubject } from './subject.ts';
import { checkMembers, checkVerdicts, checkVotesDistinct } from './tally.ts';
import { checkTimes } from './times.ts';
import {
  checkVoteBinding,
  checkVoteInclusion,
  checkVotesComplete,
  checkVoteSignatures,
} from './votes.ts';
import { runWithLog, runWithoutLog } from './with-log.ts';

/** The incident's records, oldest first. Throws `Stopped` at the first check that does not hold. */
export function verifyIncident(
  list: Checklist,
  evidence: IncidentEvidence,
  newest: TrustedKeyRing,
  options: VerifyOptions,
): VerifiedRecords {
  const { verifier } = options;
  const { network } = newest;
  const records = list.run('record.signature', () =>
    checkRecordSignatures(evidence, newest, verifier),
  );
  const ring = list.run('keyring.expiry', () => checkRingExpiry(records, newest));
  list.run('record.chain', () => checkChain(records, network));
  const subjects = list.run('record.subject', () => checkSubject(records, evidence.definitions));
  list.run('record.times', () => checkTimes(records));

  const claimed = list.run('votes.complete', () => checkVotesComplete(evidence, records));
  const signed = list.run('votes.signature', () => checkVoteSignatures(claimed, verifier));
  list.run('votes.inclusion', () => checkVoteInclusion(signed, verifier));
  const votes = list.run('votes.binding', () => checkVoteBinding(signed, subjects, network));
  list.run('votes.freshness', () => checkVoteFreshness(votes));
  list.run('votes.distinct', () => checkVotesDistinct(records, votes));
  list.run('members.groups', () => checkMembers(records, votes));
  list.run('quorum.verdict', () => checkVerdicts(records, votes, subjects));

  const proven = { bundle: evidence, records, votes, ring, newest };
  if (ring.policy === null) runWithoutLog(list, proven);
  else runWithLog(list, proven, ring.policy, options);
  return records;
}
