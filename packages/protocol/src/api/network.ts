import Type, { type Static } from 'typebox';
import { Nullable, Slug, Strict, Timestamp } from '../schema.ts';
import { AgentDrainResource, DrainResource } from './drain.ts';

/**
 * Why a region is not asked: its canaries fail, its agents are flagged as wrong at large, or no
 * agent of it is heard of.
 */
export const QuarantineReason = Type.Enum(['canaries', 'flagged', 'lost']);
export type QuarantineReason = Static<typeof QuarantineReason>;

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
  /** Share of its recent votes that agreed with what the quorum decided; null before the first. */
  agreement: Nullable(Type.Number({ minimum: 0, maximum: 1 })),
  /** Share of its recent answers that were no vote; null before the first. */
  abstention: Nullable(Type.Number({ minimum: 0, maximum: 1 })),
  /** Batches that were turned away for good, among them forged ones, and votes sent again. */
  refused: Type.Integer(),
  forged: Type.Integer(),
  replayed: Type.Integer(),
  /** Since when its votes are in doubt, and on which monitors; null and none while they are not. */
  flaggedAt: Nullable(Timestamp),
  flagged: Type.Boolean(),
  doubtfulMonitors: Type.Array(Slug),
  /** Whether its region is in quarantine. */
  quarantined: Type.Boolean(),
  /** While it is to take no jobs; null otherwise. */
  drain: Nullable(AgentDrainResource),
  /** Whether its region is drained. */
  regionDrained: Type.Boolean(),
});
export type AgentResource = Static<typeof AgentResource>;

/** In degrees, north and east positive. */
export const RegionLocationInput = Strict({
  latitude: Type.Number({ minimum: -90, maximum: 90, examples: [53.3] }),
  longitude: Type.Number({ minimum: -180, maximum: 180, examples: [-6.3] }),
});
export type RegionLocationInput = Static<typeof RegionLocationInput>;

export const RegionResource = Strict({
  region: Slug,
  group: Slug,
  agents: Type.Integer(),
  alive: Type.Integer(),
  /** How many of its agents are flagged. */
  flagged: Type.Integer(),
  /** That of its agents, in the mean; null before the first vote. */
  agreement: Nullable(Type.Number({ minimum: 0, maximum: 1 })),
  /** While it is not asked in rounds; null otherwise. */
  quarantine: Nullable(
    Strict({
      reason: QuarantineReason,
      since: Timestamp,
      /** Answers in probation that agreed, in a row, of how many, and for how long they must. */
      agreeing: Type.Integer(),
      needed: Type.Integer(),
      probationMs: Type.Integer(),
      /** How often in a row it was quarantined. */
      offence: Type.Integer({ minimum: 1 }),
    }),
  ),
  /** While an operator has taken it out of the rounds; null otherwise. */
  drain: Nullable(DrainResource),
  /** For maps: as somebody has said, or as its name lets one think; null where neither says. */
  location: Nullable(
    Strict({ ...RegionLocationInput.properties, source: Type.Enum(['set', 'name']) }),
  ),
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
