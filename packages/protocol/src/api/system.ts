import Type, { type Static } from 'typebox';
import { Count, Nullable, Slug, Strict, Timestamp } from '../schema.ts';
import { HealthResource } from './network.ts';

const Seconds = Type.Number({ minimum: 0 });

/** How the machinery is, as one coordinator sees it: what a doctor wants to know. */
export const SystemResource = Strict({
  network: Slug,
  /** By the coordinator's clock, when it answered. */
  at: Timestamp,
  coordinator: Strict({
    version: Type.String(),
    node: Type.String(),
    startedAt: Timestamp,
    /** How long the round that is first due has been waited for. */
    lagMs: Count,
  }),
  health: HealthResource,
  broker: Strict({
    connected: Type.Boolean(),
    /** There and back; null where it does not answer. */
    rttMs: Nullable(Count),
  }),
  keyring: Strict({
    version: Count,
    expiresAt: Timestamp,
    root: Strict({ threshold: Count, keys: Count }),
    /** Of the key that enrols agents in the root's place; null where the root has named none. */
    delegationExpiresAt: Nullable(Timestamp),
  }),
  /** What is stored; null while the database does not answer. */
  stored: Nullable(
    Strict({
      database: Strict({
        version: Type.String(),
        bytes: Count,
        /** Database's clock minus coordinator's. */
        skewMs: Type.Integer(),
      }),
      /** Registered, and heard of lately. */
      coordinators: Count,
      outbox: Strict({
        waiting: Count,
        /** Age of the oldest message that waits; 0 when none does. */
        oldestSeconds: Seconds,
        /** Messages that were given up in the last 24 hours. */
        givenUp: Count,
      }),
      /** Null where the network keeps no log. */
      log: Nullable(
        Strict({
          size: Count,
          /** Named in the policy. */
          witnesses: Count,
          /** The newest head with a policy's worth of cosignatures; null before the first. */
          checkpoint: Nullable(Strict({ size: Count, ageSeconds: Seconds, cosignatures: Count })),
        }),
      ),
    }),
  ),
});
export type SystemResource = Static<typeof SystemResource>;
