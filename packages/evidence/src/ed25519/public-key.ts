/**
 * Which public keys may be used at all, and how a key is named.
 *
 * Ed25519 libraries differ on keys of small or mixed order and on second encodings of a point
 * (of CCTV's 914 vectors OpenSSL and noble's default disagree on 740). For keys that pass
 * `isUsableKey` and signatures whose R is of prime order and not the identity, they agree.
 */
import { Point } from '@noble/ed25519';
import type { RootKey } from '@trustmonitor/protocol';
import { decodeBase64Url, encodeBase64Url } from '../encoding/base64.ts';
import { encodeHex } from '../encoding/hex.ts';
import { encodeUtf8 } from '../encoding/text.ts';
import { invalidKey } from '../errors.ts';
import { sha256 } from '../digest.ts';

export const PUBLIC_KEY_BYTES = 32;

/** Answers of `isUsableKey`, which takes 2 ms; the oldest go when there are too many. */
const known = new Map<string, boolean>();
const MAX_KNOWN = 16_384;

/** True for the canonical encoding of a point of prime order. */
export function isUsableKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
  const name = encodeHex(publicKey);
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  const usable = isPrimeOrderPoint(publicKey);
  if (known.size >= MAX_KNOWN) forgetOldest(known);
  known.set(name, usable);
  return usable;
}

/** A Map keeps the order of insertion. */
function forgetOldest(cache: Map<string, unknown>): void {
  for (const name of cache.keys()) {
    cache.delete(name);
    return;
  }
}

/** Canonical (RFC 8032 section 5.1.3), not the identity, and free of any torsion component. */
export function isPrimeOrderPoint(encoded: Uint8Array): boolean {
  try {
    const point = Point.fromBytes(encoded, false);
    return !point.isSmallOrder() && point.isTorsionFree();
  } catch {
    return false;
  }
}

/** RFC 7638 thumbprint in base64url: the `kid` of a key. */
export function keyIdOf(publicKey: Uint8Array): string {
  const x = encodeBase64Url(publicKey);
  return encodeBase64Url(sha256(encodeUtf8(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)));
}

/** The JWK of a public key (RFC 8037), with its `kid`. */
export function jwkOf(publicKey: Uint8Array): RootKey {
  return {
    kty: 'OKP',
    crv: 'Ed25519',
    x: encodeBase64Url(publicKey),
    kid: keyIdOf(publicKey),
    alg: 'Ed25519',
  };
}

/** The raw key of a JWK that is usable and bears its own thumbprint. Throws `key.invalid`. */
export function publicKeyOf(jwk: Pick<RootKey, 'x' | 'kid'>): Uint8Array {
  const publicKey = decodeBase64Url(jwk.x, `key ${jwk.kid}`);
  if (!isUsableKey(publicKey)) {
    throw invalidKey(`key ${jwk.kid} is not the canonical encoding of a prime-order point`);
  }
  if (keyIdOf(publicKey) !== jwk.kid) {
    throw invalidKey(`key ${jwk.kid} does not have the thumbprint that its kid claims`);
  }
  return publicKey;
}
