import Type, { type Static } from 'typebox';
import { Nullable, Sha256Hex, Strict, Timestamp, Uuid7 } from '../schema.ts';

/** One change of state: who did what to what, from where. */
export const AuditResource = Strict({
  id: Uuid7,
  at: Timestamp,
  /** Name of the token, or `system`. */
  actor: Type.String(),
  action: Type.String({ description: '`monitor.created`, `token.revoked`, `ban.started`, ...' }),
  subject: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
  address: Nullable(Type.String()),
  requestId: Nullable(Type.String()),
  /** SHA-256 of the canonical JSON of the subject; null where there was none, or nothing to show. */
  before: Nullable(Sha256Hex),
  after: Nullable(Sha256Hex),
});
export type AuditResource = Static<typeof AuditResource>;
