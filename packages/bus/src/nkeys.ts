/** NKeys: who a client is to the broker. */
import { createUser, fromPublic, fromSeed } from '@nats-io/nkeys';

/** A new NKey seed (`SU...`). Keep it as any private key. */
export function createNkeySeed(): string {
  return new TextDecoder().decode(createUser().getSeed());
}

/** The public NKey (`U...`) of a seed, as the broker's configuration wants it. */
export function publicNkey(seed: string): string {
  return fromSeed(new TextEncoder().encode(seed)).getPublicKey();
}

/** Ed25519 signature with an NKey: the proof that its seed is at hand. */
export function signWithNkey(seed: string, data: Uint8Array): Uint8Array {
  return fromSeed(new TextEncoder().encode(seed)).sign(data);
}

/** False for a signature by another key, and for what is no public NKey of a user. */
export function verifyWithNkey(nkey: string, data: Uint8Array, signature: Uint8Array): boolean {
  try {
    return nkey.startsWith('U') && fromPublic(nkey).verify(data, signature);
  } catch {
    return false;
  }
}
