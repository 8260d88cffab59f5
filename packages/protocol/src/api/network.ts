import Type, { type Static } from 'typebox';
import { Nullable, Slug, Strict, Timestamp } from '../schema.ts';

/** An agent of the key ring, and what its heartbeats say. */
export const AgentResource = Strict({
  agent: Slug,
  region: Slug,
  group: Slug,
  state: Type.Enum(['alive', 'lost', 'never_seen']),
  version: Nullable(Type.String()),
  lastSeenAt: Nullable(Timestamp),
  /** Agent's clock minus coordinator's. */
  skewMs: Nullable(Type.Integer()),
  spooledBatches: Nullable(Type.Integer()),
});
export type AgentResource = Static<typeof AgentResource>;

export const RegionResource = Strict({
  region: Slug,
  group: Slug,
  agents: Type.Integer(),
  alive: Type.Integer(),
});
export type RegionResource = Static<typeof RegionResource>;

export const HealthResource = Strict({
  status: Type.Enum(['ok', 'failing']),
  checks: Type.Array(
    Strict({
      name: Type.Enum(['database', 'broker', 'keyring', 'lease']),
      ok: Type.Boolean(),
      detail: Type.String(),
    }),
  ),
});
export type HealthResource = Static<typeof HealthResource>;
