import Type, { type Static } from 'typebox';
import { Nullable, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';

export const DeliveryState = Type.Enum(['pending', 'delivered', 'given_up']);

/** One message to one channel, and how far it came. */
export const DeliveryResource = Strict({
  /** The receiver's idempotency key. */
  id: Type.String({ format: 'uuid' }),
  channel: Slug,
  incident: Nullable(Uuid7),
  /** `incident.opened`, `channel.test`, ... */
  type: Type.String(),
  state: DeliveryState,
  createdAt: Timestamp,
  attempts: Type.Integer({ minimum: 0 }),
  lastError: Nullable(Type.String()),
  /** When it was delivered or given up. */
  endedAt: Nullable(Timestamp),
  /** Null when it is not tried again. */
  nextAttemptAt: Nullable(Timestamp),
});
export type DeliveryResource = Static<typeof DeliveryResource>;
