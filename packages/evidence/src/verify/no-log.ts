/** The checks of a network whose key ring names no log: nothing to check, and the report says so. */
import type { Bundle } from '@trustmonitor/protocol';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import { CheckFailed, checked, type Checked, type Checklist } from './report.ts';
import type { VerifiedRecords } from './records.ts';
import type { ProvenVote } from './votes.ts';

export function runWithoutLog(
  list: Checklist,
  bundle: Bundle,
  records: VerifiedRecords,
  votes: readonly ProvenVote[],
  ring: TrustedKeyRing,
): void {
  const nothing = `nothing was checked: key ring version ${ring.version} of this network names no log`;
  list.run('log.inclusion', () => {
    requireNoLogMaterial(bundle, votes);
    return checked(null, nothing);
  });
  list.run('log.signature', () => checked(null, nothing));
  list.run('keyring.revocation', () => checkNoneRevoked(records, votes));
  list.run('witness.policy', () => checked(null, nothing));
  list.run('time.bracket', () => checked(null, nothing));
}

/** What nobody can check has no place in a file whose every byte is checked. */
function requireNoLogMaterial(
  { tlogProof, seenNotes }: Bundle,
  votes: readonly ProvenVote[],
): void {
  const seen = votes.some(({ batch }) => batch.batch.seen !== null);
  if (tlogProof !== null || seenNotes.length > 0 || seen) {
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
