/** DSSE 1.0.2 envelopes (https://github.com/secure-systems-lab/dsse): what is signed, by whom. */
import type { Envelope } from '@trustmonitor/protocol';
import { digestOf } from './digest.ts';
import type { SignatureVerifier, Signer } from './ed25519/types.ts';
import { decodeBase64, encodeBase64 } from './encoding/base64.ts';
import { concat } from './encoding/bytes.ts';
import { encodeUtf8 } from './encoding/text.ts';
import { invalidSignature, malformed, unknownKey } from './errors.ts';

/** Finds the key with this `kid`, or nothing; `publicKey` is raw and already found usable. */
export type KeyLookup<K extends { readonly publicKey: Uint8Array }> = (
  kid: string,
) => K | undefined;

export interface OpenedEnvelope<K> {
  readonly payload: Uint8Array;
  /** SHA-256 of the payload, in hex: what other documents name it by. */
  readonly digest: string;
  /** One key per signature, in order, all distinct. */
  readonly keys: readonly K[];
}

/** Pre-authentication encoding: the bytes that are signed. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = encodeUtf8(payloadType);
  const head = encodeUtf8(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  return concat(head, payload);
}

/** Signs `payload` with each signer. */
export function signEnvelope(
  payloadType: string,
  payload: Uint8Array,
  ...signers: readonly [Signer, ...Signer[]]
): Envelope {
  const message = preAuthEncoding(payloadType, payload);
  return {
    payloadType,
    payload: encodeBase64(payload),
    signatures: signers.map((signer) => ({
      keyid: signer.kid,
      sig: encodeBase64(signer.sign(message)),
    })),
  };
}

/**
 * Verifies every signature of an envelope and hands out its payload.
 *
 * Stricter than DSSE: a signature by an unknown key, a second one by the same key, or one that
 * does not verify is refused rather than skipped, so that no byte of an envelope is free.
 * Throws `message.malformed`, `key.unknown` or `signature.invalid`.
 */
export function verifyEnvelope<K extends { readonly publicKey: Uint8Array }>(
  envelope: Envelope,
  payloadType: string,
  lookup: KeyLookup<K>,
  verifier: SignatureVerifier,
): OpenedEnvelope<K> {
  const payload = payloadOf(envelope, payloadType);
  const message = preAuthEncoding(payloadType, payload);
  const seen = new Set<string>();
  const keys = envelope.signatures.map(({ keyid, sig }) => {
    if (seen.has(keyid)) throw invalidSignature(`key ${keyid} signed twice`);
    seen.add(keyid);
    const key = lookup(keyid);
    if (key === undefined) throw unknownKey(`key ${keyid} may not sign this`);
    if (!verifier.verify(key.publicKey, message, decodeBase64(sig, 'a signature'))) {
      throw invalidSignature(`the signature by key ${keyid} does not verify`);
    }
    return key;
  });
  return { payload, digest: digestOf(payload, verifier.sha256), keys };
}

/** As `verifyEnvelope`, for the documents that bear exactly one signature. */
export function verifySoleSignature<K extends { readonly publicKey: Uint8Array }>(
  envelope: Envelope,
  payloadType: string,
  lookup: KeyLookup<K>,
  verifier: SignatureVerifier,
): { readonly payload: Uint8Array; readonly digest: string; readonly key: K } {
  if (envelope.signatures.length !== 1) {
    throw malformed(`one signature is called for, not ${envelope.signatures.length}`);
  }
  const { payload, digest, keys } = verifyEnvelope(envelope, payloadType, lookup, verifier);
  const [key] = keys;
  if (key === undefined) throw malformed('the envelope is not signed');
  return { payload, digest, key };
}

/** The payload of an envelope whose signatures nobody has checked yet. */
export function payloadOf(envelope: Envelope, payloadType: string): Uint8Array {
  if (envelope.payloadType !== payloadType) {
    throw malformed(`the payload type is ${envelope.payloadType}, not ${payloadType}`);
  }
  return decodeBase64(envelope.payload, 'the payload');
}
