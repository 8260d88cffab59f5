import type { RingKey } from '@trustmonitor/protocol';

/** A ring's key that was found usable, with its raw bytes at hand. */
export type TrustedKey = RingKey & { readonly publicKey: Uint8Array };

/** Where the keys of a network are looked up; a `TrustedKeyRing` is one. */
export interface KeySource {
  readonly network: string;
  key(kid: string): TrustedKey | undefined;
}
