/** The documents behind the newest record, each at its place in the same log. */
import type { IncidentEvidence, LogPlace } from '@trustmonitor/protocol';
import { placesNeeded, type Placed } from '../bundle/places.ts';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { equalBytes } from '../encoding/bytes.ts';
import { decodeHex } from '../encoding/hex.ts';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import { logLeafOf } from '../log/leaf.ts';
import { leafHash } from '../merkle/hash.ts';
import { headFromInclusion } from '../merkle/verify.ts';
import type { LoggedRecord } from './log.ts';
import { countOf, type VerifiedRecords } from './records.ts';
import { CheckFailed, checked, type Checked } from './report.ts';
import type { ProvenVote } from './votes.ts';

/** Places by payload digest. */
export type Places = ReadonlyMap<string, number>;

/** What has been proved of the file when its places are looked at. */
export interface PlacedEvidence {
  readonly records: VerifiedRecords;
  readonly votes: readonly ProvenVote[];
  /** The newest key ring in the file: it knows of the latest revocations. */
  readonly newest: TrustedKeyRing;
}

/** Exactly one place for each document that needs one. */
export function checkPlaces(
  { places }: Pick<IncidentEvidence, 'places'>,
  evidence: PlacedEvidence,
  { index, checkpoint }: LoggedRecord,
  { sha256 }: SignatureVerifier,
): Checked<Places> {
  const needed = neededBy(evidence);
  if (needed.length !== places.length) {
    throw new CheckFailed(
      `${needed.length} places in the log are called for, not ${places.length}`,
    );
  }
  const newest = evidence.records.at(-1) ?? evidence.records[0];
  const found = new Map([[newest.digest, index]]);
  for (const [at, { digest, envelope, publicKey }] of needed.entries()) {
    const place = places[at];
    const leaf = leafHash(logLeafOf(envelope, [publicKey]), sha256);
    const head = place && headOf(place, leaf, checkpoint.size, sha256);
    if (
      place === undefined ||
      head === null ||
      head === undefined ||
      !equalBytes(head, checkpoint.root)
    ) {
      throw new CheckFailed(`${digest} is not leaf ${place?.index ?? '-'} of the log`);
    }
    found.set(digest, place.index);
  }
  requireOrder(evidence.records, found);
  return checked(found, saidOf(evidence.records, found));
}

function saidOf(records: VerifiedRecords, places: Places): string {
  const indexes = records.map(({ digest }) => places.get(digest) ?? '-');
  const rest = places.size - records.length;
  const batches = rest === 0 ? '' : `; batches of revoked keys: ${rest}`;
  return `${countOf(records.length, 'record')} at leaf ${indexes.join(', ')}${batches}`;
}

function headOf(
  { index, path }: LogPlace,
  leaf: Uint8Array,
  size: number,
  sha256: SignatureVerifier['sha256'],
): Uint8Array | null {
  const hashes = path.map((hash) => decodeHex(hash));
  return headFromInclusion(leaf, index, size, hashes, sha256);
}

function neededBy({ records, votes, newest }: PlacedEvidence): Placed[] {
  const earlier = records.slice(0, -1).map(({ digest, envelope, key }) => ({
    digest,
    envelope,
    publicKey: key.publicKey,
  }));
  const batches = votes.map(({ bundled, batch }) => ({
    digest: batch.digest,
    envelope: bundled.batch,
    publicKey: batch.key.publicKey,
    isRevoked: revocationOf(newest, batch.key.kid) !== null,
  }));
  return placesNeeded(earlier, batches);
}

/** Records are logged in the order of their chain. */
function requireOrder(records: VerifiedRecords, places: Places): void {
  const indexes = records.map(({ digest }) => places.get(digest) ?? Infinity);
  if (indexes.some((index, i) => i > 0 && index <= (indexes[i - 1] ?? -1))) {
    throw new CheckFailed('the records are not in the log in the order of their chain');
  }
}

function revocationOf(newest: TrustedKeyRing, kid: string): number | null {
  return newest.find(kid)?.revokedAtLogSize ?? null;
}

/** Revocation is by place in the log: what was logged before stands. */
export function checkPlacedRevocation(
  { records, votes, newest }: PlacedEvidence,
  places: Places,
): Checked<null> {
  const signed = [
    ...records.map(({ digest, key }) => ({ digest, kid: key.kid })),
    ...votes.map(({ batch }) => ({ digest: batch.digest, kid: batch.key.kid })),
  ];
  const revoked = new Set<string>();
  for (const { digest, kid } of signed) {
    const from = revocationOf(newest, kid);
    if (from === null) continue;
    revoked.add(kid);
    const index = places.get(digest) ?? Infinity;
    if (index >= from) {
      throw new CheckFailed(`key ${kid} was revoked at log size ${from}, before leaf ${index}`);
    }
  }
  const said =
    revoked.size === 0
      ? 'no key of it is revoked'
      : `what ${[...revoked].join(', ')} signed was logged before it was revoked`;
  return checked(null, said);
}
