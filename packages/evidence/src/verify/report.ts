/** What a verification says: its checks in order, and the statement only when all hold. */
import {
  TrustMonitorError,
  type IncidentStatement,
  type UptimeStatement,
} from '@trustmonitor/protocol';
import type { SignatureVerifier } from '../ed25519/types.ts';

/** Every check, in the order in which they are made; `docs/evidence.md` lists the same. */
export const CHECKS = {
  'bundle.format': 'The file is a bundle, within the limits and in canonical form',
  'keyring.chain': 'The key rings are signed, from the pinned root on, without gaps',
  'record.signature': 'Each record is signed by a report key of the key ring that it names',
  'keyring.expiry': 'That key ring was in force when the record was made',
  'record.chain': 'The records are one incident, step by step, none missing',
  'record.subject': 'The check definition is the one that the records are about',
  'record.times': 'The times of rounds, results and records fit together',
  'votes.complete': 'Each recorded vote has its proof, and no proof is left over',
  'votes.signature': 'Each batch of results is signed by a vote key of the key ring',
  'votes.inclusion': 'Each vote is in the batch, at the place, that its record says',
  'votes.binding': 'Each vote is by that agent, on that check, in that round, as recorded',
  'votes.freshness': "Each vote was made in its round by its agent's own clock",
  'votes.distinct': 'No agent and no region votes twice in a round',
  'members.groups': 'Voting groups are those of the key ring',
  'quorum.verdict': 'Deciding again over the votes gives what was recorded',
  'log.inclusion': 'The record is in the log',
  'log.places': 'So are the records before it, and what keys signed that were revoked later',
  'log.signature': 'The log signed the checkpoint that includes it',
  'keyring.revocation': 'No key was revoked before the record was logged',
  'witness.policy': 'Enough witnesses cosigned the checkpoint',
  'time.bracket': 'The times lie where the witnesses saw them',
} as const;

/** The checks of an uptime report, in order. Those of each incident in it are made in `report.incidents`. */
export const REPORT_CHECKS = {
  'report.format': 'The file is an uptime report, within the limits and in canonical form',
  'keyring.chain': CHECKS['keyring.chain'],
  'report.signature': 'The report is signed by a report key of the key ring that it names',
  'keyring.expiry': CHECKS['keyring.expiry'],
  'report.incidents':
    'The file proves exactly the incidents that the report names, each as a bundle would',
  'report.maintenance':
    'What is taken out as maintenance was announced for this monitor, in the log before that time',
  'report.figure': 'Computing again from these gives the down time and the figure',
  'log.inclusion': CHECKS['log.inclusion'],
  'log.signature': CHECKS['log.signature'],
  'keyring.revocation': CHECKS['keyring.revocation'],
  'witness.policy': CHECKS['witness.policy'],
  'time.bracket': CHECKS['time.bracket'],
} as const;

export type CheckCode = keyof typeof CHECKS | keyof typeof REPORT_CHECKS;

export interface CheckResult {
  readonly code: CheckCode;
  readonly ok: boolean;
  /** What was found, in a sentence. */
  readonly detail: string;
}

export interface VerificationReport<S = IncidentStatement> {
  readonly passed: boolean;
  /** The input is not such a file at all, so there was nothing to verify. */
  readonly malformed: boolean;
  /** The checks that were made. After the first that fails none is: each builds on the last. */
  readonly checks: readonly CheckResult[];
  /** The newest record's statement, or the report's; null unless everything holds. */
  readonly statement: S | null;
  /** SHA-256 of the whole file. */
  readonly bundleDigest: string;
}

export type UptimeVerification = VerificationReport<UptimeStatement>;

export interface VerifyOptions {
  readonly verifier: SignatureVerifier;
  /** Take the log's word alone where witnesses are called for. Only when asked for by name. */
  readonly insecureIgnoreWitnesses?: boolean;
}

/** What a verified bundle leaves open, for every place that shows a result. */
export const NOT_PROVEN: readonly string[] = [
  'that the agents told the truth about what they saw',
  'that the operators of different regions or voting groups are different people',
  'that the coordinator asked every region it has, and kept every answer',
  'that the key rings in the file are the newest: a later one may have revoked a key',
];

/** What a verified uptime report takes on trust, beside what its incidents leave open. */
export const TAKEN_ON_TRUST: readonly string[] = [
  'how the time outside of the incidents is divided into up, degraded, partial, unconfirmed, unknown ' +
    "and unmeasured: that is the coordinator's word (the results behind it are logged in batches)",
  'that no incident is left out: the file cannot show that, and an audit of the log can ' +
    '(`trustmonitor log audit`, check `report.complete`)',
  'that a window of maintenance was not ended earlier than the file says: the same audit looks for that',
];

/** How the detail begins of a check that had nothing to look at. */
const NOTHING = 'nothing was checked: ';

export const nothingChecked = (why: string): string => `${NOTHING}${why}`;

/** Whether a check holds only because there was nothing to check: no proof of anything. */
export const wasVacuous = ({ ok, detail }: CheckResult): boolean =>
  ok && detail.startsWith(NOTHING);

/** A step's finding, and what it hands to the next. */
export interface Checked<T> {
  readonly value: T;
  readonly detail: string;
}

export const checked = <T>(value: T, detail: string): Checked<T> => ({ value, detail });

/** Thrown by a check that does not hold; the message is the report's detail. */
export class CheckFailed extends Error {}

/** Thrown after a failed check was written down: nothing after it may run. */
export class Stopped extends Error {}

/** Runs checks and writes down each finding. */
export class Checklist {
  readonly #results: CheckResult[] = [];

  get results(): readonly CheckResult[] {
    return this.#results;
  }

  /** Runs one check and returns what it found out. Throws `Stopped` when it does not hold. */
  run<T>(code: CheckCode, check: () => Checked<T>): T {
    let found: Checked<T>;
    try {
      found = check();
    } catch (cause) {
      this.#results.push({ code, ok: false, detail: printable(detailOf(cause)) });
      throw new Stopped(code, { cause });
    }
    this.#results.push({ code, ok: true, detail: printable(found.detail) });
    return found.value;
  }
}

const MAX_DETAIL = 400;
/** Control characters, and those that turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** Details quote input that nobody vouches for, and are shown on terminals and pages. */
const printable = (detail: string): string =>
  detail.replace(UNPRINTABLE, '\ufffd').slice(0, MAX_DETAIL);

function detailOf(cause: unknown): string {
  if (cause instanceof CheckFailed) return cause.message;
  if (cause instanceof TrustMonitorError) return `${cause.message} (${cause.code})`;
  return `the check could not be made: ${String(cause)}`;
}
