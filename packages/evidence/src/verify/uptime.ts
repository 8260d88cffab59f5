/**
 * Verifies an uptime report: the statement like a record, each incident in it like a bundle, and
 * then the figure, computed again from those incidents and the maintenance that was announced.
 */
import type { ReportFile, RootFile, UptimeStatement } from '@trustmonitor/protocol';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import { verifyKeyRings } from '../keyring/verify.ts';
import type { IncidentSteps } from '../uptime/standing.ts';
import { parseUptimeStatement } from '../uptime/statement.ts';
import { checkExistedBy } from './bracket.ts';
import { conclude } from './conclude.ts';
import { checkFigure } from './figure.ts';
import { checkReportFormat } from './format.ts';
import { verifyIncident } from './incident.ts';
import { checkLogInclusion, checkLogSignature, checkRevocation } from './log.ts';
import { checkMaintenance } from './maintenance.ts';
import { checkRingExpiry, countOf, verifyStatement, type VerifiedRecords } from './records.ts';
import {
  CheckFailed,
  Checklist,
  Stopped,
  checked,
  nothingChecked,
  type Checked,
  type UptimeVerification,
  type VerifyOptions,
} from './report.ts';
import { checkWitnessPolicy } from './witnesses.ts';

/**
 * Verifies a report against the root file that the caller pinned. Offline; never throws, whatever
 * the bytes. `statement` is there only when every check holds; `TAKEN_ON_TRUST` says what that
 * leaves open.
 */
export function verifyReport(
  bytes: Uint8Array,
  root: RootFile,
  options: VerifyOptions,
): UptimeVerification {
  return conclude(bytes, options, (list) => verifyAll(bytes, root, options, list));
}

function verifyAll(
  bytes: Uint8Array,
  root: RootFile,
  options: VerifyOptions,
  list: Checklist,
): UptimeStatement {
  const { verifier } = options;
  const file = list.run('report.format', () => checkReportFormat(bytes));
  const newest = list.run('keyring.chain', () => {
    const ring = verifyKeyRings(file.keyrings, root, verifier);
    return checked(ring, `${ring.network}: version ${ring.version} from the pinned root`);
  });
  const report = list.run('report.signature', () => checkSignature(file, newest, options));
  const ring = list.run('keyring.expiry', () => checkRingExpiry([report], newest));
  const incidents = list.run('report.incidents', () =>
    checkIncidents(file, report, newest, options),
  );
  const excluded = list.run('report.maintenance', () =>
    checkMaintenance(file, report.predicate, newest, options),
  );
  list.run('report.figure', () => checkFigure(report.predicate, incidents, excluded));
  runLogChecks(list, { file, report, ring, newest }, options);
  return report.statement;
}

type VerifiedReport = ReturnType<typeof checkSignature>['value'];

function checkSignature(file: ReportFile, newest: TrustedKeyRing, { verifier }: VerifyOptions) {
  const signed = verifyStatement(file.report, parseUptimeStatement, newest, verifier);
  const { predicate } = signed.statement;
  if (predicate.network !== newest.network) {
    throw new CheckFailed(`the report is of network ${predicate.network}, not ${newest.network}`);
  }
  const report = { ...signed, predicate, envelope: file.report };
  return checked(report, `signed by ${signed.key.kid} at ${predicate.recordedAt}`);
}

/** The steps of each incident, in the report's order. */
function checkIncidents(
  { incidents }: ReportFile,
  { predicate }: VerifiedReport,
  newest: TrustedKeyRing,
  options: VerifyOptions,
): Checked<readonly IncidentSteps[]> {
  const named = predicate.incidents;
  if (incidents.length !== named.length) {
    throw new CheckFailed(
      `the report names ${countOf(named.length, 'incident')}, the file proves ${incidents.length}`,
    );
  }
  const steps = incidents.map((evidence, i): IncidentSteps => {
    const claim = named[i];
    if (claim === undefined) throw new CheckFailed('the file proves an incident too many');
    const records = verifiedRecords(
      (list) => verifyIncident(list, evidence, newest, options),
      claim.incident,
    );
    const [first, ...later] = records;
    if (
      first.predicate.incident !== claim.incident ||
      first.predicate.monitor !== predicate.monitor
    ) {
      throw new CheckFailed(`the file proves another incident than ${claim.incident}`);
    }
    const digests = records.map(({ digest }) => digest);
    if (digests.join() !== claim.records.join()) {
      throw new CheckFailed(`incident ${claim.incident} has other records than the report names`);
    }
    return [first.predicate, ...later.map((record) => record.predicate)];
  });
  const votes = incidents.reduce((sum, evidence) => sum + evidence.votes.length, 0);
  return checked(
    steps,
    steps.length === 0
      ? nothingChecked('the report names no incident')
      : `${countOf(steps.length, 'incident')} proven by ${countOf(votes, 'vote')}`,
  );
}

/** All checks of a bundle; the first that does not hold fails the one check of the report. */
function verifiedRecords(
  verify: (list: Checklist) => VerifiedRecords,
  incident: string,
): VerifiedRecords {
  const list = new Checklist();
  try {
    return verify(list);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const failed = list.results.at(-1);
    throw new CheckFailed(`incident ${incident}: ${failed?.code ?? '-'}: ${failed?.detail ?? ''}`, {
      cause: error,
    });
  }
}

interface ToFind {
  readonly file: ReportFile;
  readonly report: VerifiedReport;
  /** The key ring that the report names: its policy is in force. */
  readonly ring: TrustedKeyRing;
  readonly newest: TrustedKeyRing;
}

function runLogChecks(
  list: Checklist,
  { file, report, ring, newest }: ToFind,
  { verifier, insecureIgnoreWitnesses = false }: VerifyOptions,
): void {
  const { policy } = ring;
  if (policy === null) {
    runWithoutLog(list, file, report, ring);
    return;
  }
  const logged = list.run('log.inclusion', () => checkLogInclusion(file, report, verifier));
  list.run('log.signature', () => checkLogSignature(logged, policy, verifier));
  list.run('keyring.revocation', () => checkRevocation([report], [], newest, logged));
  if (insecureIgnoreWitnesses) {
    const nothing = nothingChecked('witnesses are ignored, as was asked for');
    list.run('witness.policy', () => checked(null, nothing));
    list.run('time.bracket', () => checked(null, nothing));
    return;
  }
  const witnessed = list.run('witness.policy', () =>
    checkWitnessPolicy(logged, policy, newest, verifier),
  );
  list.run('time.bracket', () =>
    checkExistedBy(report.predicate.recordedAt, 'the report', witnessed, ring.ring.policy.f),
  );
}

/** A network whose key ring names no log: nothing to check, and the report says so. */
function runWithoutLog(
  list: Checklist,
  { tlogProof }: ReportFile,
  { key }: VerifiedReport,
  ring: TrustedKeyRing,
): void {
  const nothing = nothingChecked(`key ring version ${ring.version} of this network names no log`);
  list.run('log.inclusion', () => {
    if (tlogProof === null) return checked(null, nothing);
    throw new CheckFailed('the file has a log proof, and its key ring names no log to check it');
  });
  list.run('log.signature', () => checked(null, nothing));
  list.run('keyring.revocation', () => {
    if (key.revokedAtLogSize === null) return checked(null, 'the key is not marked as revoked');
    throw new CheckFailed(`key ${key.kid} is revoked`);
  });
  list.run('witness.policy', () => checked(null, nothing));
  list.run('time.bracket', () => checked(null, nothing));
}
