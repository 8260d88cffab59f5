import Type, { type Static } from 'typebox';
import { Nullable, Strict, Timestamp, Uuid7 } from '../schema.ts';

/** An address or a token that the API does not serve for a while. */
export const BanResource = Strict({
  id: Uuid7,
  /** `address:203.0.113.9` or `token:ID`. */
  subject: Type.String(),
  reason: Type.String(),
  /** How often in a row; each time lasts twice as long. */
  offence: Type.Integer({ minimum: 1 }),
  state: Type.Enum(['active', 'over', 'lifted']),
  startedAt: Timestamp,
  until: Timestamp,
  liftedAt: Nullable(Timestamp),
  liftedBy: Nullable(Type.String()),
});
export type BanResource = Static<typeof BanResource>;
