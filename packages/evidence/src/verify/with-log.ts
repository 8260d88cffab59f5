/** The last checks: against the log and its witnesses, or plainly against none. */
import type { IncidentEvidence } from '@trustmonitor/protocol';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import type { WitnessPolicy } from '../log/policy.ts';
import { checkTimeBracket } from './bracket.ts';
import { checkLogInclusion, checkLogSignature } from './log.ts';
import { checkPlacedRevocation, checkPlaces } from './places.ts';
import {
  CheckFailed,
  checked,
  nothingChecked,
  type Checked,
  type Checklist,
  type VerifyOptions,
} from './report.ts';
import type { VerifiedRecords } from './records.ts';
import type { ProvenVote } from './votes.ts';
import { checkWitnessPolicy } from './witnesses.ts';

/** What the checks before the log's have proved. */
export interface Proven {
  readonly bundle: IncidentEvidence;
  readonly records: VerifiedRecords;
  readonly votes: readonly ProvenVote[];
  /** The key ring that the newest record names: its policy is in force. */
  readonly ring: TrustedKeyRing;
  /** The newest key ring in the file: it knows of the latest revocations. */
  readonly newest: TrustedKeyRing;
}

export function runWithLog(
  list: Checklist,
  proven: Proven,
  policy: WitnessPolicy,
  { verifier, insecureIgnoreWitnesses = false }: VerifyOptions,
): void {
  const { bundle, records, votes, ring, newest } = proven;
  const record = records.at(-1) ?? records[0];
  const logged = list.run('log.inclusion', () => checkLogInclusion(bundle, record, verifier));
  const places = list.run('log.places', () => checkPlaces(bundle, proven, logged, verifier));
  list.run('log.signature', () => checkLogSignature(logged, policy, verifier));
  list.run('keyring.revocation', () => checkPlacedRevocation(proven, places));
  if (insecureIgnoreWitnesses) {
    const nothing = nothingChecked('witnesses are ignored, as was asked for');
    list.run('witness.policy', () => checked(null, nothing));
    list.run('time.bracket', () => checked(null, nothing));
    return;
  }
  const witnessed = list.run('witness.policy', () =>
    checkWitnessPolicy(logged, policy, newest, verifier),
  );
  const { f } = ring.ring.policy;
  list.run('time.bracket', () =>
    checkTimeBracket({ bundle, records, votes, policy, newest, witnessed, f, verifier }),
  );
}

/** A network whose key ring names no log: nothing to check, and the report says so. */
export function runWithoutLog(list: Checklist, { bundle, records, votes, ring }: Proven): void {
  const nothing = nothingChecked(`key ring version ${ring.version} of this network names no log`);
  list.run('log.inclusion', () => {
    requireNoLogMaterial(bundle, votes);
    return checked(null, nothing);
  });
  list.run('log.places', () => checked(null, nothing));
  list.run('log.signature', () => checked(null, nothing));
  list.run('keyring.revocation', () => checkNoneRevoked(records, votes));
  list.run('witness.policy', () => checked(null, nothing));
  list.run('time.bracket', () => checked(null, nothing));
}

/** What nobody can check has no place in a file whose every byte is checked. */
function requireNoLogMaterial(
  { tlogProof, places, seenNotes }: IncidentEvidence,
  votes: readonly ProvenVote[],
): void {
  const seen = votes.some(({ batch }) => batch.batch.seen !== null);
  if (tlogProof !== null || places.length > 0 || seenNotes.length > 0 || seen) {
    throw new CheckFailed('the file has log proofs, and its key ring names no log to check them');
  }
}

/** Without a log there is no index to revoke from: a key that a ring marks is not used under it. */
function checkNoneRevoked(records: VerifiedRecords, votes: readonly ProvenVote[]): Checked<null> {
  const keys = [...records.map(({ key }) => key), ...votes.map(({ batch }) => batch.key)];
  const revoked = keys.find(({ revokedAtLogSize }) => revokedAtLogSize !== null);
  if (revoked !== undefined) throw new CheckFailed(`key ${revoked.kid} is revoked`);
  return checked(null, 'no key is marked as revoked in the key ring that its record names');
}
