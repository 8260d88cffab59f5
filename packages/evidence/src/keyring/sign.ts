/** The owner's side: root keys sign each version of the key ring, or the enrolment key for them. */
import { PAYLOAD_TYPES, type Envelope, type KeyRing, type RootFile } from '@trustmonitor/protocol';
import { canonicalBytes } from '../canonical.ts';
import { payloadOf, signEnvelope } from '../dsse.ts';
import type { Signer } from '../ed25519/types.ts';
import { invalidKeyRing } from '../errors.ts';
import { requireSoundRing } from './sound.ts';

export const ROOT_FILE_TYPE = 'https://trustmonitor.dev/root/v1';

/**
 * Signs one version of the key ring. Version N+1 is signed by a threshold of version N's roots
 * and of its own; version 1 by its own. Throws `keyring.invalid` for a ring that contradicts
 * itself; whether the signers suffice is for `verifyKeyRings` to say.
 */
export function signKeyRing(ring: KeyRing, rootSigners: readonly [Signer, ...Signer[]]): Envelope {
  requireSoundRing(ring);
  return signEnvelope(PAYLOAD_TYPES.keyring, canonicalBytes(ring), ...rootSigners);
}

/**
 * Adds the signature of one more root key, as when roots are kept in different places. Throws
 * `keyring.invalid` when that key has signed already.
 */
export function cosignKeyRing(envelope: Envelope, rootSigner: Signer): Envelope {
  if (envelope.signatures.some(({ keyid }) => keyid === rootSigner.kid)) {
    throw invalidKeyRing(`root key ${rootSigner.kid} has signed this version already`);
  }
  const payload = payloadOf(envelope, PAYLOAD_TYPES.keyring);
  const { signatures } = signEnvelope(PAYLOAD_TYPES.keyring, payload, rootSigner);
  return { ...envelope, signatures: [...envelope.signatures, ...signatures] };
}

/**
 * The file that an outsider pins: the roots of version 1. It stays good through every rotation,
 * since each version is signed by the roots of the one before.
 */
export function rootFileOf(first: Pick<KeyRing, 'network' | 'root'>): RootFile {
  return { _type: ROOT_FILE_TYPE, network: first.network, ...first.root };
}
