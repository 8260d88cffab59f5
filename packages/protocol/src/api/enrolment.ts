import Type, { type Static } from 'typebox';
import { Envelope } from '../evidence/envelope.ts';
import { Nkey } from '../evidence/join.ts';
import { RootFile } from '../evidence/keyring.ts';
import { Base64, Nullable, Slug, Strict, Timestamp } from '../schema.ts';

const JOIN_TOKEN_PATTERN = '^tmj_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$';

/** Longest life of a join token. */
export const MAX_JOIN_TOKEN_SECONDS = 3_600;

export const JoinTokenInput = Strict({
  region: Slug,
  /** The only name that may join with it, in place of an agent of that name if there is one. */
  agent: Type.Optional(Slug),
  ttlSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: MAX_JOIN_TOKEN_SECONDS })),
});
export type JoinTokenInput = Static<typeof JoinTokenInput>;

export const JoinTokenResource = Strict({
  /** Shown this once; only its digest is kept. */
  token: Type.String(),
  region: Slug,
  agent: Nullable(Slug),
  expiresAt: Timestamp,
  /** What to run on the agent's machine. */
  command: Type.String(),
});
export type JoinTokenResource = Static<typeof JoinTokenResource>;

export const JoinRequest = Strict({
  token: Type.String({ pattern: JOIN_TOKEN_PATTERN }),
  /** A `JoinStatement`, signed by the vote key and the witness key that it names. */
  envelope: Envelope,
  /** The NKey's signature over the same bytes. */
  nkeySignature: Base64,
});
export type JoinRequest = Static<typeof JoinRequest>;

/** All that an agent has to know of its network. */
export const JoinedResource = Strict({
  network: Slug,
  agent: Slug,
  region: Slug,
  group: Slug,
  /** Where the broker is. */
  natsUrl: Type.String({ maxLength: 1_024 }),
  /** Where this coordinator is, to renew a credential that has expired. */
  apiUrl: Type.String({ maxLength: 1_024 }),
  /** Verifier key of the log that the agent witnesses; null where there is none. */
  logVkey: Nullable(Type.String({ maxLength: 1_024 })),
  /** For the broker, and not for long; null where the broker has a list of its own. */
  credential: Nullable(Type.String({ maxLength: 8_192 })),
  root: RootFile,
});
export type JoinedResource = Static<typeof JoinedResource>;

export const CredentialRequest = Strict({
  nkey: Nkey,
  at: Timestamp,
  /** By the NKey, over `credentialRequestText`. */
  signature: Base64,
});
export type CredentialRequest = Static<typeof CredentialRequest>;

export const CredentialResource = Strict({ credential: Type.String({ maxLength: 8_192 }) });
export type CredentialResource = Static<typeof CredentialResource>;

/** What an agent signs to have its expired credential renewed. */
export function credentialRequestText(network: string, agent: string, at: string): string {
  return `trustmonitor credential\n${network}\n${agent}\n${at}\n`;
}

export const KeyRingInput = Strict({
  /** The versions after the newest, in order, each with the signatures that it needs. */
  envelopes: Type.Array(Envelope, { minItems: 1, maxItems: 100 }),
});
export type KeyRingInput = Static<typeof KeyRingInput>;

export const KeyRingResource = Strict({ version: Type.Integer() });
export type KeyRingResource = Static<typeof KeyRingResource>;
