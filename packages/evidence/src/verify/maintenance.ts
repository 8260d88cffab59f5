/** The maintenance that an uptime report names: announced, and in the log before it took effect. */
import {
  parseTimestamp,
  type MaintenanceEvidence,
  type MaintenancePredicate,
  type MaintenanceStatement,
  type ReportFile,
  type UptimeMaintenance,
  type UptimePredicate,
} from '@trustmonitor/protocol';
import type { SignatureVerifier } from '../ed25519/types.ts';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import { heldSpan, occurrenceDigest, parseMaintenance } from '../maintenance/statement.ts';
import { MAX_CLOCK_SKEW_MS } from '../record/fresh.ts';
import type { Span } from '../uptime/account.ts';
import { checkExistedBy, existedBySeconds } from './bracket.ts';
import { checkLogInclusion, checkLogSignature, checkRevocation, readCheckpoint } from './log.ts';
import { checkRingExpiry, countOf, verifyStatement } from './records.ts';
import {
  CheckFailed,
  checked,
  nothingChecked,
  type Checked,
  type VerifyOptions,
} from './report.ts';
import { ascending, checkWitnessPolicy, cosignedBy } from './witnesses.ts';

/** What is taken out of the period, in the report's order. */
export function checkMaintenance(
  { maintenance: proofs = [] }: Pick<ReportFile, 'maintenance'>,
  predicate: UptimePredicate,
  newest: TrustedKeyRing,
  options: VerifyOptions,
): Checked<readonly Span[]> {
  const named = predicate.maintenance;
  if (proofs.length !== named.length) {
    throw new CheckFailed(
      `the report names ${countOf(named.length, 'window')} of maintenance, the file proves ${proofs.length}`,
    );
  }
  requireOrder(named, predicate);
  let undated = 0;
  const excluded = named.flatMap((claim, i): Span[] => {
    const proof = proofs[i];
    if (proof === undefined) throw new CheckFailed(`${claim.window} is not proven`);
    const announced = openAnnouncement(proof, claim, newest, options);
    requireAbout(announced.plan.predicate, claim, predicate);
    if (claim.excludedFrom === null) return [];
    requireAnnounced(announced, claim.excludedFrom);
    if (announced.existedByMs === null) undated += 1;
    return [{ fromMs: parseTimestamp(claim.excludedFrom), toMs: parseTimestamp(claim.endsAt) }];
  });
  return checked(excluded, inWords(named.length, excluded.length, undated));
}

function inWords(named: number, excluded: number, undated: number): string {
  if (named === 0) return nothingChecked('the report names no maintenance');
  const words = `${countOf(named, 'window')} announced, ${excluded} of them taken out`;
  return undated === 0 ? words : `${words}; no witness dates ${undated} of these`;
}

/** In order of time, each once, and each within the period. */
function requireOrder(named: readonly UptimeMaintenance[], { from, to }: UptimePredicate): void {
  const seen = new Set<string>();
  let last = '';
  for (const { window, occurrence, startsAt, endsAt } of named) {
    if (seen.has(occurrence)) throw new CheckFailed(`${window} is named twice`);
    if (startsAt < last) throw new CheckFailed(`${window} begins before the one before it`);
    if (!(startsAt < to && endsAt > from)) {
      throw new CheckFailed(`${window} lies outside of the period`);
    }
    seen.add(occurrence);
    last = startsAt;
  }
}

interface Announcement {
  readonly plan: MaintenanceStatement;
  /** By when witnesses had seen the plan in the log; null where none says so. */
  readonly existedByMs: number | null;
}

/** The statements that the report names, signed and logged, and what they come to. */
function openAnnouncement(
  { plan, end }: MaintenanceEvidence,
  claim: UptimeMaintenance,
  newest: TrustedKeyRing,
  options: VerifyOptions,
): Announcement {
  const first = openStatement(plan, newest, options);
  const second = end === null ? null : openStatement(end, newest, options);
  const digests = [first.digest, ...(second === null ? [] : [second.digest])];
  if (digests.join() !== claim.statements.join()) {
    throw new CheckFailed(`${claim.window} has other statements than the report names`);
  }
  const span = heldSpan(first.statement, second?.statement ?? null, first.digest);
  if (span?.startsAt !== claim.startsAt || span.endsAt !== claim.endsAt) {
    throw new CheckFailed(`${claim.window} is not when the report says, by its statements`);
  }
  return { plan: first.statement, existedByMs: first.existedByMs };
}

