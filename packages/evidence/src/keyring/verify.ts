/**
 * From the pinned root file to the newest key ring: version 1 is signed by a threshold of the
 * pinned roots, each later version by a threshold of the version before and of its own, and each
 * names the digest of the one before. A version that only enrols or revokes agents may instead be
 * signed by the enrolment key that the version before names (delegation.ts). There is no other way
 * for a key to be trusted.
 */
import {
  KeyRing,
  PAYLOAD_TYPES,
  parseTimestamp,
  parserOf,
  type Envelope,
  type RootFile,
  type RootKey,
} from '@trustmonitor/protocol';
import { parseCanonical } from '../canonical.ts';
import { payloadOf, verifyEnvelope } from '../dsse.ts';
import { publicKeyOf } from '../ed25519/public-key.ts';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { invalidKeyRing } from '../errors.ts';
import { MAX_DEPTH, MAX_KEYRING_BYTES } from '../limits.ts';
import { requireDelegatedChange } from './delegation.ts';
import { TrustedKeyRing } from './ring.ts';
import { requireRoots, requireSoundRing } from './sound.ts';

type RootSet = KeyRing['root'];

const parser = parserOf(KeyRing, 'message.malformed');
const limits = { maxBytes: MAX_KEYRING_BYTES, maxDepth: MAX_DEPTH };

/**
 * Verifies the versions of a key ring, from 1 without gaps, and returns the newest.
 *
 * Throws `keyring.invalid`, `key.invalid`, `key.unknown`, `signature.invalid` or
 * `message.malformed`. It has no clock: whether the ring has expired is for the caller to ask of
 * `inForceAt`.
 */
export function verifyKeyRings(
  envelopes: readonly Envelope[],
  root: RootFile,
  verifier: SignatureVerifier,
): TrustedKeyRing {
  requireRoots(root);
  let newest: TrustedKeyRing | null = null;
  for (const envelope of envelopes) {
    newest = verifyNextKeyRing(envelope, root, newest, verifier);
  }
  if (newest === null) throw invalidKeyRing('there is no key ring');
  return newest;
}

/** Verifies the version that follows `previous`, or version 1 against the pinned root. */
export function verifyNextKeyRing(
  envelope: Envelope,
  root: RootFile,
  previous: TrustedKeyRing | null,
  verifier: SignatureVerifier,
): TrustedKeyRing {
  // The ring names its own roots, so it is read before they can sign for it; nothing of it is
  // believed until both thresholds are met.
  const claimed = readRing(payloadOf(envelope, PAYLOAD_TYPES.keyring));
  requireSoundRing(claimed);
  const elders: RootSet = previous === null ? root : previous.ring.root;
  const delegate = previous?.ring.delegation?.key;
  const signed = verifyEnvelope(
    envelope,
    PAYLOAD_TYPES.keyring,
    rootLookup([
      ...elders.keys,
      ...claimed.root.keys,
      ...(delegate === undefined ? [] : [delegate]),
    ]),
    verifier,
  );
  const signers = new Set(signed.keys.map(({ kid }) => kid));
  if (previous !== null && delegate !== undefined && signers.has(delegate.kid)) {
    requireOnlySigner(signers);
    requireDelegatedChange(previous.ring, claimed);
  } else {
    requireThreshold(signers, elders, previous === null ? 'the pinned file' : 'the version before');
    requireThreshold(signers, claimed.root, 'its own version');
  }
  requireSuccession(claimed, root.network, previous);
  return new TrustedKeyRing(claimed, signed.digest, previous);
}

/** A version has one kind of signer, so that nobody can mistake by whose right it stands. */
function requireOnlySigner(signers: ReadonlySet<string>): void {
  if (signers.size > 1) {
    throw invalidKeyRing('the enrolment key and a root signed the same version; one of them must');
  }
}

function readRing(payload: Uint8Array): KeyRing {
  return parser.parse(parseCanonical(payload, limits, 'the key ring'), 'the key ring');
}

function rootLookup(keys: readonly RootKey[]) {
  return (kid: string) => {
    const key = keys.find((candidate) => candidate.kid === kid);
    return key === undefined ? undefined : { kid, publicKey: publicKeyOf(key) };
  };
}

function requireThreshold(signers: ReadonlySet<string>, roots: RootSet, whose: string): void {
  // A root file lists its keys by hand: count distinct ones.
  const count = new Set(roots.keys.map(({ kid }) => kid).filter((kid) => signers.has(kid))).size;
  if (count < roots.threshold) {
    throw invalidKeyRing(
      `${count} of the ${roots.keys.length} root keys of ${whose} signed; ${roots.threshold} must`,
    );
  }
}

function requireSuccession(ring: KeyRing, network: string, previous: TrustedKeyRing | null): void {
  if (ring.network !== network) {
    throw invalidKeyRing(`the key ring is of network ${ring.network}, not ${network}`);
  }
  const version = previous === null ? 1 : previous.version + 1;
  if (ring.version !== version) {
    throw invalidKeyRing(`key ring version ${version} is missing; version ${ring.version} is next`);
  }
  if (ring.prev !== (previous === null ? null : previous.digest)) {
    throw invalidKeyRing(`key ring version ${version} does not follow from the one before`);
  }
  if (previous !== null && parseTimestamp(ring.issuedAt) < parseTimestamp(previous.ring.issuedAt)) {
    throw invalidKeyRing(`key ring version ${version} is older than the one before`);
  }
}
