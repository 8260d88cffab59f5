import Type, { type Static } from 'typebox';
import { Count, Nullable, Sha256Hex, Slug, Strict, Timestamp } from '../schema.ts';

export const KeyRole = Type.Enum([
  'root',
  'coordinator-report',
  'log',
  'agent-vote',
  'agent-witness',
]);
export type KeyRole = Static<typeof KeyRole>;

/** Ed25519 public key as a JWK (RFC 8037): `x` is the raw key in base64url. */
const jwk = {
  kty: Type.Literal('OKP'),
  crv: Type.Literal('Ed25519'),
  x: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  /** RFC 7638 thumbprint, base64url. */
  kid: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  alg: Type.Literal('Ed25519'),
};

export const RootKey = Strict(jwk);
export type RootKey = Static<typeof RootKey>;

/** A key with what it may do. Region, group and operator come from here, never from a message. */
export const RingKey = Strict({
  ...jwk,
  role: KeyRole,
  agent: Nullable(Slug),
  region: Nullable(Slug),
  group: Nullable(Slug),
  operator: Nullable(Slug),
  validFor: Strict({ start: Timestamp, end: Nullable(Timestamp) }),
  /** Log size at which the key was revoked; null while it stands. */
  revokedAtLogSize: Nullable(Count),
});
export type RingKey = Static<typeof RingKey>;

/**
 * What the enrolment key may do in the root's place: enrol agents in these regions and revoke
 * them. Nothing else, and only until it expires: the root can stay offline.
 */
export const Delegation = Strict({
  key: RootKey,
  /** Where its agents may be. Group and operator are the root's word, not the agent's. */
  regions: Type.Array(Strict({ region: Slug, group: Slug, operator: Nullable(Slug) }), {
    maxItems: 1_000,
  }),
  /** Vote keys that may stand in one region at a time. */
  maxAgentsPerRegion: Type.Integer({ minimum: 1, maximum: 1_000 }),
  expires: Timestamp,
});
export type Delegation = Static<typeof Delegation>;

export const KEYRING_TYPE = 'https://trustmonitor.dev/keyring/v1';

export const KeyRing = Strict({
  _type: Type.Literal(KEYRING_TYPE),
  network: Slug,
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  /** SHA-256 of the previous version's payload; null for version 1. */
  prev: Nullable(Sha256Hex),
  issuedAt: Timestamp,
  expires: Timestamp,
  root: Strict({
    threshold: Type.Integer({ minimum: 1, maximum: 16 }),
    keys: Type.Array(RootKey, { minItems: 1, maxItems: 16 }),
  }),
  keys: Type.Array(RingKey, { maxItems: 10_000 }),
  policy: Strict({
    /** C2SP tlog-policy text; null while the network has no log. */
    witness: Nullable(Type.String({ maxLength: 65_536 })),
    /** How many witnesses may lie without moving a time bracket. */
    f: Count,
  }),
  /** Absent where only the root may change the ring. */
  delegation: Type.Optional(Delegation),
});
export type KeyRing = Static<typeof KeyRing>;

/** The file an outsider pins: `trustmonitor keys root`. */
export const RootFile = Strict({
  _type: Type.Literal('https://trustmonitor.dev/root/v1'),
  network: Slug,
  threshold: Type.Integer({ minimum: 1, maximum: 16 }),
  keys: Type.Array(RootKey, { minItems: 1, maxItems: 16 }),
});
export type RootFile = Static<typeof RootFile>;
