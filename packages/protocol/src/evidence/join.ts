import Type, { type Static } from 'typebox';
import { Sha256Hex, Slug, Strict } from '../schema.ts';
import { RootKey } from './keyring.ts';

export const JOIN_TYPE = 'https://trustmonitor.dev/join/v1';

/** Public NKey of a client of the broker. */
export const Nkey = Type.String({ pattern: '^U[A-Z2-7]{55}$' });

/**
 * What an agent signs to be enrolled, with every key that it names: so nobody enrols the key of
 * somebody else. Its region is the token's, its group and operator the key ring's.
 */
export const JoinStatement = Strict({
  _type: Type.Literal(JOIN_TYPE),
  /** SHA-256 of the join token. */
  token: Sha256Hex,
  agent: Slug,
  nkey: Nkey,
  voteKey: RootKey,
  witnessKey: RootKey,
});
export type JoinStatement = Static<typeof JoinStatement>;
