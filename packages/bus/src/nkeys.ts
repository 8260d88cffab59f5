/** NKeys: who a client is to the broker. */
import { createUser, fromSeed } from '@nats-io/nkeys';

/** A new NKey seed (`SU...`). Keep it as any private key. */
export function createNkeySeed(): string {
  return new TextDecoder().decode(createUser().getSeed());
}

/** The public NKey (`U...`) of a seed, as the broker's configuration wants it. */
export function publicNkey(seed: string): string {
  return fromSeed(new TextEncoder().encode(seed)).getPublicKey();
}