function openStatement(
  { envelope, tlogProof }: MaintenanceEvidence['plan'],
  newest: TrustedKeyRing,
  options: VerifyOptions,
): { statement: MaintenanceStatement; digest: string; existedByMs: number | null } {
  const { verifier } = options;
  const signed = verifyStatement(envelope, parseMaintenance, newest, verifier);
  const { statement, digest, key, ring } = signed;
  const { predicate, subject } = statement;
  if (
    subject[0]?.name !== predicate.window ||
    subject[0].digest.sha256 !== occurrenceDigest(predicate, verifier.sha256)
  ) {
    throw new CheckFailed(`a statement about ${predicate.window} names another subject`);
  }
  checkRingExpiry([{ predicate, ring }], newest);
  const { policy } = ring;
  if (policy === null) {
    if (tlogProof === null) return { statement, digest, existedByMs: null };
    throw new CheckFailed('the file has a log proof, and its key ring names no log to check it');
  }
  const logged = checkLogInclusion({ tlogProof }, { envelope, key }, verifier).value;
  checkLogSignature(logged, policy, verifier);
  checkRevocation([{ key }], [], newest, logged);
  if (options.insecureIgnoreWitnesses === true) return { statement, digest, existedByMs: null };
  const witnessed = checkWitnessPolicy(logged, policy, newest, verifier).value;
  const { f } = ring.ring.policy;
  checkExistedBy(predicate.recordedAt, `the announcement of ${predicate.window}`, witnessed, f);
  const seconds = existedBySeconds(witnessed, f);
  return { statement, digest, existedByMs: seconds === null ? null : seconds * 1_000 };
}

/** Bound to this monitor when it was announced, and with the effect that was stated then. */
function requireAbout(
  plan: MaintenancePredicate,
  claim: UptimeMaintenance,
  { network, monitor }: UptimePredicate,
): void {
  if (plan.network !== network) throw new CheckFailed(`${claim.window} is of another network`);
  if (plan.window !== claim.window || plan.occurrence !== claim.occurrence) {
    throw new CheckFailed(`the file proves another window than ${claim.window}`);
  }
  if (!plan.monitors.includes(monitor)) {
    throw new CheckFailed(`${claim.window} was not announced for ${monitor}`);
  }
  if (plan.uptime !== claim.uptime) {
    throw new CheckFailed(`${claim.window} was announced as ${plan.uptime}`);
  }
  if (plan.uptime === 'counted' && claim.excludedFrom !== null) {
    throw new CheckFailed(`${claim.window} counts, and the report takes it out`);
  }
}

/** Nothing is taken out before it was announced: by the coordinator's word and by witnesses'. */
function requireAnnounced({ plan, existedByMs }: Announcement, excludedFrom: string): void {
  const { window, startsAt, recordedAt } = plan.predicate;
  if (excludedFrom < startsAt || excludedFrom < recordedAt) {
    throw new CheckFailed(
      `${window} is taken out from ${excludedFrom}, before it began or was announced (${recordedAt})`,
    );
  }
  if (existedByMs !== null && existedByMs > parseTimestamp(excludedFrom) + MAX_CLOCK_SKEW_MS) {
    throw new CheckFailed(
      `${window} is taken out from ${excludedFrom}; witnesses saw it announced at ` +
        new Date(existedByMs).toISOString(),
    );
  }
}

/**
 * By when witnesses had seen everything under a cosigned checkpoint, in milliseconds since the
 * epoch: what a report may rest on. Null without a log, or without witnesses.
 */
export function witnessedByMs(
  note: string,
  ring: TrustedKeyRing,
  newest: TrustedKeyRing,
  verifier: SignatureVerifier,
): number | null {
  if (ring.policy === null) return null;
  const times = cosignedBy(readCheckpoint(note), ring.policy, newest, verifier).values();
  const seconds = existedBySeconds({ times: ascending(times) }, ring.ring.policy.f);
  return seconds === null ? null : seconds * 1_000;
}
